"""Time ends what nobody has confirmed, agreed to or let go on."""

from kameng.batches import item_store, store
from kameng.batches.batch import BATCH_LIFECYCLE, TimePassed
from kameng.batches.move import move
from kameng.kernel.database import Database

AT_A_TIME = 20


async def lapse_batches(*, db: Database) -> int:
    """How many were due."""
    async with db.reading() as connection:
        due = await store.lapsing(connection, db.clock.now(), at_most=AT_A_TIME)
    for batch_id in due:
        async with db.transaction() as tx:
            one = await store.lock(tx, batch_id)
            if one is None or one.lapse_at is None or one.lapse_at > tx.now:
                continue
            if BATCH_LIFECYCLE.allows(one.state, TimePassed):
                await move(tx, one, TimePassed)
                await item_store.leave(tx, batch_id)
    return len(due)
