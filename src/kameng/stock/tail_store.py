"""SQL of the tail index: which sold card ends like this. Private to this package."""

from collections.abc import Sequence
from dataclasses import dataclass

from kameng.kernel.database import Connection, Transaction
from kameng.stock.card import SealedCard

_SEALED = "c.sku_id, c.batch_id, c.code_sealed, c.blind_index, b.wrapped_key"

# More than a few codes that end alike are of a kind that nobody can tell apart by their ends.
BY_TAIL = f"""
SELECT c.order_id, {_SEALED}
FROM cards c JOIN card_batches b ON b.id = c.batch_id
WHERE c.tail_index = $1 AND c.state IN ('sold', 'replaced') ORDER BY c.order_id DESC LIMIT $2
"""  # noqa: S608 - constants

BY_CODE = """
SELECT order_id FROM cards WHERE blind_index = ANY ($1::bytea[]) AND state IN ('sold', 'replaced')
"""

LOCK_WITHOUT = f"""
SELECT c.id, {_SEALED}
FROM cards c JOIN card_batches b ON b.id = c.batch_id
WHERE c.tail_index IS NULL ORDER BY c.id LIMIT $1 FOR UPDATE OF c SKIP LOCKED
"""  # noqa: S608 - constants

SET_TAILS = """
UPDATE cards c SET tail_index = new.tail_index
FROM unnest($1::bigint[], $2::bigint[]) AS new (id, tail_index) WHERE c.id = new.id
"""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A card whose code may end as it was typed, and whose it is."""

    order_id: int
    card: SealedCard
    wrapped_key: bytes


async def by_tail(connection: Connection, tail_index: int, *, at_most: int) -> list[Candidate]:
    """The newest orders first."""
    return [
        Candidate(row["order_id"], SealedCard(*row[1:5]), row["wrapped_key"])
        for row in await connection.fetch(BY_TAIL, tail_index, at_most)
    ]


async def by_code(connection: Connection, blind_indexes: Sequence[bytes]) -> list[int]:
    return [row["order_id"] for row in await connection.fetch(BY_CODE, blind_indexes)]


async def lock_without(tx: Transaction, *, at_most: int) -> list[tuple[int, SealedCard, bytes]]:
    """Cards without a tail index, held, each with its batch's wrapped key; those that others hold are passed over."""
    rows = await tx.connection.fetch(LOCK_WITHOUT, at_most)
    return [(row["id"], SealedCard(*row[1:5]), row["wrapped_key"]) for row in rows]


async def set_tails(tx: Transaction, card_ids: Sequence[int], tail_indexes: Sequence[int]) -> None:
    await tx.connection.execute(SET_TAILS, card_ids, tail_indexes)
