"""SQL of risk. Private to this package."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg

from kameng.kernel.database import Connection, Transaction

SPEND = """
INSERT INTO guard_budgets (subject, window_from, failures)
SELECT subject, window_from, 1 FROM unnest($1::text[], $2::timestamptz[]) AS spent (subject, window_from)
ORDER BY subject
ON CONFLICT (subject, window_from) DO UPDATE SET failures = guard_budgets.failures + 1
RETURNING subject, failures
"""

FORGET_BUDGETS = "DELETE FROM guard_budgets WHERE window_from < $1"

SPEND_PROOF = "INSERT INTO spent_proofs (digest, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING"

FORGET_PROOFS = "DELETE FROM spent_proofs WHERE expires_at < $1"

RAISE_ALARM = """
INSERT INTO alarms (kind, subject, facts, first_at, last_at) VALUES ($1, $2, $3, $4, $4)
ON CONFLICT (kind, subject) WHERE seen_at IS NULL
DO UPDATE SET times = alarms.times + 1, last_at = excluded.last_at, facts = excluded.facts
"""

LIST_ALARMS = """
SELECT id, kind, subject, facts, times, first_at, last_at, seen_by, seen_at
FROM alarms WHERE ($1 OR seen_at IS NULL) ORDER BY seen_at IS NOT NULL, last_at DESC LIMIT $2
"""

MARK_SEEN = "UPDATE alarms SET seen_by = $2, seen_at = $3 WHERE id = $1 AND seen_at IS NULL RETURNING kind, subject"


async def spend(connection: Connection, budgets: Sequence[tuple[str, datetime]]) -> dict[str, int]:
    rows = await connection.fetch(SPEND, [subject for subject, _ in budgets], [window for _, window in budgets])
    return {row["subject"]: row["failures"] for row in rows}


async def spend_proof(connection: Connection, digest: bytes, expires_at: datetime) -> bool:
    """False when the proof was spent before."""
    written: str = await connection.execute(SPEND_PROOF, digest, expires_at)
    return written == "INSERT 0 1"


async def forget(tx: Transaction, *, budgets_before: datetime) -> None:
    await tx.connection.execute(FORGET_BUDGETS, budgets_before)
    await tx.connection.execute(FORGET_PROOFS, tx.now)


async def raise_alarm(tx: Transaction, kind: str, subject: str, facts: dict[str, object]) -> None:
    await tx.connection.execute(RAISE_ALARM, kind, subject, facts, tx.now)


async def list_alarms(connection: Connection, *, with_seen: bool, at_most: int) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(LIST_ALARMS, with_seen, at_most)
    return rows


async def mark_seen(tx: Transaction, alarm_id: int, staff_id: int) -> asyncpg.Record | None:
    return await tx.connection.fetchrow(MARK_SEEN, alarm_id, staff_id, tx.now)
