"""SQL of choosing orders for a batch, and of what is known of them. Private to this package."""

from collections.abc import Sequence

import asyncpg

from kameng.kernel.database import Connection

# A number says when its order was placed: a time is a stretch of the primary key. `why`: what brought an order to the
# state it is in.
CHOOSE = """
SELECT o.id FROM orders o
WHERE o.id >= $1 AND o.id < $2 AND o.state = ANY($3::text[])
  AND ($4::integer[] IS NULL OR o.sku_id = ANY($4))
  AND ($5::integer IS NULL OR EXISTS (SELECT FROM delivery_attempts a WHERE a.order_id = o.id AND a.supplier_id = $5))
  AND ($6::text IS NULL OR $6 = (SELECT e.event FROM order_events e
                                 WHERE e.order_id = o.id AND e.to_state = o.state
                                   AND e.from_state IS DISTINCT FROM e.to_state
                                 ORDER BY e.id DESC LIMIT 1))
ORDER BY o.id LIMIT $7
"""

SKUS_OF_PRODUCT = """
SELECT s.id FROM skus s JOIN products p ON p.id = s.product_id WHERE p.slug = $1
"""

SUPPLIER_ID = "SELECT id FROM suppliers WHERE code = $1"

# Money as payment's REFUNDABLE counts it, for many orders at once and without holding anything.
FACTS = """
SELECT o.id, o.state, o.amount_fen, money.left_fen - asked.open_fen AS left_fen, attempts.live
FROM unnest($1::bigint[]) AS wanted (id)
JOIN orders o ON o.id = wanted.id
CROSS JOIN LATERAL (
    SELECT coalesce(sum(CASE WHEN (SELECT count(*) FROM payment_attempt_orders WHERE attempt_id = r.attempt_id) = 1
        THEN r.amount_fen - coalesce((SELECT sum(f.amount_fen) FROM refunds f WHERE f.receipt_id = r.id), 0)
        ELSE least(p.amount_fen, r.amount_fen)
             - coalesce((SELECT sum(f.amount_fen) FROM refunds f
                         WHERE f.receipt_id = r.id AND f.order_id = o.id AND f.cause <> 'paid_too_much'), 0)
        END), 0)::bigint AS left_fen
    FROM receipts r JOIN payment_attempt_orders p ON p.attempt_id = r.attempt_id
    WHERE p.order_id = o.id AND r.use IN ('applied', 'held')) money
CROSS JOIN LATERAL (
    SELECT coalesce(sum(amount_fen) FILTER (WHERE state IN ('waiting', 'agreed_once')), 0)::bigint AS open_fen
    FROM refund_requests WHERE order_id = o.id) asked
CROSS JOIN LATERAL (
    SELECT count(*) AS live FROM delivery_attempts
    WHERE order_id = o.id AND state IN ('calling', 'placed', 'in_doubt')) attempts
"""

OF_MERCHANT = """
SELECT order_id FROM merchant_orders
WHERE merchant_id = $1 AND (order_id = ANY($2::bigint[]) OR out_order_no = ANY($3::text[])) ORDER BY order_id
"""


async def choose(  # noqa: PLR0913 - what may be asked for
    connection: Connection,
    first: int,
    behind: int,
    *,
    states: Sequence[str],
    sku_ids: Sequence[int] | None,
    supplier_id: int | None,
    why: str | None,
    at_most: int,
) -> list[int]:
    skus = list(sku_ids) if sku_ids is not None else None
    rows = await connection.fetch(CHOOSE, first, behind, list(states), skus, supplier_id, why, at_most)
    return [row["id"] for row in rows]


async def skus_of_product(connection: Connection, slug: str) -> list[int]:
    return [row["id"] for row in await connection.fetch(SKUS_OF_PRODUCT, slug)]


async def supplier_id(connection: Connection, code: str) -> int | None:
    found: int | None = await connection.fetchval(SUPPLIER_ID, code)
    return found


async def facts(connection: Connection, order_ids: Sequence[int]) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(FACTS, list(order_ids))
    return rows


async def of_merchant(
    connection: Connection, merchant_id: int, order_ids: Sequence[int], out_order_nos: Sequence[str]
) -> list[int]:
    rows = await connection.fetch(OF_MERCHANT, merchant_id, list(order_ids), list(out_order_nos))
    return [row["order_id"] for row in rows]
