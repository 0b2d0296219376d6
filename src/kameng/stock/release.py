"""An order that won't be paid gives its cards back."""

from kameng.kernel.database import Transaction
from kameng.stock import store


async def release(tx: Transaction, order_id: int) -> int:
    """Reserved → available; how many. What is sold stays sold."""
    return await store.release(tx, order_id)
