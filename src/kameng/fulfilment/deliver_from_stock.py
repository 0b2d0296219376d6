"""Hand over cards from stock, in the same transaction as the payment."""

from kameng.kernel.clock import SHANGHAI
from kameng.kernel.database import Transaction
from kameng.orders.lifecycle import SYSTEM, Delivered, OrderEvent
from kameng.orders.order import Order
from kameng.stock.allocate import allocate
from kameng.stock.release import release
from kameng.stock.reserve import reserve
from kameng.supply.hold import drop_hold


async def deliver_from_stock(tx: Transaction, order: Order) -> Delivered | None:
    """The order's cards are sold to it: those it reserved, or fresh ones if its reservation is gone. None when there
    are not enough. No card goes out on its last day."""
    today = tx.now.astimezone(SHANGHAI).date()
    if order.placed_at.astimezone(SHANGHAI).date() < today:
        # What was held since another day may be out of date by now; what still works is found again below.
        await release(tx, order.id)
    cards = await allocate(tx, order.id)
    if cards == 0:
        await reserve(tx, order_id=order.id, sku_id=order.sku_id, quantity=order.quantity, on=today)
        cards = await allocate(tx, order.id)
    if cards == 0:
        return None
    assert cards == order.quantity, f"order {order.id} holds {cards} cards, not {order.quantity}"
    return Delivered(SYSTEM, facts={"cards": cards})


async def release_to_stock(tx: Transaction, order: Order, _gone: OrderEvent) -> None:
    """Put an order's reserved cards back, or the pieces of a supplier that were promised to it. Follows Expired,
    CancelledByBuyer, RefundRequested and HoldExpired at once."""
    await release(tx, order.id)
    await drop_hold(tx, order.id)
