"""What nobody has read, and nobody was asked for, is as if it had never been on its way."""

from kameng.fulfilment import repair_store
from kameng.kernel.database import Transaction
from kameng.orders.order import Order
from kameng.stock.put_back import put_back
from kameng.supply.hold import drop_hold


async def unsend(tx: Transaction, order: Order) -> bool:
    """Cards are for sale again, a supplier's pieces are free, and no delivery is open. False, and nothing has happened,
    when a supplier was asked. The caller holds the order and knows that no code of it was read."""
    if not await repair_store.drop_delivery(tx, order.id):
        return False
    await put_back(tx, order.id)
    await drop_hold(tx, order.id)
    return True
