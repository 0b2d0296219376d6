"""Something is owed that suppliers have to deliver."""

from kameng.fulfilment import store
from kameng.fulfilment.attempt import PATIENCE
from kameng.kernel.database import Transaction


async def open_delivery(tx: Transaction, *, order_id: int | None, sku_id: int, owed: int) -> int:
    """The id of a delivery that a worker looks for a route for at once; without an order it is for our own vault.

    `owed` in fen of face value for a top-up that has one, otherwise in pieces.
    """
    return await store.open_delivery(tx, order_id=order_id, sku_id=sku_id, owed=owed, patience_until=tx.now + PATIENCE)
