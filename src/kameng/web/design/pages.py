"""Pages: one Jinja2 environment for all surfaces. `design/base.html` is the file `design/templates/base.html`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, PrefixLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from litestar import MediaType, Request, Response
from litestar.utils.empty import value_or_default
from litestar.utils.scope.state import ScopeState
from markupsafe import Markup

from kameng.kernel.clock import Clock
from kameng.kernel.text import Words
from kameng.orders.number import grouped, printed
from kameng.web.design import formats
from kameng.web.design.assets import WEB, Assets
from kameng.web.design.translation import LANGUAGES
from kameng.web.design.visit import visit_of

AnyRequest = Request[Any, Any, Any]
NO_STORE = {"Cache-Control": "no-store"}


class Pages:
    """Renders templates with what every page needs: visit, site, words, links, assets, the form token, the time."""

    def __init__(self, assets: Assets, clock: Clock, *, web: Path = WEB) -> None:
        self._clock = clock
        self._environment = _environment(assets, web)

    def fragment(self, request: AnyRequest, name: str, **context: object) -> str:
        """A template as text, for a piece of a page."""
        return self._environment.get_template(name).render(self._shared(request), **context)

    def page(
        self,
        request: AnyRequest,
        name: str,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **context: object,
    ) -> Response[str]:
        """A whole page. Pages hold form tokens, so nobody but the browser may keep them."""
        return Response(
            self.fragment(request, name, **context),
            media_type=MediaType.HTML,
            status_code=status,
            headers={"Cache-Control": "private, no-cache", **(headers or {})},
        )

    def _shared(self, request: AnyRequest) -> dict[str, object]:
        visit = visit_of(request.scope)
        return {
            "visit": visit,
            "site": visit.found_site,
            "words": visit.words,
            "link": visit.link,
            "now": self._clock.now(),
            "form_token": value_or_default(ScopeState.from_scope(request.scope).csrf_token, ""),
        }


def _environment(assets: Assets, web: Path) -> Environment:
    environment = Environment(
        loader=PrefixLoader({folder.parent.name: FileSystemLoader(folder) for folder in web.glob("*/templates")}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"_": _translate, "asset": assets.address, "languages": LANGUAGES}
    environment.filters |= {
        "money": formats.money,
        "moment": formats.moment,
        "day": formats.day,
        "iso": formats.iso,
        "clock": formats.clock,
        "ago": _ago,
        "hour": _hour,
        "duration": _duration,
        "line_name": _line_name,
        "printed": printed,
        "grouped": grouped,
        "in_words": _in_words,
    }
    return environment


@pass_context
def _translate(context: Context, text: Words | str, **values: object) -> str:
    """Escapes values, because the sentence around them is ours and they are not."""
    escaped = {name: v if isinstance(v, Words | int) else Markup.escape(v) for name, v in values.items()}
    translated: str = context["words"](text, **escaped)
    return Markup(translated) if values else translated  # noqa: S704 - values are escaped above


@pass_context
def _in_words(context: Context, text: Words | None, values: Mapping[str, object] | None = None) -> str:
    """Empty for None, so that a template can ask for words that may not be there."""
    if text is None:
        return ""
    translated: str = context["words"](text, **(values or {}))
    return translated


@pass_context
def _hour(context: Context, at: Any) -> str:
    return formats.hour(at, context["now"])


@pass_context
def _duration(context: Context, length: Any) -> str:
    return formats.duration(context["words"], length)


@pass_context
def _line_name(context: Context, line: Any) -> str:
    return formats.line_name(context["words"], line)


@pass_context
def _ago(context: Context, at: Any) -> str:
    return formats.ago(context["words"], at, context["now"])
