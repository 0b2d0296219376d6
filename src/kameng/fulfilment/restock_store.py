"""SQL of what was bought for our own vault. Private to this package."""

from datetime import datetime

from kameng.kernel.database import Transaction

IS_UNDER_WAY = """
SELECT EXISTS (SELECT FROM deliveries WHERE sku_id = $1 AND order_id IS NULL AND state IN ('open', 'stuck'))
"""

# What a supplier has not told counts with the most it was allowed to take, unless nothing came of it. A delivery may be
# open for a while before it is asked for: those of two days before are looked at too.
SPENT = """
SELECT coalesce(sum(coalesce(a.cost_fen, CASE WHEN a.state IN ('failed', 'refused') THEN 0 ELSE a.cost_max_fen END)
                    - coalesce(a.refund_fen, 0)), 0)::bigint
FROM deliveries d JOIN delivery_attempts a ON a.delivery_id = d.id
WHERE d.sku_id = $1 AND d.order_id IS NULL AND d.opened_at >= $2::timestamptz - interval '2 days'
  AND a.called_at >= $2
"""


async def is_under_way(tx: Transaction, sku_id: int) -> bool:
    under_way: bool = await tx.connection.fetchval(IS_UNDER_WAY, sku_id)
    return under_way


async def spent(tx: Transaction, sku_id: int, *, since: datetime) -> int:
    """In fen, refunds taken off."""
    fen: int = await tx.connection.fetchval(SPENT, sku_id, since)
    return fen
