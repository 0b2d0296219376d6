"""Looking an order up 查单: two fields and one button."""

from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import Parameter
from litestar.response import Redirect

from kameng.kernel.errors import InvalidInput
from kameng.kernel.text import Words, digits_of
from kameng.orders.number import PRINTED_DIGITS
from kameng.risk.guard import GuardRules
from kameng.tracking.guarded import ProofNeeded, SlowDown
from kameng.tracking.lookup import LookupAsk, LookupMissed, WholeContactNeeded, lookup
from kameng.web.design.forms import Form, read_form
from kameng.web.design.metrics import Metrics
from kameng.web.design.pages import NO_STORE, Pages
from kameng.web.design.visit import Visit
from kameng.web.storefront.order_cookies import remember_access
from kameng.web.storefront.order_page import OrderPage

AnyRequest = Request[Any, Any, Any]


@get("/q")
async def lookup_page(
    request: AnyRequest, pages: NamedDependency[Pages], order_no: str = Parameter(default="", max_length=64)
) -> Response[str]:
    return show_lookup(request, pages, order_no=order_no)


def show_lookup(request: AnyRequest, pages: Pages, *, order_no: str) -> Response[str]:
    """The two fields, the number filled in if it is known."""
    return pages.page(
        request, "storefront/lookup.html", typed=Form({"order_no": order_no}), errors={}, problem=None, challenge=None
    )


@post("/q", status_code=303)
async def look_up(
    page: NamedDependency[OrderPage],
    guard_rules: NamedDependency[GuardRules],
    visit: NamedDependency[Visit],
    metrics: NamedDependency[Metrics],
) -> Response[Any]:
    """To the order's page with a token for it; or the fields again, with words beside what is wrong."""
    typed = await read_form(page.request)
    ask = LookupAsk(
        number=typed["order_no"],
        second_factor=typed["second_factor"],
        address=visit.client_address,
        proof=typed["proof"] or None,
    )
    try:
        found = await lookup(db=page.db, keyring=page.keyring, rules=guard_rules, ask=ask)
    except InvalidInput as wrong:
        metrics.lookups.labels("invalid").inc()
        return _again(page, typed, wrong.status, errors=wrong.fields)
    except (LookupMissed, WholeContactNeeded) as missed:
        metrics.lookups.labels("missed").inc()
        return _again(page, typed, missed.status, problem=missed.words)
    except SlowDown as slow:
        metrics.lookups.labels("slowed").inc()
        return _again(page, typed, slow.status, problem=slow.words)
    except ProofNeeded as needed:
        metrics.lookups.labels("proof_needed").inc()
        challenge = msgspec.json.encode(needed.challenge).decode()
        return _again(page, typed, needed.status, problem=needed.words, challenge=challenge)
    metrics.lookups.labels("found").inc()
    query = f"?typed={digits_of(typed['order_no'])[: PRINTED_DIGITS + 1]}" if found.corrected else ""
    answer = Redirect(visit.link(f"/orders/{found.view.order_no}") + query, status_code=303)
    remember_access(
        answer, visit, page.keyring, order_id=found.view.order_id, access=found.access, now=page.db.clock.now()
    )
    return answer


def _again(
    page: OrderPage,
    typed: Form,
    status: int,
    *,
    errors: dict[str, Words] | None = None,
    problem: Words | None = None,
    challenge: str | None = None,
) -> Response[str]:
    return page.pages.page(
        page.request,
        "storefront/lookup.html",
        status=status,
        headers=NO_STORE,
        typed=typed,
        errors=errors or {},
        problem=problem,
        challenge=challenge,
    )
