"""How all lines do, for everybody to see."""

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency

from kameng.aftersales.case import CaseRules
from kameng.aftersales.figures import read_figures
from kameng.kernel.database import Database
from kameng.tracking.outlook import TROUBLE_WORDS
from kameng.tracking.status import STATE_WORDS, read_status
from kameng.web.design.pages import Pages

AnyRequest = Request[Any, Any, Any]


@get("/status")
async def status_page(
    request: AnyRequest,
    db: NamedDependency[Database],
    pages: NamedDependency[Pages],
    case_rules: NamedDependency[CaseRules],
) -> Response[str]:
    """Lines, present troubles, and the last 90 days; generated from what happened."""
    return pages.page(
        request,
        "storefront/status.html",
        status_now=await read_status(db),
        state_words=STATE_WORDS,
        trouble_words=TROUBLE_WORDS,
        figures=await read_figures(db),
        rules=case_rules,
    )
