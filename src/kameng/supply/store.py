"""SQL of suppliers and routes. Private to this package."""

from typing import Any

import asyncpg

from kameng.kernel.database import Connection, Transaction

SUPPLIERS = """
SELECT id, code, name, protocol, config_sealed, enabled, position, calls_at_once FROM suppliers ORDER BY position, id
"""

SAVE_SUPPLIER = """
INSERT INTO suppliers (code, name, protocol, config_sealed, enabled, position, calls_at_once, balance_low_fen, sync_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (code) DO UPDATE SET name = excluded.name, protocol = excluded.protocol,
    config_sealed = excluded.config_sealed, enabled = excluded.enabled, position = excluded.position,
    calls_at_once = excluded.calls_at_once, balance_low_fen = excluded.balance_low_fen, sync_at = excluded.sync_at
RETURNING id
"""

SWITCH_SUPPLIER = """
UPDATE suppliers SET enabled = $2, sync_at = CASE WHEN $2 THEN $3::timestamptz ELSE sync_at END WHERE code = $1
"""

READ_SOON = "UPDATE suppliers SET sync_at = $2 WHERE code = $1"

LISTED = """
SELECT u.id, u.code, u.name, u.protocol, u.enabled, u.position, u.calls_at_once, u.balance_fen, u.balance_at,
       u.balance_low_fen, u.synced_at, u.sync_failures, u.sync_report AS report,
       (SELECT count(*) FROM supplier_goods g WHERE g.supplier_id = u.id AND g.on_sale) AS goods
FROM suppliers u ORDER BY u.position, u.id
"""


async def suppliers(connection: Connection) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(SUPPLIERS)
    return rows


async def listed(connection: Connection) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(LISTED)
    return rows


async def save_supplier(tx: Transaction, values: tuple[Any, ...]) -> int:
    supplier_id: int = await tx.connection.fetchval(SAVE_SUPPLIER, *values, tx.now)
    return supplier_id


async def switch_supplier(tx: Transaction, code: str, *, enabled: bool) -> bool:
    return changed(await tx.connection.execute(SWITCH_SUPPLIER, code, enabled, tx.now)) == 1


async def read_soon(tx: Transaction, code: str) -> bool:
    return changed(await tx.connection.execute(READ_SOON, code, tx.now)) == 1


def changed(status: str) -> int:
    """How many rows a command says it changed."""
    return int(status.rpartition(" ")[2])
