"""SQL of the rules by which codes are bought ahead. Private to this package."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import asyncpg

from kameng.kernel.database import Connection, Transaction
from kameng.supply.store import changed

SAVE = """
INSERT INTO restock_rules (sku_id, level_min, level_max, budget_fen, enabled, look_at)
SELECT s.id, $2, $3, $4, $5, $6 FROM skus s JOIN products p ON p.id = s.product_id
WHERE s.id = $1 AND p.delivers = 'codes'
ON CONFLICT (sku_id) DO UPDATE SET level_min = excluded.level_min, level_max = excluded.level_max,
    budget_fen = excluded.budget_fen, enabled = excluded.enabled, look_at = excluded.look_at
"""

DROP = "DELETE FROM restock_rules WHERE sku_id = $1"

CLAIM = """
UPDATE restock_rules SET look_at = $1::timestamptz + $2::interval
WHERE sku_id = ANY (ARRAY(
    SELECT sku_id FROM restock_rules WHERE look_at <= $1 AND enabled ORDER BY look_at LIMIT $3 FOR UPDATE SKIP LOCKED))
RETURNING sku_id, level_min, level_max, budget_fen, enabled
"""

NOTE = "UPDATE restock_rules SET outcome = $2, look_at = $3::timestamptz + $4::interval WHERE sku_id = $1"

LISTED = """
SELECT r.sku_id, r.level_min, r.level_max, r.budget_fen, r.enabled, r.outcome, p.name AS product_name, s.face_value
FROM restock_rules r JOIN skus s ON s.id = r.sku_id JOIN products p ON p.id = s.product_id ORDER BY r.sku_id
"""


async def save(tx: Transaction, sku_id: int, levels: tuple[int, int], *, budget_fen: int, enabled: bool) -> bool:
    """False when there is no such sku, or it tops accounts up."""
    return changed(await tx.connection.execute(SAVE, sku_id, *levels, budget_fen, enabled, tx.now)) == 1


async def drop(tx: Transaction, sku_id: int) -> bool:
    return changed(await tx.connection.execute(DROP, sku_id)) == 1


async def claim(tx: Transaction, *, again_after: timedelta, at_most: int) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await tx.connection.fetch(CLAIM, tx.now, again_after, at_most)
    return rows


async def note(tx: Transaction, sku_id: int, outcome: Mapping[str, Any], *, again_after: timedelta) -> None:
    await tx.connection.execute(NOTE, sku_id, dict(outcome), tx.now, again_after)


async def listed(connection: Connection) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(LISTED)
    return rows
