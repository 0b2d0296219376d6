"""An order is for another face value from here on, at its price."""

from dataclasses import replace

from kameng.kernel.database import Transaction
from kameng.orders import store
from kameng.orders.order import Order


async def take_other_goods(tx: Transaction, order: Order, *, sku_id: int, version_id: int, price_fen: int) -> Order:
    """The order as it is then. `price_fen` of one piece; the caller holds the order and sends back what is over."""
    await store.set_goods(tx, order.id, sku_id=sku_id, version_id=version_id, price_fen=price_fen)
    return replace(order, sku_id=sku_id, amount_fen=price_fen * order.quantity)
