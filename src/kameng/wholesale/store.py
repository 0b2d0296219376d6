"""SQL of merchants' orders and of word sent about them. Private to this package."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from kameng.kernel.database import Connection, Transaction

# Waits for a twin that is still running, so a repeat never makes a second order.
INSERT_ORDER = """
INSERT INTO merchant_orders (order_id, merchant_id, key_id, protocol, out_order_no, fingerprint)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (merchant_id, out_order_no) DO NOTHING
"""

INSERT_WEBHOOK = "INSERT INTO merchant_webhooks (order_id, url_sealed) VALUES ($1, $2)"

KNOWN = "SELECT order_id, fingerprint FROM merchant_orders WHERE merchant_id = $1 AND out_order_no = $2"

ORDERS = """
SELECT m.order_id, m.merchant_id, x.code AS merchant_code, m.key_id, m.protocol, m.out_order_no, o.state,
       o.sku_id, o.quantity, o.unit_price_fen, o.amount_fen, o.placed_at, e.changed_at, v.product_name, v.face_value,
       s.product_id, v.delivers, e.delivered_at, e.was_read, e.balance_too_low,
       coalesce((SELECT sum(f.amount_fen) FROM refunds f
                 WHERE f.order_id = o.id AND f.state = 'done'), 0)::bigint AS refunded_fen
FROM merchant_orders m
JOIN merchants x ON x.id = m.merchant_id
JOIN orders o ON o.id = m.order_id
JOIN skus s ON s.id = o.sku_id
JOIN sku_versions v ON v.id = o.sku_version_id
CROSS JOIN LATERAL (
    SELECT max(at) FILTER (WHERE event = 'delivered') AS delivered_at,
           max(at) FILTER (WHERE from_state IS DISTINCT FROM to_state) AS changed_at,
           coalesce(bool_or(event = 'revealed'), false) AS was_read,
           coalesce(bool_or(event = 'cancelled_by_buyer' AND reason = 'the balance is too low'), false)
               AS balance_too_low
    FROM order_events WHERE order_id = o.id) e
WHERE m.merchant_id = $1
  AND m.order_id IN (SELECT unnest($2::bigint[])
                     UNION SELECT n.order_id FROM merchant_orders n
                           WHERE n.merchant_id = $1 AND n.out_order_no = ANY ($3::text[]))
ORDER BY m.order_id
"""

# The next try is planned before this one is made, so that a crash in between only delays it.
CLAIM_WEBHOOKS = """
UPDATE merchant_webhooks w SET tries = w.tries + 1, tell_at = $2
FROM merchant_orders m JOIN merchants x ON x.id = m.merchant_id
WHERE m.order_id = w.order_id AND w.order_id = ANY (ARRAY(
    SELECT order_id FROM merchant_webhooks WHERE tell_at <= $1 ORDER BY tell_at LIMIT $3 FOR UPDATE SKIP LOCKED))
RETURNING w.order_id, w.url_sealed, w.tries, m.merchant_id, x.code AS merchant_code, m.key_id, m.protocol
"""

# Unless the order has gone on meanwhile: then it is due again by its own change.
RECORD_TOLD = """
UPDATE merchant_webhooks SET told = $3, answer = $4, tell_at = NULL, tries = 0, gave_up_at = NULL
WHERE order_id = $1 AND tell_at = $2
"""

RECORD_UNHEARD = """
UPDATE merchant_webhooks
SET answer = $3, tell_at = $4, gave_up_at = CASE WHEN $4::timestamptz IS NULL THEN $5::timestamptz END
WHERE order_id = $1 AND tell_at = $2
"""

TELL_AGAIN = """
UPDATE merchant_webhooks w SET tell_at = $3, tries = 0, gave_up_at = NULL
FROM merchant_orders m WHERE m.order_id = w.order_id AND m.merchant_id = $1 AND w.order_id = $2
"""


@dataclass(frozen=True)
class NewOrder:
    merchant_id: int
    key_id: str
    protocol: str
    out_order_no: str
    fingerprint: bytes


async def insert_order(tx: Transaction, order_id: int, new: NewOrder) -> bool:
    """False when the merchant's number made an order before."""
    written: str = await tx.connection.execute(
        INSERT_ORDER, order_id, new.merchant_id, new.key_id, new.protocol, new.out_order_no, new.fingerprint
    )
    return written == "INSERT 0 1"


async def insert_webhook(tx: Transaction, order_id: int, url_sealed: bytes) -> None:
    await tx.connection.execute(INSERT_WEBHOOK, order_id, url_sealed)


async def known(connection: Connection, merchant_id: int, out_order_no: str) -> asyncpg.Record | None:
    return await connection.fetchrow(KNOWN, merchant_id, out_order_no)


async def orders(
    connection: Connection, merchant_id: int, order_ids: Sequence[int], out_order_nos: Sequence[str]
) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(ORDERS, merchant_id, list(order_ids), list(out_order_nos))
    return rows


async def claim_webhooks(tx: Transaction, *, until: datetime, at_most: int) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await tx.connection.fetch(CLAIM_WEBHOOKS, tx.now, until, at_most)
    return rows


async def record_told(tx: Transaction, order_id: int, claimed: datetime, state: str, answer: str) -> None:
    await tx.connection.execute(RECORD_TOLD, order_id, claimed, state, answer)


async def record_unheard(
    tx: Transaction, order_id: int, claimed: datetime, answer: str, *, again_at: datetime | None
) -> bool:
    """False when the order has gone on meanwhile."""
    written: str = await tx.connection.execute(RECORD_UNHEARD, order_id, claimed, answer, again_at, tx.now)
    return written == "UPDATE 1"


async def tell_again(tx: Transaction, merchant_id: int, order_id: int) -> bool:
    written: str = await tx.connection.execute(TELL_AGAIN, merchant_id, order_id, tx.now)
    return written == "UPDATE 1"
