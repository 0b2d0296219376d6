"""A refund is done: its order is told, and is itself refunded once nothing more is on its way."""

from kameng.kernel.database import Transaction
from kameng.orders.advance import advance
from kameng.orders.lifecycle import LIFECYCLE, Actor, Refunded, SurplusReturned
from kameng.orders.lock import lock_order
from kameng.orders.number import OrderId
from kameng.payment import refund_store
from kameng.payment.attempt import SURPLUS_CAUSES, RefundCause


async def close_refund(
    tx: Transaction, *, order_id: OrderId, cause: RefundCause, amount_fen: int, actor: Actor, reason: str | None = None
) -> None:
    """In the transaction that wrote the refund down as done."""
    order = await lock_order(tx, order_id)
    facts = {"refund_fen": amount_fen}
    if cause in SURPLUS_CAUSES:
        await advance(tx, order, SurplusReturned(actor, reason=reason, facts=facts))
    elif await refund_store.unsettled_of_order(tx, order.id) == 0 and LIFECYCLE.allows(order.state, Refunded):
        await advance(tx, order, Refunded(actor, reason=reason, facts=facts))
