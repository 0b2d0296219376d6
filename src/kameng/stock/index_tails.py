"""Cards from before there was a tail index get theirs. Can be stopped at any point and goes on with what is left."""

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.stock import tail_store
from kameng.stock.vault import BatchKey, tail_indexes_of

# Buyers pass over cards that are being written; so few, for so short a time, keep no order from its cards.
CARDS_AT_ONCE = 500


async def index_tails(*, db: Database, keyring: Keyring, runs_max: int | None = None) -> int:
    """How many cards were gone over; 0 when all have theirs. What somebody holds at this moment is left for next time.

    `runs_max` bounds it to so many runs of five hundred. Raises Unreadable when a batch's key is not in the ring.
    """
    index = tail_indexes_of(keyring)
    total = runs = 0
    keys: dict[int, BatchKey] = {}
    while runs_max is None or runs < runs_max:
        async with db.transaction() as tx:
            cards = await tail_store.lock_without(tx, at_most=CARDS_AT_ONCE)
            codes = []
            for _, card, wrapped in cards:
                if card.batch_id not in keys:
                    keys[card.batch_id] = BatchKey.unwrapped(keyring, card.batch_id, wrapped)
                codes.append(keys[card.batch_id].open_code(card.sku_id, card.code_sealed, card.blind_index))
            await tail_store.set_tails(tx, [card_id for card_id, _, _ in cards], index(codes))
        total += len(cards)
        runs += 1
        if len(cards) < CARDS_AT_ONCE:
            break
    return total
