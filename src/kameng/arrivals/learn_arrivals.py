"""How long deliveries take is learned anew every few minutes, from those of the last two weeks."""

import asyncio
from datetime import timedelta

from kameng.arrivals import store
from kameng.arrivals.kinds import learn_curves
from kameng.kernel.clock import SHANGHAI
from kameng.kernel.database import Database

LEARN_EVERY = timedelta(minutes=5)
LEARN_FROM = timedelta(days=14)
#: More than this many are not read; a shop that has more in two weeks learns from less than two weeks.
READ_MAX = 200_000


async def learn_arrivals(*, db: Database) -> int:
    """How many curves there are now; 0 when it is not time yet, or another worker is at it."""
    async with db.transaction() as tx:
        if not await store.claim_learning(tx, every=LEARN_EVERY):
            return 0
        now = tx.now
    async with db.reading() as connection:
        seen = await store.seen(connection, now=now, since=now - LEARN_FROM, at_most=READ_MAX)
    # It counts for a second when there is much to learn from; the other sweeps go on meanwhile.
    learned = await asyncio.to_thread(learn_curves, seen, now=now)
    async with db.transaction() as tx:
        await store.write_curves(tx, learned)
        yesterday = tx.now.astimezone(SHANGHAI).date() - timedelta(days=1)
        await store.write_days(tx, since=yesterday)
    return len(learned)
