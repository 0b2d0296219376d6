"""Somebody wants money to go back to a buyer: small sums go at once, larger ones when others have agreed."""

from dataclasses import dataclass

from kameng.kernel.database import Transaction
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.text import Words
from kameng.orders.contact import without_contacts
from kameng.orders.lifecycle import Actor
from kameng.orders.lock import lock_order
from kameng.orders.number import OrderId
from kameng.payment import request_store
from kameng.payment.attempt import ASKED_CAUSES, RefundCause
from kameng.payment.grant_refund import check_state, grant_refund, left_to_refund
from kameng.payment.refund import NotNow, checked_reason
from kameng.payment.request import ASKED_IN, LAPSES_AFTER, RefundRequest, RefundRules, RequestState


class NothingLeft(Refusal):
    code = "nothing_left_to_refund"
    words = Words("这笔订单没有可以再退的款项：已经退回、正在退回，或正在等待审批")


@dataclass(frozen=True)
class RefundWish:
    """`amount_fen` None: all that is left. `left_fen` is what the asker saw to be left, so that a second click finds
    that it has changed. `reference` names what it is asked for ('case:17')."""

    order_id: OrderId
    cause: RefundCause
    reason: str
    asker: Actor
    amount_fen: int | None = None
    left_fen: int | None = None
    reference: str | None = None


async def ask_refund(tx: Transaction, *, rules: RefundRules, wish: RefundWish) -> RefundRequest:
    """The request as it stands: APPROVED when it is on its way, WAITING when others have to agree first.

    In the caller's transaction. Raises OrderMissing, NotNow, NothingLeft, WholeOnly, InvalidInput (fields amount,
    cause, reason), and what halting a delivery raises (DeliveryInDoubt).
    """
    reason = without_contacts(checked_reason(wish.reason))
    if wish.cause not in ASKED_CAUSES:
        raise InvalidInput(fields={"cause": Words("请选择退款缘由")})
    order = await lock_order(tx, wish.order_id)
    if order.state not in ASKED_IN:
        raise NotNow
    whole_fen = await left_to_refund(tx, order)
    asked_fen, open_fen = await request_store.asked_of_order(tx, order.id)
    left_fen = whole_fen - open_fen
    if wish.left_fen not in {None, left_fen}:
        raise NotNow
    if left_fen <= 0:
        raise NothingLeft
    amount_fen = left_fen if wish.amount_fen is None else wish.amount_fen
    if not 1 <= amount_fen <= left_fen:
        raise InvalidInput(fields={"amount": Words("金额应大于 0，且不超过还可以退的金额")})
    check_state(order, amount_fen=amount_fen, left_fen=whole_fen)
    needs = rules.needs(asked_fen + amount_fen)
    request_id = await request_store.insert_request(
        tx, order.id, amount_fen=amount_fen, cause=wish.cause, reason=reason, reference=wish.reference,
        asker=wish.asker, needs=needs, lapse_at=tx.now + LAPSES_AFTER,
    )  # fmt: skip
    state = RequestState.WAITING if needs else RequestState.APPROVED
    request = RefundRequest(
        request_id, order.id, amount_fen, state, wish.cause, reason, wish.asker, needs, tx.now
    )  # fmt: skip
    if not needs:
        await request_store.end_request(tx, request_id, RequestState.APPROVED)
        await grant_refund(tx, order, request, actor=wish.asker)
    return request
