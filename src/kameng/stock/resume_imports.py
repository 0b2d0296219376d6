"""Uploads whose job was lost or given up on get a new one."""

from kameng.kernel.database import Database
from kameng.stock import batch_store
from kameng.stock.jobs import IMPORT_CARDS


async def resume_imports(*, db: Database) -> int:
    """How many uploads are waiting or under way. One whose job is alive gets no second one."""
    async with db.transaction() as tx:
        batch_ids = await batch_store.staged(tx)
        for batch_id in batch_ids:
            await IMPORT_CARDS.defer(tx, batch_id=batch_id)
    return len(batch_ids)
