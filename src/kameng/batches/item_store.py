"""SQL of the items of batches. Private to this package."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from kameng.batches.batch import Item, ItemState
from kameng.kernel.database import Connection, Transaction
from kameng.orders.lifecycle import OrderState
from kameng.orders.number import OrderId

INSERT = """
INSERT INTO order_batch_items (batch_id, place, order_id, state, seen_state, amount_fen, why, try_at)
SELECT $1, n.place, n.order_id, CASE WHEN n.why IS NULL THEN 'todo' ELSE 'unfit' END, n.seen, n.fen, n.why, $7
FROM unnest($2::integer[], $3::bigint[], $4::text[], $5::bigint[], $6::text[]) AS n (place, order_id, seen, fen, why)
"""

# Of each batch some, so that a long one does not keep a short one waiting. Whoever takes items up puts them off: when
# a worker dies, they are found again.
CLAIM = """
WITH due AS MATERIALIZED (
    SELECT t.batch_id, t.order_id FROM unnest($1::bigint[]) AS b (id) CROSS JOIN LATERAL (
        SELECT batch_id, order_id FROM order_batch_items
        WHERE batch_id = b.id AND state = 'todo' AND try_at <= $3
        ORDER BY place LIMIT $4 FOR UPDATE SKIP LOCKED) t
)
UPDATE order_batch_items i SET try_at = $2 FROM due
WHERE i.batch_id = due.batch_id AND i.order_id = due.order_id
RETURNING i.batch_id, i.order_id, i.seen_state, i.amount_fen, i.tries, i.place
"""

# Held until the end of the transaction that does it; nobody's while its batch is stopped.
TAKE = """
SELECT i.order_id FROM order_batch_items i
WHERE i.batch_id = $1 AND i.order_id = $2 AND i.state = 'todo'
  AND EXISTS (SELECT FROM order_batches b WHERE b.id = i.batch_id AND b.state = 'running')
FOR UPDATE OF i SKIP LOCKED
"""

END = """
UPDATE order_batch_items SET state = $3, why = $4, result_id = coalesce($5, result_id), at = $6
WHERE batch_id = $1 AND order_id = $2 AND state = $7
"""

PUT_OFF = """
UPDATE order_batch_items SET tries = tries + 1, try_at = $3 WHERE batch_id = $1 AND order_id = $2 AND state = 'todo'
"""

LEAVE = "UPDATE order_batch_items SET state = 'left' WHERE batch_id = $1 AND state = 'todo'"

COUNTS = """
SELECT state, count(*) AS items, coalesce(sum(amount_fen), 0)::bigint AS fen
FROM order_batch_items WHERE batch_id = $1 GROUP BY state
"""

COUNTS_OF = """
SELECT batch_id, state, count(*) AS items, coalesce(sum(amount_fen), 0)::bigint AS fen
FROM order_batch_items WHERE batch_id = ANY($1::bigint[]) GROUP BY batch_id, state
"""

WHYS = """
SELECT why, count(*) AS items FROM order_batch_items
WHERE batch_id = $1 AND why IS NOT NULL AND state = ANY($2::text[]) GROUP BY why ORDER BY 2 DESC, 1
"""

# `result` is what has become of the resubmission or the refund request by now.
LINES = """
SELECT i.order_id, i.place, i.state, i.seen_state, i.amount_fen, i.why, i.result_id, i.at,
       CASE b.action WHEN 'resubmit' THEN r.state WHEN 'refund' THEN q.state END AS result,
       o.state AS order_state, m.out_order_no
FROM order_batch_items i
JOIN order_batches b ON b.id = i.batch_id
LEFT JOIN orders o ON o.id = i.order_id
LEFT JOIN resubmissions r ON r.id = i.result_id AND b.action = 'resubmit'
LEFT JOIN refund_requests q ON q.id = i.result_id AND b.action = 'refund'
LEFT JOIN merchant_orders m ON m.order_id = i.order_id AND m.merchant_id = b.merchant_id
WHERE i.batch_id = $1 AND i.place > $2 AND ($3::text[] IS NULL OR i.state = ANY($3))
ORDER BY i.place LIMIT $4
"""

NEWEST_RESUBMISSION = """
SELECT id, kind, state, why, actor_id, applied_at FROM resubmissions WHERE order_id = $1 ORDER BY id DESC LIMIT 1
"""


@dataclass(frozen=True)
class New:
    """An item of a preview; `why` is None for what fits."""

    order_id: int
    seen_state: str | None
    amount_fen: int
    why: str | None


@dataclass(frozen=True)
class Ended:
    """What an item came to."""

    state: ItemState
    why: str | None = None
    result_id: int | None = None


async def insert(tx: Transaction, batch_id: int, items: Sequence[New]) -> None:
    await tx.connection.execute(
        INSERT, batch_id, list(range(1, len(items) + 1)), [item.order_id for item in items],
        [item.seen_state for item in items], [item.amount_fen for item in items], [item.why for item in items], tx.now,
    )  # fmt: skip


async def claim(tx: Transaction, batch_ids: Sequence[int], *, lease: timedelta, of_each: int) -> list[Item]:
    """In the order of their places."""
    rows = await tx.connection.fetch(CLAIM, list(batch_ids), tx.now + lease, tx.now, of_each)
    return [
        Item(row["batch_id"], OrderId(row["order_id"]), OrderState(row["seen_state"]), row["amount_fen"], row["tries"])
        for row in sorted(rows, key=lambda row: (row["place"], row["batch_id"]))
    ]


async def take(tx: Transaction, item: Item) -> bool:
    """False when somebody else has it, or has had it, or its batch is not running."""
    return await tx.connection.fetchval(TAKE, item.batch_id, item.order_id) is not None


async def end(tx: Transaction, item: Item, ended: Ended, *, was: ItemState = ItemState.TODO) -> bool:
    written: str = await tx.connection.execute(
        END, item.batch_id, item.order_id, ended.state, ended.why, ended.result_id, tx.now, was
    )  # fmt: skip
    return written == "UPDATE 1"


async def put_off(tx: Transaction, item: Item, until: datetime) -> None:
    await tx.connection.execute(PUT_OFF, item.batch_id, item.order_id, until)


async def leave(tx: Transaction, batch_id: int) -> None:
    await tx.connection.execute(LEAVE, batch_id)


async def counts(connection: Connection, batch_id: int) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(COUNTS, batch_id)
    return rows


async def counts_of(connection: Connection, batch_ids: Sequence[int]) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(COUNTS_OF, list(batch_ids))
    return rows


async def whys(connection: Connection, batch_id: int, states: Sequence[str]) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(WHYS, batch_id, list(states))
    return rows


async def lines(
    connection: Connection, batch_id: int, *, after: int, states: Sequence[str] | None, at_most: int
) -> list[asyncpg.Record]:
    wanted = list(states) if states is not None else None
    rows: list[asyncpg.Record] = await connection.fetch(LINES, batch_id, after, wanted, at_most)
    return rows


async def newest_resubmission(connection: Connection, order_id: int) -> asyncpg.Record | None:
    return await connection.fetchrow(NEWEST_RESUBMISSION, order_id)
