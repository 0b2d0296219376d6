"""The buyer doesn't want it any more, and hasn't paid."""

from kameng.kernel.database import Database
from kameng.kernel.errors import Refusal
from kameng.kernel.text import Words
from kameng.orders.advance import advance
from kameng.orders.lifecycle import BUYER, LIFECYCLE, CancelledByBuyer, OrderState
from kameng.orders.lock import lock_order
from kameng.orders.number import OrderId


class OrderNotCancellable(Refusal):
    code = "order_not_cancellable"
    words = Words("订单已支付或已结束，不能取消")


async def cancel_order(*, db: Database, order_id: OrderId) -> OrderState:
    """Cancel an unpaid order and put its cards back. Twice is once. Raises OrderMissing, OrderNotCancellable."""
    async with db.transaction() as tx:
        order = await lock_order(tx, order_id)
        if order.state is OrderState.CANCELLED:
            return order.state
        if not LIFECYCLE.allows(order.state, CancelledByBuyer):
            raise OrderNotCancellable
        return await advance(tx, order, CancelledByBuyer(BUYER))
