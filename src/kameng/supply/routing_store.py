"""SQL of choosing a route. Private to this package."""

from datetime import datetime

import asyncpg

from kameng.kernel.database import Connection, Transaction

# A trouble touches an order when every part of it that is named is the order's.
CANDIDATES = """
SELECT r.id, r.sku_id, r.supplier_id, s.code AS supplier_code, r.goods, r.face_fen, r.priority, r.weight,
       r.cost_max_fen, r.again, r.open_from, r.open_to, r.operators, r.field_names, r.enabled AND s.enabled AS enabled,
       r.stopped_because, g.number IS NOT NULL AS known, g.price_fen, g.stock, coalesce(g.on_sale, true) AS on_sale,
       coalesce(g.quantity_min, 1) AS quantity_min, g.quantity_max,
       coalesce((SELECT jsonb_agg(jsonb_build_array(t.id, t.kind, t.probe_at <= $4::timestamptz) ORDER BY t.id)
                 FROM troubles t
                 WHERE t.supplier_id = r.supplier_id AND t.closed_at IS NULL
                   AND t.operator IN ('', $2::text) AND t.province IN ('', $3::text)), '[]') AS troubles
FROM routes r JOIN suppliers s ON s.id = r.supplier_id
LEFT JOIN supplier_goods g ON g.supplier_id = r.supplier_id AND g.number = r.goods
WHERE r.sku_id = $1 ORDER BY r.priority, r.id
"""

# One order in a while goes to see whether a trouble is over; whoever is second goes on without waiting for the first.
CLAIM_PROBE = """
UPDATE troubles SET probe_at = $2::timestamptz + interval '1 minute'
WHERE id = (SELECT id FROM troubles WHERE id = $1 AND closed_at IS NULL AND probe_at <= $2 FOR UPDATE SKIP LOCKED)
"""


async def candidates(
    connection: Connection, sku_id: int, *, operator: str | None, province: str | None, now: datetime
) -> list[asyncpg.Record]:
    return await connection.fetch(CANDIDATES, sku_id, operator or "", province or "", now)


async def claim_probe(tx: Transaction, trouble_id: int) -> bool:
    written: str = await tx.connection.execute(CLAIM_PROBE, trouble_id, tx.now)
    return written == "UPDATE 1"


# The next catalogue brings the true number; until then nobody is promised what was just bought.
TAKE_FROM_STOCK = """
UPDATE supplier_goods SET stock = greatest(0, stock - $3)
WHERE supplier_id = $1 AND number = $2 AND stock IS NOT NULL
"""


async def take_from_stock(tx: Transaction, supplier_id: int, goods: str, quantity: int) -> None:
    await tx.connection.execute(TAKE_FROM_STOCK, supplier_id, goods, quantity)
