"""SQL of the cards: who holds which. Private to this package; imports and their batches are in `batch_store`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import asyncpg

from kameng.kernel.database import Connection, Transaction
from kameng.stock.card import CardState, SealedCard

# The first of PostgreSQL's two advisory numbers: "card"; the second is the sku.
LOCK_CLASS = 0x63617264

# As many as one order may hold (skus.quantity_max).
QUANTITY_MAX = 1000

_IN_DATE = "(expires_on IS NULL OR expires_on > $4)"


def _reserving(lock: str) -> str:
    """Pick from a random slot on, go on from the lowest one, and hold what was picked only if it is enough.

    `= ANY(ARRAY(…))` rather than a join: the planner can't foresee how many rows a CTE with LIMIT gives, and would
    one day read the whole table to join them. The constant LIMIT inside the asked-for one tells it that rows are
    few; without it every call is planned anew, which takes longer than the call. `in_sight` counts cards that others
    are holding at this moment too.
    """
    return f"""
WITH ahead AS MATERIALIZED (
    SELECT id FROM (
        SELECT id FROM cards
        WHERE sku_id = $1 AND state = 'available' AND slot >= $3 AND {_IN_DATE}
        ORDER BY slot LIMIT {QUANTITY_MAX} {lock}) AS there
    LIMIT $2
), behind AS MATERIALIZED (
    SELECT id FROM (
        SELECT id FROM cards
        WHERE sku_id = $1 AND state = 'available' AND slot < $3 AND {_IN_DATE}
        ORDER BY slot LIMIT {QUANTITY_MAX} {lock}) AS there
    LIMIT $2 - (SELECT count(*) FROM ahead)
), picked AS MATERIALIZED (
    SELECT id FROM ahead UNION ALL SELECT id FROM behind
), held AS (
    UPDATE cards SET state = 'reserved', order_id = $5
    WHERE id = ANY (ARRAY(SELECT id FROM picked)) AND (SELECT count(*) FROM picked) = $2
    RETURNING id
)
SELECT (SELECT count(*) FROM held) AS held,
       CASE WHEN (SELECT count(*) FROM picked) = $2 THEN $2
            ELSE (SELECT count(*) FROM (
                SELECT FROM cards WHERE sku_id = $1 AND state = 'available' AND {_IN_DATE}
                ORDER BY slot LIMIT {QUANTITY_MAX}) AS there)
       END AS in_sight
"""  # noqa: S608 - constants


RESERVE = _reserving("FOR UPDATE SKIP LOCKED")

RESERVE_WAITING = _reserving("FOR UPDATE")

TAKE_TURNS = f"SELECT pg_advisory_xact_lock({LOCK_CLASS}, $1)"

ALLOCATE = "UPDATE cards SET state = 'sold' WHERE order_id = $1 AND state = 'reserved'"

RELEASE = "UPDATE cards SET state = 'available', order_id = NULL WHERE order_id = $1 AND state = 'reserved'"

PUT_BACK = "UPDATE cards SET state = 'available', order_id = NULL WHERE order_id = $1 AND state = 'sold'"

REPLACE = "UPDATE cards SET state = 'replaced' WHERE id = ANY ($1::bigint[]) AND state = 'sold'"

SOLD_IDS = "SELECT id FROM cards WHERE order_id = $1 AND state = 'sold' ORDER BY id"

REPLACED_OF = "SELECT count(*) FROM cards WHERE order_id = $1 AND state = 'replaced'"

SOLD_CARDS = """
SELECT c.sku_id, c.batch_id, c.code_sealed, c.blind_index, b.wrapped_key
FROM cards c JOIN card_batches b ON b.id = c.batch_id
WHERE c.order_id = $1 AND c.state = 'sold' ORDER BY c.id
"""

# Sorted although only counted: that keeps the planner on the index, where the table's first rows may long be sold.
AVAILABLE = """
SELECT wanted.sku_id, (
    SELECT count(*) FROM (
        SELECT FROM cards c
        WHERE c.sku_id = wanted.sku_id AND c.state = 'available' AND (c.expires_on IS NULL OR c.expires_on > $2)
        ORDER BY c.slot LIMIT $3) AS seen) AS cards
FROM unnest($1::integer[]) AS wanted (sku_id)
"""

COUNTS = """
SELECT sku_id, state, count(*) AS cards,
       count(*) FILTER (WHERE state = 'available' AND expires_on <= $2) AS out_of_date
FROM cards WHERE sku_id = ANY ($1) GROUP BY sku_id, state
"""

EXPIRING = """
SELECT sku_id, expires_on, count(*) AS cards FROM cards
WHERE state = 'available' AND expires_on IS NOT NULL AND expires_on <= $1
GROUP BY sku_id, expires_on ORDER BY expires_on, sku_id LIMIT $2
"""

# Withdrawing passes over cards somebody is just taking: it would otherwise wait for buyers, and buyers for it.
WITHDRAW_BATCH = """
WITH picked AS MATERIALIZED (
    SELECT id FROM cards WHERE batch_id = $1 AND state = 'available' LIMIT $2 FOR UPDATE SKIP LOCKED
)
UPDATE cards SET state = 'withdrawn' WHERE id = ANY (ARRAY(SELECT id FROM picked))
"""

WITHDRAW_EXPIRED = """
WITH picked AS MATERIALIZED (
    SELECT id FROM cards WHERE state = 'available' AND expires_on IS NOT NULL AND expires_on <= $1
    LIMIT $2 FOR UPDATE SKIP LOCKED
)
UPDATE cards SET state = 'withdrawn' WHERE id = ANY (ARRAY(SELECT id FROM picked))
"""

WITHDRAW_CARDS = """
WITH picked AS MATERIALIZED (
    SELECT id FROM cards WHERE id = ANY ($1) AND state = 'available' FOR UPDATE SKIP LOCKED
)
UPDATE cards SET state = 'withdrawn' WHERE id = ANY (ARRAY(SELECT id FROM picked))
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Cards for an order, picked from `start_slot` on, that still work after the day `on`."""

    order_id: int
    sku_id: int
    quantity: int
    start_slot: int
    on: date


@dataclass(frozen=True, slots=True)
class Pick:
    """How many cards are held now (all or none), and how many could be seen, those in others' hands included."""

    held: int
    in_sight: int


async def reserve(tx: Transaction, wanted: Wanted, *, waiting: bool = False) -> Pick:
    """Passes over cards that others hold; `waiting` waits for each of them instead."""
    row = await tx.connection.fetchrow(
        RESERVE_WAITING if waiting else RESERVE,
        wanted.sku_id, wanted.quantity, wanted.start_slot, wanted.on, wanted.order_id,
    )  # fmt: skip
    assert row is not None
    return Pick(row["held"], row["in_sight"])


async def take_turns(tx: Transaction, sku_id: int) -> None:
    """Until this transaction ends, nobody else passes here for the same sku."""
    await tx.connection.execute(TAKE_TURNS, sku_id)


async def set_mark(tx: Transaction) -> None:
    await tx.connection.execute("SAVEPOINT reserving")


async def back_to_mark(tx: Transaction) -> None:
    """Gives up the row locks taken since the mark."""
    await tx.connection.execute("ROLLBACK TO SAVEPOINT reserving")


async def allocate(tx: Transaction, order_id: int) -> int:
    return changed(await tx.connection.execute(ALLOCATE, order_id))


async def replaced_of(connection: Connection, order_id: int) -> int:
    count: int = await connection.fetchval(REPLACED_OF, order_id)
    return count


async def sold_ids(tx: Transaction, order_id: int) -> list[int]:
    return [row["id"] for row in await tx.connection.fetch(SOLD_IDS, order_id)]


async def replace(tx: Transaction, card_ids: Sequence[int]) -> int:
    return changed(await tx.connection.execute(REPLACE, list(card_ids)))


async def release(tx: Transaction, order_id: int) -> int:
    return changed(await tx.connection.execute(RELEASE, order_id))


async def put_back(tx: Transaction, order_id: int) -> int:
    return changed(await tx.connection.execute(PUT_BACK, order_id))


async def sold_cards(connection: Connection, order_id: int) -> list[tuple[SealedCard, bytes]]:
    """The order's cards in the order of their import, each with its batch's wrapped key."""
    rows = await connection.fetch(SOLD_CARDS, order_id)
    return [
        (SealedCard(row["sku_id"], row["batch_id"], row["code_sealed"], row["blind_index"]), row["wrapped_key"])
        for row in rows
    ]


async def available(connection: Connection, sku_ids: Sequence[int], *, on: date, at_most: int) -> dict[int, int]:
    rows = await connection.fetch(AVAILABLE, sku_ids, on, at_most)
    return {row["sku_id"]: row["cards"] for row in rows}


async def counts(connection: Connection, sku_ids: Sequence[int], *, on: date) -> list[tuple[int, CardState, int, int]]:
    """Sku, state, cards, and how many of them are available but past their date."""
    rows = await connection.fetch(COUNTS, sku_ids, on)
    return [(row["sku_id"], CardState(row["state"]), row["cards"], row["out_of_date"]) for row in rows]


async def expiring(connection: Connection, *, until: date, at_most: int) -> list[asyncpg.Record]:
    return await connection.fetch(EXPIRING, until, at_most)


async def withdraw_batch(tx: Transaction, batch_id: int, *, at_most: int) -> int:
    return changed(await tx.connection.execute(WITHDRAW_BATCH, batch_id, at_most))


async def withdraw_expired(tx: Transaction, *, on: date, at_most: int) -> int:
    return changed(await tx.connection.execute(WITHDRAW_EXPIRED, on, at_most))


async def withdraw_cards(tx: Transaction, card_ids: Sequence[int]) -> int:
    return changed(await tx.connection.execute(WITHDRAW_CARDS, card_ids))


def changed(status: str) -> int:
    """The number of rows in PostgreSQL's `UPDATE 3`."""
    return int(status.rpartition(" ")[2])
