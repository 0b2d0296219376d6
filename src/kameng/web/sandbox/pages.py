"""Turns templates into answers. The gateway has its own small look: it belongs to someone else."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Response, get

from kameng.kernel.money import yuan
from kameng.kernel.text import Words
from kameng.web.design.translation import Translator, choose_language, load_translators
from kameng.web.sandbox.room import AnyRequest

_FOLDER = Path(__file__).parent / "templates"
_GUARD = {
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}
_templates = Environment(
    loader=FileSystemLoader(_FOLDER),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
_templates.filters["yuan"] = yuan


@cache
def _translators() -> Mapping[str, Translator]:
    return load_translators()


def page(request: AnyRequest, name: str, *, status: int = 200, **values: Any) -> Response[str]:
    """A page in the language of the reader's browser."""
    language = choose_language(asked=None, remembered=None, accepted=request.headers.get("accept-language", ""))
    words = _translators()[language]
    text = _templates.get_template(name).render(values, _=words, language=language)
    return Response(text, media_type="text/html", status_code=status, headers=_GUARD)


def said_page(request: AnyRequest, words: Words | str, *, status: int) -> Response[str]:
    """A page that says one thing."""
    return page(request, "said.html", status=status, said=words)


@get("/")
async def front_page(request: AnyRequest) -> Response[str]:
    return said_page(request, Words("这是测试用的支付网关，请从商店下单后进入付款页面。"), status=200)


@get("/sandbox.css", sync_to_thread=False)
def style_sheet() -> Response[str]:
    text = (_FOLDER / "sandbox.css").read_text(encoding="utf-8")
    return Response(text, media_type="text/css", headers={"cache-control": "max-age=300"})
