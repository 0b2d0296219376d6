"""What orders usually come to, learned from those that went well; and what was counted too long ago is forgotten."""

from datetime import timedelta

from kameng.kernel.database import Database
from kameng.risk import score_store

#: Fewer orders than this say nothing about what is usual.
ORDERS_MIN = 20
LEARNED_FROM = timedelta(days=30)
COUNTED_FOR = timedelta(days=2)


async def learn_usual(db: Database, *, since: int) -> None:
    """`since`: the first order key of `LEARNED_FROM` ago."""
    async with db.transaction() as tx:
        await score_store.learn_usual(tx, since=since, orders_min=ORDERS_MIN)
        await score_store.forget_velocity(tx, tx.now - COUNTED_FOR)
