"""What a person does about an attempt: take it, have it asked about, decide it, withdraw it, complain of it."""

from collections.abc import Awaitable, Mapping
from typing import Any

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from kameng.fulfilment.cancel_attempt import CantBeCancelled, cancel_attempt
from kameng.fulfilment.complain import NothingOrderedYet, TakesNoComplaints, complain
from kameng.fulfilment.decide_attempt import AttemptNotInDoubt, Finding, ask_now, decide_attempt, take_attempt
from kameng.fulfilment.hand_back_attempt import NobodyHasIt, hand_back_attempt
from kameng.fulfilment.route_again import NothingToRoute, PaidBack, route_again
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.text import Words
from kameng.staff.audit import NotedDatabase, note
from kameng.staff.roles import Permission
from kameng.supply.answer import CancelAsked, Cancelled, ComplaintFiled
from kameng.supply.suppliers import Suppliers, SupplierUnknown
from kameng.web.console.door import Desk, needs
from kameng.web.console.exceptions import AttemptInHand, attempt_in, show_attempt, what_follows
from kameng.web.console.fields import reason_typed
from kameng.web.console.pages import EXCEPTIONS, back_to, typed

HANDLE = [needs(Permission.DELIVERY_HANDLE)]
DECIDE = [needs(Permission.DELIVERY_DECIDE)]
# What an action may be refused with and still be answered by the attempt's page.
_SHOWN: tuple[type[Refusal], ...] = (
    InvalidInput, AttemptNotInDoubt, NobodyHasIt, CantBeCancelled, TakesNoComplaints, NothingOrderedYet,
    SupplierUnknown, NothingToRoute, PaidBack,
)  # fmt: skip
DELIVERED, NOT_DELIVERED = "delivered", "not_delivered"


@post("/exceptions/{attempt_id:int}/take", guards=HANDLE, status_code=200)
async def take(
    desk: NamedDependency[Desk], suppliers: NamedDependency[Suppliers], attempt_id: FromPath[int]
) -> Response[Any]:
    hand = await attempt_in(desk, attempt_id)
    verb = take_attempt(db=_noted(desk, hand, "taken"), attempt_id=attempt_id, staff_id=desk.looker.staff.id)
    return await _done(desk, suppliers, hand, verb, done="taken")


@post("/exceptions/{attempt_id:int}/hand-back", guards=HANDLE, status_code=200)
async def hand_back(
    desk: NamedDependency[Desk], suppliers: NamedDependency[Suppliers], attempt_id: FromPath[int]
) -> Response[Any]:
    hand = await attempt_in(desk, attempt_id)
    verb = hand_back_attempt(db=_noted(desk, hand, "handed_back"), attempt_id=attempt_id)
    return await _done(desk, suppliers, hand, verb, done="handed_back")


@post("/exceptions/{attempt_id:int}/ask", guards=HANDLE, status_code=200)
async def ask(desk: NamedDependency[Desk], attempt_id: FromPath[int]) -> Response[Any]:
    """Whoever asks about what has just been answered is shown the answer."""
    hand = await attempt_in(desk, attempt_id)
    try:
        await ask_now(db=_noted(desk, hand, "asked"), attempt_id=attempt_id)
    except AttemptNotInDoubt:
        return back_to(hand.path, done="answered")
    return back_to(hand.path, done="asking")


@post("/exceptions/{attempt_id:int}/decide", guards=DECIDE, status_code=200)
async def decide(
    desk: NamedDependency[Desk], suppliers: NamedDependency[Suppliers], attempt_id: FromPath[int]
) -> Response[Any]:
    """Shows what follows from the finding; once that has been confirmed, records it."""
    hand, form = await attempt_in(desk, attempt_id), await typed(desk.request)
    try:
        finding = _finding(form)
        if not hand.attempt.is_open:
            raise AttemptNotInDoubt
        if hand.delivery.delivers == "codes" and finding.delivered and not finding.codes:
            raise InvalidInput(fields={"codes": Words("请填写货源给出的卡密，每行一个")})
        if "confirmed" not in form:
            preview = None if finding.delivered else await what_follows(desk, suppliers, hand)
            return await show_attempt(
                desk, suppliers, hand, name="console/delivery/confirm.html", finding=finding, preview=preview,
                form=form, supplier_names={source.code: source.name for source in await suppliers.listed()},
            )  # fmt: skip
        facts = {"verdict": form["verdict"], "reason": finding.why, "codes": len(finding.codes) or None}
        await decide_attempt(
            db=_noted(desk, hand, "decided", **facts), keyring=desk.keyring, suppliers=suppliers,
            attempt_id=attempt_id, finding=finding, login=desk.looker.staff.login,
        )  # fmt: skip
    except _SHOWN as refusal:
        return await show_attempt(desk, suppliers, await attempt_in(desk, attempt_id), refusal=refusal, form=form)
    return back_to(EXCEPTIONS, done="decided_delivered" if finding.delivered else "decided_failed")


@post("/exceptions/{attempt_id:int}/cancel", guards=DECIDE, status_code=200)
async def cancel(
    desk: NamedDependency[Desk], suppliers: NamedDependency[Suppliers], attempt_id: FromPath[int]
) -> Response[Any]:
    hand, form = await attempt_in(desk, attempt_id), await typed(desk.request)
    try:
        why = reason_typed(form)
        answer = await cancel_attempt(
            db=_noted(desk, hand, "cancelled", reason=why), keyring=desk.keyring, suppliers=suppliers,
            attempt_id=attempt_id, why=why,
        )  # fmt: skip
    except _SHOWN as refusal:
        return await show_attempt(desk, suppliers, hand, refusal=refusal)
    done = {Cancelled: "cancelled", CancelAsked: "cancel_asked"}.get(type(answer), "cancel_refused")
    return back_to(hand.path, done=done)


@post("/exceptions/{attempt_id:int}/complain", guards=HANDLE, status_code=200)
async def complain_of(
    desk: NamedDependency[Desk], suppliers: NamedDependency[Suppliers], attempt_id: FromPath[int]
) -> Response[Any]:
    hand, form = await attempt_in(desk, attempt_id), await typed(desk.request)
    try:
        answer = await complain(
            db=_noted(desk, hand, "complained"), keyring=desk.keyring, suppliers=suppliers, attempt_id=attempt_id,
            words=form.get("words", ""),
        )  # fmt: skip
    except _SHOWN as refusal:
        return await show_attempt(desk, suppliers, hand, refusal=refusal)
    return back_to(hand.path, done="complained" if isinstance(answer, ComplaintFiled) else "complaint_failed")


@post("/exceptions/{attempt_id:int}/route-again", guards=DECIDE, status_code=200)
async def look_for_a_route(
    desk: NamedDependency[Desk], suppliers: NamedDependency[Suppliers], attempt_id: FromPath[int]
) -> Response[Any]:
    """A part is delivered and nobody was left for the rest: suppliers are looked for anew."""
    hand, form = await attempt_in(desk, attempt_id), await typed(desk.request)
    try:
        reason = reason_typed(form)
        if hand.delivery.order_id is None:
            raise NothingToRoute
        async with desk.db.transaction() as tx:
            await route_again(tx, order_id=hand.delivery.order_id, actor=desk.actor, reason=reason)
            await note(tx, desk.note("attempt:routed_again", hand.subject, number=hand.attempt.number, reason=reason))
    except _SHOWN as refusal:
        return await show_attempt(desk, suppliers, hand, refusal=refusal)
    return back_to(EXCEPTIONS, done="routed_again")


async def _done(
    desk: Desk, suppliers: Suppliers, hand: AttemptInHand, verb: Awaitable[None], *, done: str
) -> Response[Any]:
    try:
        await verb
    except _SHOWN as refusal:
        return await show_attempt(desk, suppliers, await attempt_in(desk, hand.attempt.id), refusal=refusal)
    return back_to(hand.path, done=done)


def _noted(desk: Desk, hand: AttemptInHand, what: str, **facts: object) -> NotedDatabase:
    return desk.noted(f"attempt:{what}", hand.subject, number=hand.attempt.number, **facts)


def _finding(form: Mapping[str, str]) -> Finding:
    """Raises InvalidInput."""
    verdict = form.get("verdict", "")
    if verdict not in (DELIVERED, NOT_DELIVERED):
        raise InvalidInput(fields={"verdict": Words("请选择核实的结论")})
    why = reason_typed(form, "why")
    codes = [line.strip() for line in form.get("codes", "").splitlines() if line.strip()]
    if verdict == NOT_DELIVERED:
        return Finding(delivered=False, why=why)
    return Finding(delivered=True, why=why, codes=codes, receipt=form.get("receipt", ""))
