"""SQL of the routes as people keep them. Private to this package; choosing between them is in `routing_store`."""

from collections.abc import Sequence
from typing import Any

import asyncpg

from kameng.kernel.database import Connection, Transaction
from kameng.supply.store import changed

_IS_DRIFTED = "g.price_fen * 100 > r.agreed_price_fen * (100 + r.drift_max_percent)"
_IS_LOSS = "g.price_fen > coalesce(r.cost_max_fen, s.price_fen * r.face_fen / s.face_fen, s.price_fen)"

# A route that a person stopped stays as it is.
FOLLOW_PRICES = f"""
WITH judged AS (
    SELECT r.id, g.price_fen, u.code AS supplier_code,
           CASE WHEN {_IS_LOSS} THEN 'above_loss_guard' WHEN {_IS_DRIFTED} THEN 'price_drift' END AS why
    FROM routes r JOIN skus s ON s.id = r.sku_id
    JOIN suppliers u ON u.id = r.supplier_id
    JOIN supplier_goods g ON g.supplier_id = r.supplier_id AND g.number = r.goods
    WHERE r.supplier_id = $1 AND r.enabled
)
UPDATE routes r SET stopped_because = judged.why FROM judged
WHERE r.id = judged.id AND (r.stopped_because IS NULL) = (judged.why IS NOT NULL)
  AND (r.stopped_because IS NULL OR r.stopped_because IN ('price_drift', 'above_loss_guard'))
RETURNING r.id, r.sku_id, r.goods, r.agreed_price_fen, r.stopped_because, judged.price_fen, judged.supplier_code
"""  # noqa: S608 - constants

FIT = """
SELECT s.price_fen, s.face_fen, p.delivers, u.id AS supplier_id, g.kind AS goods_kind, g.price_fen AS goods_price_fen,
       g.face_fen AS goods_face_fen
FROM (SELECT) AS one
LEFT JOIN skus s ON s.id = $1 LEFT JOIN products p ON p.id = s.product_id
LEFT JOIN suppliers u ON u.code = $2
LEFT JOIN supplier_goods g ON g.supplier_id = u.id AND g.number = $3
"""

# The agreed price is agreed once, or again on purpose.
SAVE = """
INSERT INTO routes (sku_id, supplier_id, goods, face_fen, priority, weight, cost_max_fen, again, open_from, open_to,
                    operators, field_names, drift_max_percent, enabled, agreed_price_fen)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
ON CONFLICT (sku_id, supplier_id, goods) DO UPDATE SET face_fen = excluded.face_fen, priority = excluded.priority,
    weight = excluded.weight, cost_max_fen = excluded.cost_max_fen, again = excluded.again,
    open_from = excluded.open_from, open_to = excluded.open_to, operators = excluded.operators,
    field_names = excluded.field_names, drift_max_percent = excluded.drift_max_percent, enabled = excluded.enabled,
    agreed_price_fen = CASE WHEN $16 THEN excluded.agreed_price_fen ELSE routes.agreed_price_fen END
RETURNING id
"""

STOP = "UPDATE routes SET stopped_because = $2 WHERE id = $1"

GO_ON = "UPDATE routes SET stopped_because = NULL WHERE id = $1"

LOCK = f"""
SELECT r.id, r.supplier_id, r.stopped_because, r.agreed_price_fen, g.price_fen AS price_now_fen,
       coalesce(r.cost_max_fen, s.price_fen * r.face_fen / s.face_fen, s.price_fen) AS cost_max_fen,
       coalesce({_IS_LOSS}, false) AS is_loss
FROM routes r JOIN skus s ON s.id = r.sku_id
LEFT JOIN supplier_goods g ON g.supplier_id = r.supplier_id AND g.number = r.goods
WHERE r.id = $1 FOR UPDATE OF r
"""  # noqa: S608 - constants

AGREE = """
UPDATE routes SET agreed_price_fen = $2, cost_max_fen = coalesce($3, cost_max_fen), stopped_because = NULL WHERE id = $1
"""

LISTED = """
SELECT r.id, r.sku_id, r.supplier_id, u.code AS supplier_code, r.goods, r.face_fen, r.priority, r.weight,
       r.cost_max_fen, r.again, r.open_from, r.open_to, r.operators, r.field_names, r.enabled, r.stopped_because,
       r.agreed_price_fen, r.drift_max_percent, p.name AS product_name, s.face_value, s.price_fen AS sells_fen,
       u.name AS supplier_name, u.enabled AS supplier_enabled, g.name AS goods_name, g.price_fen AS price_now_fen,
       g.stock, coalesce(g.on_sale, false) AS on_sale, greatest(g.seen_at, u.synced_at) AS seen_at
FROM routes r JOIN skus s ON s.id = r.sku_id JOIN products p ON p.id = s.product_id
JOIN suppliers u ON u.id = r.supplier_id
LEFT JOIN supplier_goods g ON g.supplier_id = r.supplier_id AND g.number = r.goods
WHERE ($1::integer IS NULL OR r.sku_id = $1) AND ($2::text IS NULL OR u.code = $2)
  AND (NOT $3 OR r.stopped_because IS NOT NULL) AND r.id > $4
ORDER BY r.id LIMIT $5
"""


async def follow_prices(tx: Transaction, supplier_id: int) -> list[asyncpg.Record]:
    """The routes that stopped, and (stopped_because None) those that go on."""
    rows: list[asyncpg.Record] = await tx.connection.fetch(FOLLOW_PRICES, supplier_id)
    return rows


async def fit(tx: Transaction, sku_id: int, supplier_code: str, goods: str) -> dict[str, Any]:
    """Sku, supplier and goods of a route to be; each part None that isn't there."""
    row = await tx.connection.fetchrow(FIT, sku_id, supplier_code, goods)
    assert row is not None
    return dict(row)


async def save(tx: Transaction, values: Sequence[Any], *, agree_anew: bool) -> int:
    route_id: int = await tx.connection.fetchval(SAVE, *values, agree_anew)
    return route_id


async def stop(tx: Transaction, route_id: int, because: str) -> bool:
    return changed(await tx.connection.execute(STOP, route_id, because)) == 1


async def go_on(tx: Transaction, route_id: int) -> None:
    await tx.connection.execute(GO_ON, route_id)


async def lock(tx: Transaction, route_id: int) -> asyncpg.Record | None:
    return await tx.connection.fetchrow(LOCK, route_id)


async def agree(tx: Transaction, route_id: int, *, price_fen: int, cost_max_fen: int | None) -> None:
    await tx.connection.execute(AGREE, route_id, price_fen, cost_max_fen)


async def listed(
    connection: Connection, *, sku_id: int | None, supplier_code: str | None, stopped_only: bool, after: int,
    at_most: int,
) -> list[asyncpg.Record]:  # fmt: skip
    rows: list[asyncpg.Record] = await connection.fetch(LISTED, sku_id, supplier_code, stopped_only, after, at_most)
    return rows
