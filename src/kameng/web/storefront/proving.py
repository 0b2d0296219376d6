"""The second proof of an order that was held back: the whole contact, typed on its page."""

from typing import Any

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from kameng.orders.number import printed
from kameng.risk.guard import GuardRules
from kameng.tracking.access import Access
from kameng.tracking.prove import NothingToProve, ProveAsk, prove
from kameng.web.design.forms import read_form
from kameng.web.design.visit import Visit
from kameng.web.storefront.order_cookies import remember_access
from kameng.web.storefront.order_page import OrderPage
from kameng.web.storefront.unproven import UNPROVEN, say_unproven


@post("/orders/{order_no:str}/prove", status_code=303)
async def prove_order(
    page: NamedDependency[OrderPage],
    guard_rules: NamedDependency[GuardRules],
    order_no: FromPath[str],
    visit: NamedDependency[Visit],
) -> Response[Any]:
    """Release the order, and remember the browser as its owner's."""
    known = page.allowed(order_no)
    if known is None:
        return Redirect(visit.link(f"/orders/{order_no}"), status_code=303)
    order_id, access = known
    sent = await read_form(page.request)
    ask = ProveAsk(order_id, visit.client_address, sent["contact"], sent["proof"] or None)
    try:
        await prove(db=page.db, keyring=page.keyring, rules=guard_rules, ask=ask)
    except (*UNPROVEN, NothingToProve) as refusal:
        return await say_unproven(page, order_id, access, refusal)
    answer = Redirect(visit.link(f"/orders/{printed(order_id)}"), status_code=303)
    remember_access(answer, visit, page.keyring, order_id=order_id, access=Access.OWNER, now=page.db.clock.now())
    return answer
