"""Imports as staff see them: progress, and which lines were refused."""

from kameng.kernel.database import Connection
from kameng.stock import batch_store
from kameng.stock.card import Batch


async def find_batch(connection: Connection, batch_id: int) -> Batch | None:
    return await batch_store.find(connection, batch_id)


async def latest_batches(connection: Connection, *, sku_id: int | None = None, at_most: int = 50) -> list[Batch]:
    """Newest first; of one sku, or of all."""
    return await batch_store.latest(connection, sku_id=sku_id, at_most=at_most)
