"""Something that stands too long, and somebody on a list, as rows: for doors that only have to lead somewhere."""

from kameng.kernel.database import Database
from kameng.orders.number import OrderId

_STUCK = """
INSERT INTO stuck (thing, thing_id, order_id, state, visit, since, found_at, role, promise_at)
SELECT 'order', o.id, o.id, o.state, max(e.id), $2, $2, 'finance', $2
FROM orders o JOIN order_events e ON e.order_id = o.id WHERE o.id = $1 GROUP BY o.id RETURNING id
"""
_LISTED = """
INSERT INTO risk_lists (list, subject_kind, subject, label, reason, listed_at)
VALUES ('watch', 'address', 'somebody', '8.8.*.*', '试', $1) RETURNING id
"""


async def things_of_attention(db: Database, order_id: OrderId) -> dict[str, object]:
    """`{stuck}`: this order stands still; `{entry}`: of a list."""
    now = db.clock.now()
    return {
        "stuck": await db.pool.fetchval(_STUCK, order_id, now),
        "entry": await db.pool.fetchval(_LISTED, now),
    }
