"""What was agreed to goes out: the refunds are opened, and the order is told, in the caller's transaction."""

from kameng.kernel.database import Transaction
from kameng.kernel.errors import Refusal
from kameng.kernel.text import Words
from kameng.orders.advance import advance
from kameng.orders.lifecycle import Actor, OrderState, RefundAfterDelivery, RefundPromised, RefundRequested
from kameng.orders.order import Order
from kameng.payment import refund_store, request_store
from kameng.payment.attempt import RefundCause
from kameng.payment.jobs import SEND_REFUND
from kameng.payment.refund import NotNow
from kameng.payment.request import ASKED_IN, RefundRequest


class WholeOnly(Refusal):
    """Part of what is under review can't be sent back: what is paid must be known when the order is decided about."""

    code = "whole_refund_only"
    words = Words("审核中的订单只能全额退款")


async def left_to_refund(tx: Transaction, order: Order) -> int:
    """What was paid for an order and is neither back nor on its way; in fen. Its receipts are held."""
    return sum(row["left_fen"] for row in await refund_store.refundable(tx, order.id))


def check_state(order: Order, *, amount_fen: int, left_fen: int) -> None:
    """Raises NotNow, WholeOnly."""
    if order.state not in ASKED_IN:
        raise NotNow
    if order.state is OrderState.UNDER_REVIEW and amount_fen < left_fen:
        raise WholeOnly


async def grant_refund(tx: Transaction, order: Order, request: RefundRequest, *, actor: Actor) -> None:
    """Send back what is asked for. An order that was not delivered gives its goods back when everything is.

    The caller holds the order and has seen that so much is left. Raises NotNow, WholeOnly, and what halting a delivery
    raises (a supplier may still deliver).
    """
    left_fen = await left_to_refund(tx, order)
    check_state(order, amount_fen=request.amount_fen, left_fen=left_fen)
    facts = {"refund_fen": request.amount_fen, "cause": request.cause, "request": request.id}
    is_delivered = order.state in {OrderState.DELIVERED, OrderState.COMPLETED}
    if request.amount_fen == left_fen and not is_delivered:
        await advance(tx, order, RefundRequested(actor, reason=request.reason, facts=facts))
        return
    await send_back(tx, order, amount_fen=request.amount_fen, cause=request.cause, request_id=request.id)
    event = RefundAfterDelivery if request.amount_fen == left_fen else RefundPromised
    await advance(tx, order, event(actor, reason=request.reason, facts=facts))


async def send_back(
    tx: Transaction, order: Order, *, amount_fen: int, cause: RefundCause, request_id: int | None = None
) -> None:
    """So much goes back, from as few receipts as it takes, and the order stays where it is. The caller holds the order
    and knows that so much is left."""
    owed_fen = amount_fen
    for row in sorted(await refund_store.refundable(tx, order.id), key=lambda row: -row["left_fen"]):
        part_fen = min(owed_fen, row["left_fen"])
        if part_fen > 0:
            refund_id = await request_store.insert_refund(
                tx, row["receipt_id"], order.id, amount_fen=part_fen, cause=cause, request_id=request_id
            )
            await SEND_REFUND.defer(tx, refund_id=refund_id)
            owed_fen -= part_fen
    assert owed_fen == 0, f"more was agreed to than is left of order {order.id}"
