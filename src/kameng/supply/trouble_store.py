"""SQL of troubles. Private to this package."""

from datetime import datetime
from typing import Any

import asyncpg

from kameng.kernel.database import Connection, Transaction

_TROUBLE = """id, supplier_id, operator, province, kind, opened_at, expected_until, probe_at, closed_at, probes_through,
    probes_failed, opened_by, evidence"""

OPEN_TROUBLE = """
INSERT INTO troubles (supplier_id, operator, province, kind, opened_at, expected_until, probe_at, evidence, opened_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (supplier_id, operator, province) WHERE closed_at IS NULL DO NOTHING RETURNING id
"""

CLOSE_TROUBLE = "UPDATE troubles SET closed_at = $2, closed_by = $3 WHERE id = $1 AND closed_at IS NULL"

NOTE_PROBE = """
UPDATE troubles SET probe_at = $2, probes_through = $3, probes_failed = $4 WHERE id = $1 AND closed_at IS NULL
"""

SET_KIND = """
UPDATE troubles SET kind = $2, probes_through = 0, evidence = evidence - 'sign' WHERE id = $1 AND closed_at IS NULL
"""

EXPECT_UNTIL = "UPDATE troubles SET expected_until = $2 WHERE id = $1 AND closed_at IS NULL"

OPEN_TROUBLES = f"SELECT {_TROUBLE} FROM troubles WHERE closed_at IS NULL ORDER BY id"  # noqa: S608 - a constant

OVERDUE_TROUBLES = f"""
SELECT {_TROUBLE} FROM troubles WHERE closed_at IS NULL AND expected_until <= $1 ORDER BY id FOR UPDATE SKIP LOCKED
"""  # noqa: S608 - a constant

# Troubles that lasted for weeks are not learned from and not shown as history once they are closed for long.
TROUBLE_HISTORY = f"""
SELECT {_TROUBLE} FROM troubles
WHERE closed_at IS NULL OR (opened_at >= $1::timestamptz - interval '30 days' AND closed_at >= $1)
ORDER BY opened_at DESC LIMIT 2000
"""  # noqa: S608 - a constant

PAST_LENGTHS = """
SELECT closed_at - opened_at AS lasted,
       CASE WHEN supplier_id = $2 AND operator = $3 THEN 0 WHEN supplier_id = $2 THEN 1
            WHEN operator = $3 AND operator <> '' THEN 2 ELSE 3 END AS closeness
FROM troubles WHERE opened_at >= $4 AND closed_at IS NOT NULL AND kind = $1
ORDER BY opened_at DESC LIMIT 500
"""


async def open_trouble(tx: Transaction, values: tuple[Any, ...]) -> int | None:
    trouble_id: int | None = await tx.connection.fetchval(OPEN_TROUBLE, *values)
    return trouble_id


async def close_trouble(tx: Transaction, trouble_id: int, *, closed_by: str) -> bool:
    written: str = await tx.connection.execute(CLOSE_TROUBLE, trouble_id, tx.now, closed_by)
    return written == "UPDATE 1"


async def note_probe(tx: Transaction, trouble_id: int, *, probe_at: datetime, through: int, failed: int) -> None:
    await tx.connection.execute(NOTE_PROBE, trouble_id, probe_at, through, failed)


async def set_kind(tx: Transaction, trouble_id: int, kind: str) -> None:
    await tx.connection.execute(SET_KIND, trouble_id, kind)


async def expect_until(tx: Transaction, trouble_id: int, until: datetime) -> None:
    await tx.connection.execute(EXPECT_UNTIL, trouble_id, until)


async def open_troubles(connection: Connection) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(OPEN_TROUBLES)
    return rows


async def overdue_troubles(tx: Transaction) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await tx.connection.fetch(OVERDUE_TROUBLES, tx.now)
    return rows


async def trouble_history(connection: Connection, *, since: datetime) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(TROUBLE_HISTORY, since)
    return rows


async def past_lengths(
    tx: Transaction, kind: str, *, supplier_id: int, operator: str, since: datetime
) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await tx.connection.fetch(PAST_LENGTHS, kind, supplier_id, operator, since)
    return rows
