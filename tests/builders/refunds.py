"""Everything paid for an order under review or in exception goes back, without anybody asking for it."""

from kameng.kernel.database import Transaction
from kameng.orders.advance import advance
from kameng.orders.lifecycle import LIFECYCLE, Actor, OrderState, RefundRequested
from kameng.orders.lock import lock_order
from kameng.orders.number import OrderId
from kameng.payment.refund import NotNow, checked_reason


async def request_refund(tx: Transaction, *, order_id: OrderId, actor: Actor, reason: str) -> OrderState:
    """What follows once a request is granted: `grant_refund` sends the same event. Raises OrderMissing, NotNow,
    InvalidInput."""
    event = RefundRequested(actor, reason=checked_reason(reason))
    order = await lock_order(tx, order_id)
    if not LIFECYCLE.allows(order.state, RefundRequested):
        raise NotNow
    return await advance(tx, order, event)
