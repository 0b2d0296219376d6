"""Cards of an order that was never delivered."""

from kameng.kernel.database import Transaction
from kameng.stock import store


async def put_back(tx: Transaction, order_id: int) -> int:
    """An order's sold cards are for sale again; how many. The caller knows that nobody has read their codes."""
    return await store.put_back(tx, order_id)
