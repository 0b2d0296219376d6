"""The buyer takes a paid order back, without a reason, while it costs nobody anything."""

from datetime import timedelta

from kameng.checkout import store
from kameng.kernel.database import Database
from kameng.kernel.errors import Refusal
from kameng.kernel.text import Words
from kameng.orders.advance import advance
from kameng.orders.lifecycle import BUYER, LIFECYCLE, CancelledAfterPayment, OrderState
from kameng.orders.lock import lock_order
from kameng.orders.number import OrderId

CANCEL_WITHIN = timedelta(minutes=5)


class NoLongerCancellable(Refusal):
    """Read, on its way to a supplier, paid for too long, or over."""

    code = "no_longer_cancellable"
    words = Words("卡密已查看、已提交给供货方，或付款已超过可取消的时间，不能直接取消")


async def cancel_paid(*, db: Database, order_id: OrderId, within: timedelta = CANCEL_WITHIN) -> OrderState:
    """Cards go back to stock, delivery is closed and the money is on its way back, all at once. Twice is once.

    Raises OrderMissing, NoLongerCancellable.
    """
    async with db.transaction() as tx:
        order = await lock_order(tx, order_id)
        cancelled = await store.cancelling(tx.connection, order.id)
        if cancelled["was_cancelled"]:
            return order.state
        is_fresh = cancelled["paid_at"] is not None and tx.now - cancelled["paid_at"] <= within
        if not is_fresh or cancelled["is_bound"] or not LIFECYCLE.allows(order.state, CancelledAfterPayment):
            raise NoLongerCancellable
        return await advance(tx, order, CancelledAfterPayment(BUYER, reason="cancelled within minutes of payment"))
