"""SELECTs for what the public may know of all lines. Private to this package."""

from datetime import date

import asyncpg

from kameng.kernel.database import Connection

# What suppliers fill, and who could fill it now.
LINES = """
SELECT t.name AS type_name, p.id AS product_id, p.slug, p.name AS product_name,
       p.form @> '[{"kind": "phone"}]' AS by_operator,
       coalesce(array_agg(DISTINCT r.supplier_id) FILTER (
           WHERE r.enabled AND s.enabled AND r.stopped_because IS NULL), '{}') AS supplier_ids
FROM products p JOIN product_types t ON t.id = p.type_id
JOIN skus k ON k.product_id = p.id AND k.filled_by = 'supplier' AND k.on_sale
LEFT JOIN routes r ON r.sku_id = k.id LEFT JOIN suppliers s ON s.id = r.supplier_id
WHERE p.on_sale
GROUP BY t.position, t.id, p.id
ORDER BY t.position, t.name, p.popularity DESC, p.name
"""

DAYS = "SELECT day, product_id, delivered, median_s FROM arrival_days WHERE day >= $1 ORDER BY day"


async def lines(connection: Connection) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(LINES)
    return rows


async def days(connection: Connection, since: date) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(DAYS, since)
    return rows
