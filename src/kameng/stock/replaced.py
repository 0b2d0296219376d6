"""Cards that others stand in for."""

from kameng.kernel.database import Connection
from kameng.stock import store


async def replaced(connection: Connection, order_id: int) -> int:
    """How many of an order's cards were exchanged, each time counted."""
    return await store.replaced_of(connection, order_id)
