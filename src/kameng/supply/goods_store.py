"""SQL of what suppliers sell. Private to this package."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import asyncpg

from kameng.kernel.database import Connection, Transaction
from kameng.supply.goods import Goods
from kameng.supply.store import changed

CLAIM_TO_SYNC = """
UPDATE suppliers SET sync_at = $1::timestamptz + $2::interval
WHERE id = ANY (ARRAY(
    SELECT id FROM suppliers WHERE sync_at <= $1 AND enabled ORDER BY sync_at LIMIT $3 FOR UPDATE SKIP LOCKED))
RETURNING id, code, sync_failures, balance_low_fen, coalesce((sync_report->>'balance_low')::boolean, false) AS was_low
"""

SYNC_SOON = "UPDATE suppliers SET sync_at = $2 WHERE id = $1"

# Goods as they were known before are not written again: that they were seen is said once, in the supplier's row. What
# was learned after the catalogue was asked for ($3) stands. Goods that an order found sold out stay so for a while
# (since $4) where the catalogue doesn't tell how many there are.
SAVE_GOODS = """
WITH told AS (
    SELECT t.* FROM jsonb_to_recordset($2::jsonb) AS t (
        number text, name text, category text, kind text, price_fen bigint, stock integer, on_sale boolean,
        face_fen bigint, quantity_min integer, quantity_max integer, asks jsonb)
    LEFT JOIN supplier_goods g ON g.supplier_id = $1 AND g.number = t.number
    WHERE g.number IS NULL
       OR (g.seen_at <= $3
           AND NOT (g.stock IS NOT DISTINCT FROM 0 AND t.stock IS NULL AND g.seen_at > $4)
           AND (g.name, g.category, g.kind, g.price_fen, g.stock, g.on_sale, g.face_fen, g.quantity_min,
                g.quantity_max, g.asks)
               IS DISTINCT FROM (t.name, t.category, t.kind, t.price_fen, t.stock, t.on_sale, t.face_fen,
                t.quantity_min, t.quantity_max, t.asks))
), written AS (
    INSERT INTO supplier_goods (supplier_id, number, name, category, kind, price_fen, stock, on_sale, face_fen,
                                quantity_min, quantity_max, asks, first_seen_at, seen_at)
    SELECT $1, number, name, category, kind, price_fen, stock, on_sale, face_fen, quantity_min, quantity_max, asks,
           $3, $3
    FROM told ORDER BY number
    ON CONFLICT (supplier_id, number) DO UPDATE SET
        name = excluded.name, category = excluded.category, kind = excluded.kind, price_fen = excluded.price_fen,
        stock = excluded.stock, on_sale = excluded.on_sale, face_fen = excluded.face_fen,
        quantity_min = excluded.quantity_min, quantity_max = excluded.quantity_max, asks = excluded.asks,
        seen_at = excluded.seen_at
    RETURNING xmax = 0 AS is_new
)
SELECT count(*) FILTER (WHERE is_new) AS new, count(*) FILTER (WHERE NOT is_new) AS changed FROM written
"""

# NOT IN over a subselect, because that is hashed whatever the planner thinks of the array's length.
TAKE_OFF_SALE = """
WITH gone AS (
    UPDATE supplier_goods SET on_sale = false, seen_at = $2
    WHERE supplier_id = $1 AND on_sale AND seen_at <= $2 AND number NOT IN (SELECT unnest($3::text[]))
    RETURNING number
)
SELECT gone.number, EXISTS (
    SELECT FROM routes r WHERE r.supplier_id = $1 AND r.goods = gone.number AND r.enabled) AS is_routed
FROM gone ORDER BY gone.number
"""

SEE_ONE = """
UPDATE supplier_goods SET name = $3, price_fen = $4, stock = $5, on_sale = $6, face_fen = $7, quantity_min = $8,
                          quantity_max = $9, seen_at = $10
WHERE supplier_id = $1 AND number = $2 AND seen_at <= $10
"""

# Untold stays untold: a supplier without figures is believed again when it has been a while.
MARK_SOLD_OUT = """
UPDATE supplier_goods SET stock = 0, on_sale = on_sale AND NOT $3, seen_at = $4
WHERE supplier_id = $1 AND number = $2
"""

RECORD_SYNC = """
UPDATE suppliers SET sync_at = $2, sync_failures = 0, sync_report = $3, synced_at = coalesce($4, synced_at),
                     balance_fen = coalesce($5, balance_fen),
                     balance_at = CASE WHEN $5::bigint IS NULL THEN balance_at ELSE $6::timestamptz END
WHERE id = $1
"""

RECORD_FAILURE = """
UPDATE suppliers SET sync_at = $2, sync_failures = sync_failures + 1,
                     sync_report = sync_report || jsonb_build_object('error', $3::text) WHERE id = $1
"""

ROUTED_GOODS = """
SELECT r.goods AS number, max(r.agreed_price_fen) AS price_fen, max(r.face_fen) AS face_fen,
       bool_or(p.delivers = 'top_up') AS tops_up
FROM routes r JOIN skus s ON s.id = r.sku_id JOIN products p ON p.id = s.product_id
WHERE r.supplier_id = $1 AND r.enabled GROUP BY r.goods ORDER BY r.goods LIMIT $2
"""

TO_ASK_AGAIN = """
SELECT r.supplier_id, r.goods AS number
FROM skus s JOIN routes r ON r.sku_id = s.id
JOIN suppliers u ON u.id = r.supplier_id
JOIN supplier_goods g ON g.supplier_id = r.supplier_id AND g.number = r.goods
WHERE s.id = $1 AND s.filled_by = 'supplier' AND r.enabled AND r.stopped_because IS NULL AND u.enabled
  AND u.sync_failures < $2 AND g.seen_at <= $3
  AND (g.stock <= $4 OR greatest(g.seen_at, u.synced_at) < $5)
ORDER BY r.priority, r.id LIMIT $6
"""

GOODS = """
SELECT g.supplier_id, u.code AS supplier_code, g.number, g.name, g.category, g.kind, g.price_fen, g.stock, g.on_sale,
       g.face_fen, g.quantity_min, g.quantity_max, g.asks, g.first_seen_at, greatest(g.seen_at, u.synced_at) AS seen_at,
       array(SELECT r.sku_id FROM routes r WHERE r.supplier_id = g.supplier_id AND r.goods = g.number
             ORDER BY r.sku_id) AS sku_ids
FROM supplier_goods g JOIN suppliers u ON u.id = g.supplier_id
WHERE u.code = $1 AND ($2::text IS NULL OR g.category = $2)
  AND ($3::text IS NULL OR strpos(lower(g.name), lower($3)) > 0 OR g.number = $3)
  AND ($4::text[] IS NULL OR g.number = ANY ($4))
  AND (NOT $5 OR (g.on_sale AND NOT EXISTS (
      SELECT FROM routes r WHERE r.supplier_id = g.supplier_id AND r.goods = g.number)))
  AND g.number > $6
ORDER BY g.number LIMIT $7
"""


@dataclass(frozen=True, slots=True)
class Due:
    """A supplier whose turn it is. `was_low`: whether its low balance was told before."""

    id: int
    code: str
    sync_failures: int
    balance_low_fen: int
    was_low: bool


async def claim_to_sync(tx: Transaction, *, again_after: timedelta, at_most: int) -> list[Due]:
    return [Due(**dict(row)) for row in await tx.connection.fetch(CLAIM_TO_SYNC, tx.now, again_after, at_most)]


async def sync_soon(tx: Transaction, supplier_id: int) -> None:
    await tx.connection.execute(SYNC_SOON, supplier_id, tx.now)


async def save_goods(
    tx: Transaction, supplier_id: int, goods: Sequence[Goods], *, asked_at: datetime, sold_out_since: datetime
) -> tuple[int, int]:
    """How many are new, and how many of the others have changed."""
    row = await tx.connection.fetchrow(SAVE_GOODS, supplier_id, goods, asked_at, sold_out_since)
    assert row is not None
    return row["new"], row["changed"]


async def take_off_sale(
    tx: Transaction, supplier_id: int, *, all_but: Sequence[str], asked_at: datetime
) -> list[asyncpg.Record]:
    """Those that were on sale until now: their numbers, and whether a route leads to them."""
    rows: list[asyncpg.Record] = await tx.connection.fetch(TAKE_OFF_SALE, supplier_id, asked_at, all_but)
    return rows


async def see_one(tx: Transaction, supplier_id: int, goods: Goods, *, asked_at: datetime) -> None:
    await tx.connection.execute(
        SEE_ONE, supplier_id, goods.number, goods.name, goods.price_fen, goods.stock, goods.on_sale, goods.face_fen,
        goods.quantity_min, goods.quantity_max, asked_at,
    )  # fmt: skip


async def mark_sold_out(tx: Transaction, supplier_id: int, number: str, *, is_gone: bool) -> bool:
    """False when nobody has seen such goods."""
    return changed(await tx.connection.execute(MARK_SOLD_OUT, supplier_id, number, is_gone, tx.now)) == 1


async def record_sync(
    tx: Transaction, supplier_id: int, *, next_at: datetime, report: Mapping[str, Any], seen_at: datetime | None,
    balance_fen: int | None,
) -> None:  # fmt: skip
    await tx.connection.execute(RECORD_SYNC, supplier_id, next_at, dict(report), seen_at, balance_fen, tx.now)


async def record_failure(tx: Transaction, supplier_id: int, *, next_at: datetime, error: str) -> None:
    await tx.connection.execute(RECORD_FAILURE, supplier_id, next_at, error)


async def routed_goods(connection: Connection, supplier_id: int, *, at_most: int) -> list[dict[str, Any]]:
    return [dict(row) for row in await connection.fetch(ROUTED_GOODS, supplier_id, at_most)]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Goods to ask a supplier about."""

    supplier_id: int
    number: str


@dataclass(frozen=True, slots=True)
class Asking:
    """Which goods are worth a question: those last heard of at `heard_before` or before that are `few` or were not seen
    since `seen_since`, of suppliers that failed less than `failures_max` times in a row."""

    heard_before: datetime
    seen_since: datetime
    few: int
    failures_max: int


async def to_ask_again(connection: Connection, sku_id: int, asking: Asking, *, at_most: int) -> list[Wanted]:
    rows = await connection.fetch(
        TO_ASK_AGAIN, sku_id, asking.failures_max, asking.heard_before, asking.few, asking.seen_since, at_most
    )
    return [Wanted(row["supplier_id"], row["number"]) for row in rows]


async def goods(
    connection: Connection, supplier_code: str, narrowed: tuple[str | None, str | None, list[str] | None], *,
    unmapped_only: bool, after: str, at_most: int,
) -> list[asyncpg.Record]:  # fmt: skip
    """`narrowed`: a category, a part of the name, and numbers; each None for any."""
    rows: list[asyncpg.Record] = await connection.fetch(GOODS, supplier_code, *narrowed, unmapped_only, after, at_most)
    return rows
