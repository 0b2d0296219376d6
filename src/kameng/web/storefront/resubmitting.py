"""Putting an order right from its own page: one tap, then five steps to watch; taking it back; confirming it."""

from typing import Any

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from kameng.checkout.cancel_paid import NoLongerCancellable, cancel_paid
from kameng.fulfilment.confirm_arrival import NothingToConfirm, confirm_arrival
from kameng.orders.number import OrderId, printed
from kameng.resubmission.apply import NEED_OWNER, Application, CorrectionNeeded, apply
from kameng.resubmission.change_goods import AlreadySent
from kameng.resubmission.desk import Desk
from kameng.resubmission.judge import SecondProofNeeded
from kameng.resubmission.resubmission import Kind, ResubmissionState
from kameng.risk.guard import GuardRules
from kameng.tracking.access import Access
from kameng.tracking.reveal import RevealAsk, reveal
from kameng.web.design.forms import read_form
from kameng.web.design.visit import Visit
from kameng.web.storefront.order_cookies import remember_access
from kameng.web.storefront.order_page import OrderPage
from kameng.web.storefront.unproven import prove_owner

PLACES_MAX = 100
SKU_DIGITS = 10


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
    has_proved = bool(sent["contact"]) or (kind in NEED_OWNER and access is not Access.OWNER)
    if has_proved:
        refused = await prove_owner(page, rules=guard_rules, order_id=order_id, sent=sent, visit=visit)
        if refused is not None:
            return refused
        access = Access.OWNER
    application = Application(
        order_id=order_id,
        kind=kind,
        is_owner=access is Access.OWNER,
        has_proved=has_proved,
        hint=sent["hint"],
        places=tuple(place for place in range(PLACES_MAX) if f"place.{place}" in sent),
        wanted_sku_id=int(sent["sku"]) if sent["sku"].isdecimal() and len(sent["sku"]) < SKU_DIGITS else None,
        address=visit.client_address,
    )
    try:
        one = await apply(resubmission_desk, application)
    except SecondProofNeeded as refusal:
        return await page.show(order_id, access, status=refusal.status, problem=refusal.words, prove_for=kind)
    except AlreadySent as refusal:
        return await page.show(order_id, access, status=refusal.status, problem=refusal.words)
    except CorrectionNeeded:
        return Redirect(visit.link(f"/orders/{printed(order_id)}/correction"), status_code=303)
    if one.kind is Kind.REPLACE_CODE and one.state is ResubmissionState.DONE:
        return await _with_codes(page, guard_rules, order_id, visit)
    goes_to = one.new_order_id if one.is_open and one.new_order_id is not None else order_id
    answer = Redirect(visit.link(f"/orders/{printed(goes_to)}"), status_code=303)
    remember_access(answer, visit, page.keyring, order_id=goes_to, access=access, now=page.db.clock.now())
    return answer


async def _with_codes(page: OrderPage, rules: GuardRules, order_id: OrderId, visit: Visit) -> Response[Any]:
    """Whoever had the old codes before them has the new ones, without another tap."""
    ask = RevealAsk(order_id, Access.OWNER, visit.client_address)
    codes = await reveal(db=page.db, keyring=page.keyring, rules=rules, ask=ask)
    answer = await page.show(order_id, Access.OWNER, codes=codes)
    remember_access(answer, visit, page.keyring, order_id=order_id, access=Access.OWNER, now=page.db.clock.now())
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
