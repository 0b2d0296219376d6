"""The second proof of an order that was held back: the whole contact, typed on its page."""

from typing import Any

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from kameng.kernel.errors import InvalidInput
from kameng.orders.number import printed
from kameng.risk.guard import GuardRules
from kameng.tracking.access import Access
from kameng.tracking.guarded import ProofNeeded, SlowDown
from kameng.tracking.prove import NothingToProve, ProveAsk, prove
from kameng.tracking.whole_contact import ContactNeeded
from kameng.web.design.forms import read_form
from kameng.web.design.visit import Visit
from kameng.web.storefront.order_cookies import remember_access
from kameng.web.storefront.order_page import OrderPage


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
    except ContactNeeded as refusal:
        return await page.show(order_id, access, status=refusal.status, errors={"contact": refusal.words})
    except (InvalidInput, SlowDown, NothingToProve) as refusal:
        problem = None if refusal.fields else refusal.words
        return await page.show(order_id, access, status=refusal.status, errors=refusal.fields, problem=problem)
    except ProofNeeded as needed:
        challenge = msgspec.json.encode(needed.challenge).decode()
        return await page.show(order_id, access, status=needed.status, problem=needed.words, challenge=challenge)
    answer = Redirect(visit.link(f"/orders/{printed(order_id)}"), status_code=303)
    remember_access(answer, visit, page.keyring, order_id=order_id, access=Access.OWNER, now=page.db.clock.now())
    return answer
