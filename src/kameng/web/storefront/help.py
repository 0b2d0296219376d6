"""Answers to common questions, all of them or those that were looked for."""

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import Parameter

from kameng.aftersales.answers import TYPED_MAX, list_answers, search_answers
from kameng.kernel.database import Database
from kameng.web.design.pages import Pages

AnyRequest = Request[Any, Any, Any]


@get("/help")
async def help_page(
    request: AnyRequest,
    db: NamedDependency[Database],
    pages: NamedDependency[Pages],
    q: str = Parameter(default="", max_length=500),
) -> Response[str]:
    typed = q.replace("\0", "").strip()[:TYPED_MAX]
    answers = await list_answers(db)
    found = search_answers(answers, typed) if typed else answers
    return pages.page(request, "storefront/help.html", typed=typed, answers=found or answers, nothing=not found)
