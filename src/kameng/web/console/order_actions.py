"""What a person does to an order: each with a reason, each with its line in the audit, in one transaction."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from kameng.desk.actions import Act
from kameng.desk.orders import order_subject, refunds_of
from kameng.desk.reveal import reveal_codes, show_account, show_contact
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.text import Words
from kameng.orders.lifecycle import OrderState
from kameng.payment.decide_refund import BooksDiffer, Finding, RefundMissing, Verdict, decide_refund
from kameng.payment.refund import NotNow, accept_payment
from kameng.staff.audit import note
from kameng.staff.roles import Permission
from kameng.tracking.reveal import NothingToReveal
from kameng.web.console.door import Desk, needs
from kameng.web.console.fields import confirmed, fen_typed
from kameng.web.console.order_view import Doing, Secrets, show_order
from kameng.web.console.orders import order_id_of, order_path
from kameng.web.console.pages import back_to, typed

Decision = Callable[..., Awaitable[OrderState]]
# What an action may be refused with and still be answered by the order's page.
_SHOWN: tuple[type[Refusal], ...] = (InvalidInput, NotNow, NothingToReveal, BooksDiffer)


@post("/orders/{order_no:str}/accept", guards=[needs(Permission.PAYMENT_ACCEPT)], status_code=200)
async def accept(desk: NamedDependency[Desk], order_no: FromPath[str]) -> Response[Any]:
    return await _decide(desk, order_no, accept_payment, done="payment_accepted")


async def _decide(desk: Desk, order_no: str, decide: Decision, *, done: str) -> Response[Any]:
    order_id, form = order_id_of(order_no), await typed(desk.request)
    reason = form.get("reason", "")
    try:
        confirmed(form)
        async with desk.db.transaction() as tx:
            state = await decide(tx, order_id=order_id, actor=desk.actor, reason=reason)
            await note(tx, desk.note(f"order:{done}", order_subject(order_id), reason=reason, state=state))
    except _SHOWN as refusal:
        return await show_order(desk, order_id, doing=Act.ACCEPT, refusal=refusal)
    return back_to(order_path(order_id), done=done)


@post("/orders/{order_no:str}/refunds/{refund_id:int}", guards=[needs(Permission.REFUND_REQUEST)], status_code=200)
async def settle_refund(
    desk: NamedDependency[Desk], order_no: FromPath[str], refund_id: FromPath[int]
) -> Response[Any]:
    """A refund is stuck; somebody has looked into the channel's books and says what stands there."""
    order_id, form = order_id_of(order_no), await typed(desk.request)
    try:
        finding = Finding(
            _verdict_of(form.get("verdict", "")), form.get("reason", ""), fen_typed(form, "returned"),
            fen_typed(form, "outside") or 0,
        )  # fmt: skip
        confirmed(form)
        async with desk.db.transaction() as tx:
            if refund_id not in {refund.id for refund in await refunds_of(tx.connection, order_id)}:
                raise RefundMissing
            state = await decide_refund(tx, refund_id=refund_id, finding=finding, actor=desk.actor)
            facts = {
                "refund": refund_id, "verdict": finding.verdict, "returned_fen": finding.returned_fen,
                "outside_fen": finding.outside_fen or None, "state": state, "reason": finding.reason,
            }  # fmt: skip
            await note(tx, desk.note("order:refund_decided", order_subject(order_id), **facts))
    except _SHOWN as refusal:
        doing = Doing(Act.SETTLE_REFUND, refund_id)
        return await show_order(desk, order_id, doing=doing, refusal=refusal, form=form)
    return back_to(order_path(order_id), done="refund_decided")


@post("/orders/{order_no:str}/codes", guards=[needs(Permission.ORDER_REVEAL)], status_code=200)
async def codes(desk: NamedDependency[Desk], order_no: FromPath[str]) -> Response[str]:
    """The codes stand on the page that answers, which nobody keeps; loading it anew hides them."""
    order_id, form = order_id_of(order_no), await typed(desk.request)
    try:
        confirmed(form)
        found = await reveal_codes(
            db=desk.db, keyring=desk.keyring, order_id=order_id, looker=desk.looker, reason=form.get("reason", "")
        )
    except _SHOWN as refusal:
        return await show_order(desk, order_id, refusal=refusal)
    return await show_order(desk, order_id, secrets=Secrets(codes=found))


@post("/orders/{order_no:str}/contact", guards=[needs(Permission.CONTACT_SHOW)], status_code=200)
async def contact(desk: NamedDependency[Desk], order_no: FromPath[str]) -> Response[str]:
    order_id, form = order_id_of(order_no), await typed(desk.request)
    try:
        confirmed(form)
        found = await show_contact(
            db=desk.db, keyring=desk.keyring, order_id=order_id, looker=desk.looker, reason=form.get("reason", "")
        )
    except _SHOWN as refusal:
        return await show_order(desk, order_id, refusal=refusal)
    return await show_order(desk, order_id, secrets=Secrets(contact=found.text))


@post("/orders/{order_no:str}/account", guards=[needs(Permission.ACCOUNT_SHOW)], status_code=200)
async def account(desk: NamedDependency[Desk], order_no: FromPath[str]) -> Response[str]:
    order_id, form = order_id_of(order_no), await typed(desk.request)
    try:
        confirmed(form)
        found = await show_account(
            db=desk.db, keyring=desk.keyring, order_id=order_id, looker=desk.looker, reason=form.get("reason", "")
        )
    except _SHOWN as refusal:
        return await show_order(desk, order_id, refusal=refusal)
    return await show_order(desk, order_id, secrets=Secrets(account=found))


def _verdict_of(text: str) -> Verdict:
    """Raises InvalidInput."""
    try:
        return Verdict(text)
    except ValueError as error:
        raise InvalidInput(fields={"verdict": Words("请选择核对的结论")}) from error
