"""A refund is owed: written down in the transaction that finds it out, sent by a job afterwards."""

from collections.abc import Mapping

from kameng.kernel.database import Transaction
from kameng.orders.lifecycle import (
    CancelledAfterPayment,
    CorrectionMissed,
    HoldExpired,
    OrderEvent,
    RefundRequested,
    SoldOut,
    Undeliverable,
)
from kameng.orders.number import OrderId
from kameng.orders.order import Order
from kameng.payment import refund_store, request_store
from kameng.payment.attempt import RefundCause
from kameng.payment.jobs import SEND_REFUND

REFUND_CAUSES: Mapping[type[OrderEvent], RefundCause] = {
    SoldOut: RefundCause.SOLD_OUT,
    Undeliverable: RefundCause.UNDELIVERABLE,
    RefundRequested: RefundCause.STAFF,
    HoldExpired: RefundCause.UNPROVEN,
    CorrectionMissed: RefundCause.UNDELIVERABLE,
    CancelledAfterPayment: RefundCause.CANCELLED,
}


async def open_refund(
    tx: Transaction, receipt_id: int, order_id: OrderId, *, amount_fen: int, cause: RefundCause
) -> int:
    """Owe a part or all of one receipt; the refund's id. Never more than the receipt, all refunds taken together."""
    refund_id = await refund_store.insert_refund(tx, receipt_id, order_id, amount_fen, cause)
    assert refund_id is not None, f"refunds of receipt {receipt_id} would be more than was paid"
    await SEND_REFUND.defer(tx, refund_id=refund_id)
    return refund_id


async def refund_order(tx: Transaction, order: Order, event: OrderEvent) -> None:
    """Send back all that was paid for an order and isn't on its way back yet; what is stuck is tried again.

    Follows SoldOut, Undeliverable, RefundRequested and HoldExpired.
    """
    cause = RefundCause(event.facts.get("cause", REFUND_CAUSES[type(event)]))
    for row in await refund_store.refundable(tx, order.id):
        if row["left_fen"] > 0:
            await open_refund(tx, row["receipt_id"], order.id, amount_fen=row["left_fen"], cause=cause)
    # Whatever was asked for besides is on its way now.
    await request_store.overtake(tx, order.id)
    for refund_id in await refund_store.try_stuck_again(tx, order.id):
        await SEND_REFUND.defer(tx, refund_id=refund_id)
