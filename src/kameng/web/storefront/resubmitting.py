"""Putting an order right from its own page: one tap, then five steps to watch; taking it back; confirming it."""

from typing import Any

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from kameng.checkout.cancel_paid import NoLongerCancellable, cancel_paid
from kameng.fulfilment.confirm_arrival import NothingToConfirm, confirm_arrival
from kameng.kernel.errors import InvalidInput
from kameng.orders.number import OrderId, printed
from kameng.resubmission.apply import Application, CorrectionNeeded, apply
from kameng.resubmission.desk import Desk
from kameng.resubmission.resubmission import Kind
from kameng.risk.guard import GuardRules
from kameng.tracking.access import Access
from kameng.tracking.guarded import ProofNeeded, SlowDown
from kameng.tracking.whole_contact import Claim, ContactNeeded, check_whole_contact
from kameng.web.design.forms import Form, read_form
from kameng.web.design.visit import Visit
from kameng.web.storefront.order_cookies import remember_access
from kameng.web.storefront.order_page import OrderPage

PLACES_MAX = 100
_NEED_OWNER = frozenset({Kind.REPLACE_CODE})


@post("/orders/{order_no:str}/resubmission", status_code=303)
async def resubmit(
    page: NamedDependency[OrderPage],
    resubmission_desk: NamedDependency[Desk],
    guard_rules: NamedDependency[GuardRules],
    order_no: FromPath[str],
    visit: NamedDependency[Visit],
) -> Response[Any]:
    """One tap. What came of it stands on the order's page; a new order's own page follows where there is one."""
    known = page.allowed(order_no)
    if known is None:
        return Redirect(visit.link(f"/orders/{order_no}"), status_code=303)
    order_id, access = known
    sent = await read_form(page.request)
    if sent["kind"] not in set(Kind):
        return Redirect(visit.link(f"/orders/{printed(order_id)}"), status_code=303)
    kind = Kind(sent["kind"])
    if kind in _NEED_OWNER and access is not Access.OWNER:
        if (
            refused := await prove_owner(page, rules=guard_rules, order_id=order_id, sent=sent, visit=visit)
        ) is not None:
            return refused
        access = Access.OWNER
    application = Application(
        order_id=order_id,
        kind=kind,
        is_owner=access is Access.OWNER,
        hint=sent["hint"],
        places=tuple(place for place in range(PLACES_MAX) if f"place.{place}" in sent),
        address=visit.client_address,
    )
    try:
        one = await apply(resubmission_desk, application)
    except CorrectionNeeded:
        return Redirect(visit.link(f"/orders/{printed(order_id)}/correction"), status_code=303)
    goes_to = one.new_order_id if one.is_open and one.new_order_id is not None else order_id
    answer = Redirect(visit.link(f"/orders/{printed(goes_to)}"), status_code=303)
    remember_access(answer, visit, page.keyring, order_id=goes_to, access=access, now=page.db.clock.now())
    return answer


@post("/orders/{order_no:str}/take-back", status_code=303)
async def take_back(
    page: NamedDependency[OrderPage],
    resubmission_desk: NamedDependency[Desk],
    order_no: FromPath[str],
    visit: NamedDependency[Visit],
) -> Response[Any]:
    """Cancel what is paid, within minutes and untouched."""
    known = page.allowed(order_no)
    if known is None:
        return Redirect(visit.link(f"/orders/{order_no}"), status_code=303)
    order_id, access = known
    try:
        await cancel_paid(db=page.db, order_id=order_id, within=resubmission_desk.rules.cancel_within)
    except NoLongerCancellable as refusal:
        return await page.show(order_id, access, status=refusal.status, problem=refusal.words)
    return Redirect(visit.link(f"/orders/{printed(order_id)}"), status_code=303)


@post("/orders/{order_no:str}/confirm", status_code=303)
async def confirm_received(
    page: NamedDependency[OrderPage], order_no: FromPath[str], visit: NamedDependency[Visit]
) -> Response[Any]:
    """The buyer says that it has arrived."""
    known = page.allowed(order_no)
    if known is None:
        return Redirect(visit.link(f"/orders/{order_no}"), status_code=303)
    order_id, access = known
    try:
        await confirm_arrival(db=page.db, order_id=order_id)
    except NothingToConfirm as refusal:
        return await page.show(order_id, access, status=refusal.status, problem=refusal.words)
    return Redirect(visit.link(f"/orders/{printed(order_id)}"), status_code=303)


async def prove_owner(
    page: OrderPage, *, rules: GuardRules, order_id: OrderId, sent: Form, visit: Visit
) -> Response[str] | None:
    """None when the whole contact that was typed is the order's; else the page with what is wrong or missing."""
    claim = Claim(order_id, visit.client_address, sent["contact"] or None, sent["proof"] or None)
    try:
        await check_whole_contact(db=page.db, keyring=page.keyring, rules=rules, claim=claim)
    except ProofNeeded as needed:
        challenge = msgspec.json.encode(needed.challenge).decode()
        return await page.show(
            order_id, Access.VIEWER, status=needed.status, problem=needed.words, challenge=challenge
        )  # fmt: skip
    except (ContactNeeded, InvalidInput, SlowDown) as refusal:
        words = next(iter(refusal.fields.values()), refusal.words)
        return await page.show(order_id, Access.VIEWER, status=refusal.status, problem=words)
    return None
