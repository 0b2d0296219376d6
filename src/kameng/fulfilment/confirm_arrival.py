"""The buyer says that it has arrived; after a week of silence the order says so itself."""

from datetime import timedelta

from kameng.fulfilment import repair_store
from kameng.kernel.database import Database
from kameng.kernel.errors import Refusal
from kameng.kernel.text import Words
from kameng.orders.advance import advance
from kameng.orders.lifecycle import BUYER, LIFECYCLE, SYSTEM, ArrivalConfirmed, OrderState
from kameng.orders.lock import lock_order
from kameng.orders.number import OrderId

AT_A_TIME = 100


class NothingToConfirm(Refusal):
    code = "nothing_to_confirm"
    words = Words("订单还没有发货，或已经结束，不用确认")


async def confirm_arrival(*, db: Database, order_id: OrderId) -> OrderState:
    """Twice is once. Raises OrderMissing, NothingToConfirm."""
    async with db.transaction() as tx:
        order = await lock_order(tx, order_id)
        if order.state is OrderState.COMPLETED:
            return order.state
        if not LIFECYCLE.allows(order.state, ArrivalConfirmed):
            raise NothingToConfirm
        return await advance(tx, order, ArrivalConfirmed(BUYER))


async def confirm_by_itself(*, db: Database, after: timedelta) -> int:
    """Orders that were delivered so long ago, and that nobody has touched since, are complete; how many."""
    async with db.transaction() as tx:
        order_ids = await repair_store.lock_to_confirm(tx, before=tx.now - after, at_most=AT_A_TIME)
        for order_id in order_ids:
            order = await lock_order(tx, OrderId(order_id))
            await advance(tx, order, ArrivalConfirmed(SYSTEM, reason="nobody said otherwise"))
        return len(order_ids)
