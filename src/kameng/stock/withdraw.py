"""Take available cards out of sale for good. What is reserved or sold is not touched.

A card somebody is reserving at this very moment is passed over; the number returned is what was truly withdrawn.
"""

from collections.abc import Awaitable, Callable, Sequence

from kameng.kernel.clock import SHANGHAI
from kameng.kernel.database import Database, Transaction
from kameng.stock import store

# Short transactions: buyers pass over what they hold.
CARDS_AT_ONCE = 5000


async def withdraw_batch(*, db: Database, batch_id: int) -> int:
    """All available cards of a batch, e.g. because its codes have leaked."""
    return await _all(db, lambda tx: store.withdraw_batch(tx, batch_id, at_most=CARDS_AT_ONCE))


async def withdraw_expired(*, db: Database) -> int:
    """All available cards whose last day is today or past; they are not sold any more anyway."""
    today = db.clock.now().astimezone(SHANGHAI).date()
    return await _all(db, lambda tx: store.withdraw_expired(tx, on=today, at_most=CARDS_AT_ONCE))


async def withdraw_cards(*, db: Database, card_ids: Sequence[int]) -> int:
    """Single cards, e.g. one a buyer proved not to work."""
    async with db.transaction() as tx:
        return await store.withdraw_cards(tx, card_ids)


async def _all(db: Database, some: Callable[[Transaction], Awaitable[int]]) -> int:
    total = 0
    while True:
        async with db.transaction() as tx:
            withdrawn = await some(tx)
        total += withdrawn
        if withdrawn == 0:
            return total
