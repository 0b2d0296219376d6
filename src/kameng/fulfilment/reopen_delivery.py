"""What is left of a stuck delivery is looked for anew, as if nobody had failed before."""

from kameng.catalogue.filling import Delivers
from kameng.fulfilment import repair_store, store
from kameng.fulfilment.attempt import PATIENCE, DeliveryState
from kameng.kernel.clock import SHANGHAI
from kameng.kernel.database import Transaction
from kameng.orders.number import OrderId
from kameng.orders.order import Order
from kameng.stock.allocate import allocate
from kameng.stock.reserve import reserve


async def reopen_delivery(tx: Transaction, order_id: OrderId) -> bool:
    """Of an order the caller has locked. False when nothing is left, or something may still come of what was asked."""
    delivery_id = await store.delivery_of(tx, order_id)
    if delivery_id is None or await store.live_attempts(tx, order_id):
        return False
    delivery = await store.lock_delivery(tx, delivery_id)
    if delivery.state is not DeliveryState.STUCK:
        return False
    await store.set_delivery(
        tx, delivery, state=DeliveryState.OPEN, route_at=tx.now, patience_until=tx.now + PATIENCE
    )  # fmt: skip
    return True


async def fill_up_from_stock(tx: Transaction, order: Order) -> bool:
    """The codes that are still missing of a part are taken from our own vault, where it has them all by now.

    The caller has locked the order. What suppliers owe of it ends with what they delivered.
    """
    delivery_id = await store.delivery_of(tx, order.id)
    if delivery_id is None or await store.live_attempts(tx, order.id):
        return False
    delivery = await store.lock_delivery(tx, delivery_id)
    left = delivery.owed - delivery.delivered
    is_part = delivery.state is DeliveryState.STUCK and delivery.delivered > 0 and left > 0
    if not is_part or delivery.delivers is not Delivers.CODES:
        return False
    today = tx.now.astimezone(SHANGHAI).date()
    if not await reserve(tx, order_id=order.id, sku_id=order.sku_id, quantity=left, on=today):
        return False
    await allocate(tx, order.id)
    await repair_store.close_as_it_is(tx, delivery.id)
    return True
