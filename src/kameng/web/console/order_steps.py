"""What staff do to an order beside its money and secrets: ask its buyer, resubmit for them, note, take, come back."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from kameng.aftersales.macros import MacroMissing, list_macros
from kameng.attention.claim import take_whole_order
from kameng.desk.actions import Act
from kameng.desk.orders import order_subject, read_order_file
from kameng.fulfilment.ask_correction import NothingToCorrect, ask_correction
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.text import Words
from kameng.orders.follow_up_order import follow_up_order
from kameng.orders.handling import OrderTakenByAnother
from kameng.orders.write_order_note import write_order_note
from kameng.resubmission.apply import Application, apply
from kameng.resubmission.desk import Desk as Putting
from kameng.resubmission.resubmission import ResubmissionState
from kameng.resubmission.show import show as show_resubmission
from kameng.staff.audit import note
from kameng.staff.member import StaffMissing
from kameng.staff.roles import Permission
from kameng.web.console.door import Desk, needs
from kameng.web.console.fields import confirmed, moment_typed, reason_typed, whole_number
from kameng.web.console.order_view import FOR_THE_BUYER, show_order, words_of_macro
from kameng.web.console.orders import order_id_of, order_path
from kameng.web.console.pages import back_to, show, typed

HANDLE = [needs(Permission.ORDER_HANDLE)]


class NotOffered(Refusal):
    """The order has gone on since the page was loaded, or never was in need of this."""

    code = "resubmission_not_offered"
    words = Words("现在没有这种补交，请刷新查看")


_SHOWN: tuple[type[Refusal], ...] = (InvalidInput, NothingToCorrect, OrderTakenByAnother, StaffMissing, NotOffered)


@post("/orders/{order_no:str}/correction", guards=[needs(Permission.CORRECTION_ASK)], status_code=200)
async def correction(desk: NamedDependency[Desk], order_no: FromPath[str]) -> Response[Any]:
    """The reason is what the buyer reads."""
    order_id, form = order_id_of(order_no), await typed(desk.request)
    try:
        reason = reason_typed(form)
        confirmed(form)
        async with desk.db.transaction() as tx:
            state = await ask_correction(tx, order_id=order_id, actor=desk.actor, reason=reason)
            await note(tx, desk.note("order:correction_asked", order_subject(order_id), reason=reason, state=state))
    except _SHOWN as refusal:
        return await show_order(desk, order_id, doing=Act.ASK_CORRECTION, refusal=refusal)
    return back_to(order_path(order_id), done="correction_asked")


@post("/orders/{order_no:str}/resubmit", guards=[needs(Permission.RESUBMIT)], status_code=200)
async def resubmit(
    desk: NamedDependency[Desk], resubmission_desk: NamedDependency[Putting], order_no: FromPath[str]
) -> Response[Any]:
    """For the buyer, by the rules that hold for the buyer."""
    order_id, form = order_id_of(order_no), await typed(desk.request)
    try:
        reason = reason_typed(form)
        confirmed(form)
        shown = await show_resubmission(db=desk.db, rules=resubmission_desk.rules, order_id=order_id)
        kind = next((offer.kind for offer in shown.offers if offer.kind == form.get("kind")), None)
        if kind is None or kind not in FOR_THE_BUYER:
            raise NotOffered
        # Written first: what follows goes through several transactions, and asks outside.
        async with desk.db.transaction() as tx:
            await note(tx, desk.note("order:resubmission_applied", order_subject(order_id), kind=kind, reason=reason))
        application = Application(
            order_id, kind, is_owner=True, actor=desk.actor, reason=reason, address=desk.looker.address
        )
        one = await apply(resubmission_desk, application)
    except _SHOWN as refusal:
        return await show_order(desk, order_id, doing=Act.RESUBMIT, refusal=refusal)
    declined = one.state is ResubmissionState.DECLINED
    return back_to(order_path(order_id), done="resubmission_declined" if declined else "resubmission_applied")


@post("/orders/{order_no:str}/note", guards=HANDLE, status_code=200)
async def write_down(desk: NamedDependency[Desk], order_no: FromPath[str]) -> Response[Any]:
    order_id, form = order_id_of(order_no), await typed(desk.request)
    try:
        async with desk.db.transaction() as tx:
            note_id = await write_order_note(
                tx, desk.keyring, order_id=order_id, login=desk.looker.staff.login, words=form.get("words", "")
            )
            await note(tx, desk.note("order:noted", order_subject(order_id), note=note_id))
    except _SHOWN as refusal:
        return await show_order(desk, order_id, refusal=refusal)
    return back_to(order_path(order_id), done="order_noted")


@post("/orders/{order_no:str}/take", guards=HANDLE, status_code=200)
async def take(desk: NamedDependency[Desk], order_no: FromPath[str]) -> Response[Any]:
    """`to` nobody hands it back."""
    order_id, form = order_id_of(order_no), await typed(desk.request)
    try:
        async with desk.db.transaction() as tx:
            login = await take_whole_order(
                tx, order_id=order_id, by=desk.looker.staff, to=whole_number(form.get("to", "")),
                instead_of=whole_number(form.get("instead_of", "")),
            )  # fmt: skip
            await note(tx, desk.note("order:taken", order_subject(order_id), to=login))
    except _SHOWN as refusal:
        return await show_order(desk, order_id, refusal=refusal)
    return back_to(order_path(order_id), done="order_taken")


@post("/orders/{order_no:str}/follow-up", guards=HANDLE, status_code=200)
async def follow_up(desk: NamedDependency[Desk], order_no: FromPath[str]) -> Response[Any]:
    order_id, form = order_id_of(order_no), await typed(desk.request)
    try:
        at = moment_typed(form, "follow_up")
        async with desk.db.transaction() as tx:
            await follow_up_order(tx, order_id=order_id, at=at)
            told = at.isoformat() if at else None
            await note(tx, desk.note("order:follow_up_set", order_subject(order_id), at=told))
    except _SHOWN as refusal:
        return await show_order(desk, order_id, refusal=refusal)
    return back_to(order_path(order_id), done="case_follow_up")


@get("/orders/{order_no:str}/macros/{macro_id:int}", guards=[needs(Permission.CORRECTION_ASK)])
async def macro(desk: NamedDependency[Desk], order_no: FromPath[str], macro_id: FromPath[int]) -> Response[str]:
    """Its words with this order's values in them, in the field where the buyer's words are written."""
    order_id = order_id_of(order_no)
    async with desk.db.reading() as connection:
        found = next((one for one in await list_macros(connection) if one.id == macro_id), None)
        file = await read_order_file(connection, desk.keyring, order_id, now=desk.db.clock.now())
    if found is None:
        raise MacroMissing
    words = {"reason": words_of_macro(desk, file, found)}
    if desk.request.headers.get("hx-request"):
        return show(desk.request, "console/order/said.html", form=words)
    return await show_order(desk, order_id, doing=Act.ASK_CORRECTION, form=words)
