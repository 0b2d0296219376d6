"""SQL of what is kept of an order when a case about it is opened: reads across packages. Private to this package."""

from datetime import datetime
from typing import Any

import asyncpg

from kameng.kernel.database import Connection, Transaction

SNAPSHOT = """
SELECT o.state, o.quantity, o.amount_fen, o.pay_until, v.product_name, v.face_value, v.delivers,
    coalesce((SELECT jsonb_agg(jsonb_build_array(e.event, e.to_state, e.actor_kind, e.at) ORDER BY e.id)
              FROM (SELECT * FROM order_events WHERE order_id = o.id ORDER BY id DESC LIMIT $2) e), '[]') AS timeline,
    coalesce((SELECT jsonb_agg(jsonb_build_array(e.actor_kind, e.at) ORDER BY e.id)
              FROM (SELECT * FROM order_events WHERE order_id = o.id AND event = 'revealed'
                    ORDER BY id DESC LIMIT $2) e), '[]') AS shown,
    coalesce((SELECT jsonb_agg(jsonb_build_array(a.number, s.name, a.state, a.words, a.called_at, a.settled_at)
                               ORDER BY a.id)
              FROM delivery_attempts a JOIN suppliers s ON s.id = a.supplier_id WHERE a.order_id = o.id), '[]')
        AS attempts,
    coalesce((SELECT jsonb_agg(jsonb_build_array(r.kind, r.state, r.why, r.applied_at, r.ended_at) ORDER BY r.id)
              FROM resubmissions r WHERE r.order_id = o.id), '[]') AS resubmissions,
    coalesce((SELECT jsonb_agg(jsonb_build_array(g.name, p.state, p.amount_fen, p.started_at, p.confirmed_at)
                               ORDER BY p.id)
              FROM payment_attempt_orders l JOIN payment_attempts p ON p.id = l.attempt_id
              JOIN gateways g ON g.id = p.gateway_id WHERE l.order_id = o.id), '[]') AS payments
FROM orders o JOIN sku_versions v ON v.id = o.sku_version_id WHERE o.id = $1
"""

# What of an order's money has gone back, or is on its way, since its case was opened; and all that ever has.
MONEY_BACK = """
SELECT o.amount_fen, min(r.id) FILTER (WHERE r.requested_at >= $2) AS first_since,
    coalesce(sum(r.amount_fen), 0)::bigint AS back_fen
FROM orders o LEFT JOIN refunds r ON r.order_id = o.id AND r.state <> 'refused'
    AND r.cause NOT IN ('paid_twice', 'paid_too_much', 'cheaper')
WHERE o.id = $1 GROUP BY o.amount_fen
"""

# The goods were delivered once more, or others in their place, since the case was opened.
PUT_RIGHT = """
SELECT id, new_order_id FROM resubmissions
WHERE order_id = $1 AND state = 'done' AND kind <> 'paid_not_seen' AND ended_at >= $2 ORDER BY id DESC LIMIT 1
"""

FACTS = "SELECT facts FROM cases WHERE id = $1"


async def snapshot(tx: Transaction, order_id: int, *, at_most: int) -> dict[str, Any]:
    row = await tx.connection.fetchrow(SNAPSHOT, order_id, at_most)
    assert row is not None, "the caller holds the order"
    return dict(row)


async def money_back(connection: Connection, order_id: int, since: datetime) -> tuple[int | None, bool]:
    """The number of the first refund since then, and whether all of the order's money is back or on its way."""
    (row,) = await connection.fetch(MONEY_BACK, order_id, since)
    return row["first_since"], row["back_fen"] >= row["amount_fen"]


async def put_right(connection: Connection, order_id: int, since: datetime) -> asyncpg.Record | None:
    return await connection.fetchrow(PUT_RIGHT, order_id, since)


async def facts(connection: Connection, case_id: int) -> dict[str, Any] | None:
    found: dict[str, Any] | None = await connection.fetchval(FACTS, case_id)
    return found
