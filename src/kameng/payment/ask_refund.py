"""Somebody wants money to go back to a buyer: small sums go at once, larger ones when others have agreed."""

from dataclasses import dataclass

from kameng.kernel.database import Transaction
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.text import Words
from kameng.orders.contact import without_contacts
from kameng.orders.lifecycle import Actor, OrderState
from kameng.orders.lock import lock_order
from kameng.orders.number import OrderId
from kameng.orders.order import Order
from kameng.payment import request_store
from kameng.payment.attempt import ASKED_CAUSES, RefundCause
from kameng.payment.grant_refund import check_state, grant_refund, left_to_refund
from kameng.payment.refund import NotNow, checked_reason
from kameng.payment.request import ASKED_IN, LAPSES_AFTER, RefundRequest, RefundRules, RequestState
from kameng.stock.replaced import replaced


class ReplacedBefore(Refusal):
    """Pieces of it were exchanged for others, and whoever asks has not seen that."""

    code = "replaced_before"
    words = Words("这个订单的卡密已经更换过，同一件商品不能既换货又退款。换后的也不能用时，请在售后工单里勾选后退款")


class NothingLeft(Refusal):
    code = "nothing_left_to_refund"
    words = Words("这笔订单没有可以再退的款项：已经退回、正在退回，或正在等待审批")


@dataclass(frozen=True)
class RefundWish:
    """`amount_fen` None: all that is left. `left_fen` is what the asker saw to be left, so that a second click finds
    that it has changed; so are `order_state`, how the order stood, and `replaced`, how many of its codes had been
    exchanged. `reference` names what it is asked for ('case:17')."""

    order_id: OrderId
    cause: RefundCause
    reason: str
    asker: Actor
    amount_fen: int | None = None
    left_fen: int | None = None
    reference: str | None = None
    order_state: OrderState | None = None
    replaced: int = 0


async def ask_refund(tx: Transaction, *, rules: RefundRules, wish: RefundWish) -> RefundRequest:
    """The request as it stands: APPROVED when it is on its way, WAITING when others have to agree first.

    In the caller's transaction. Raises OrderMissing, NotNow, NothingLeft, WholeOnly, ReplacedBefore, InvalidInput
    (fields amount, cause, reason), and what halting a delivery raises (DeliveryInDoubt).
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
    if wish.left_fen not in {None, left_fen} or wish.order_state not in {None, order.state}:
        raise NotNow
    if left_fen <= 0:
        raise NothingLeft
    amount_fen = left_fen if wish.amount_fen is None else wish.amount_fen
    if not 1 <= amount_fen <= left_fen:
        raise InvalidInput(fields={"amount": Words("金额应大于 0，且不超过还可以退的金额")})
    check_state(order, amount_fen=amount_fen, left_fen=whole_fen)
    await _check_replaced(tx, order, wish, amount_fen=amount_fen, left_fen=left_fen)
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


async def _check_replaced(tx: Transaction, order: Order, wish: RefundWish, *, amount_fen: int, left_fen: int) -> None:
    """For a piece that was exchanged nothing goes back, unless the asker knows of it. Raises ReplacedBefore."""
    exchanged = await replaced(tx.connection, order.id)
    if exchanged == wish.replaced or wish.cause is RefundCause.GOODWILL:
        return
    piece_fen = order.amount_fen // order.quantity
    if amount_fen > left_fen - min(exchanged, order.quantity) * piece_fen:
        raise ReplacedBefore
