"""SQL of what is kept of an order when a case about it is opened: reads across packages. Private to this package."""

from typing import Any

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
    coalesce((SELECT jsonb_agg(jsonb_build_array(g.name, p.state, p.amount_fen, p.started_at, p.confirmed_at)
                               ORDER BY p.id)
              FROM payment_attempt_orders l JOIN payment_attempts p ON p.id = l.attempt_id
              JOIN gateways g ON g.id = p.gateway_id WHERE l.order_id = o.id), '[]') AS payments
FROM orders o JOIN sku_versions v ON v.id = o.sku_version_id WHERE o.id = $1
"""

# All of the money goes back, or is back.
WHOLE_REFUND = """
SELECT min(r.id) FROM orders o JOIN refunds r ON r.order_id = o.id
WHERE o.id = $1 AND o.state IN ('refunding', 'refunded') AND r.cause NOT IN ('paid_twice', 'paid_too_much')
"""

FACTS = "SELECT facts FROM cases WHERE id = $1"


async def snapshot(tx: Transaction, order_id: int, *, at_most: int) -> dict[str, Any]:
    row = await tx.connection.fetchrow(SNAPSHOT, order_id, at_most)
    assert row is not None, "the caller holds the order"
    return dict(row)


async def whole_refund(connection: Connection, order_id: int) -> int | None:
    """The number of the first refund of an order whose money goes back."""
    refund_id: int | None = await connection.fetchval(WHOLE_REFUND, order_id)
    return refund_id


async def facts(connection: Connection, case_id: int) -> dict[str, Any] | None:
    found: dict[str, Any] | None = await connection.fetchval(FACTS, case_id)
    return found
