"""The order's cards become its own for good."""

from kameng.kernel.database import Transaction
from kameng.stock import store


async def allocate(tx: Transaction, order_id: int) -> int:
    """Reserved → sold; how many. 0 when they were released meanwhile (or sold already)."""
    return await store.allocate(tx, order_id)
