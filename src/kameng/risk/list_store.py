"""SQL of lists and of what sites weigh otherwise. Private to this package."""

from datetime import datetime, timedelta

import asyncpg

from kameng.kernel.database import Connection, Transaction

LEAVE = "UPDATE risk_lists SET removed_at = $2, removed_by = $3 WHERE subject = $1 AND removed_at IS NULL"

PUT = """
INSERT INTO risk_lists (list, subject_kind, subject, label, reason, listed_by, listed_at, until)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (subject) WHERE removed_at IS NULL DO NOTHING
RETURNING id
"""

REMOVE = """
UPDATE risk_lists SET removed_at = $2, removed_by = $3 WHERE id = $1 AND removed_at IS NULL RETURNING id
"""

ENTRIES = """
SELECT id, list, subject_kind, label, reason, listed_by, listed_at, until FROM risk_lists
WHERE removed_at IS NULL AND (until IS NULL OR until > $1) ORDER BY listed_at DESC, id DESC LIMIT $2
"""

SAVE_WEIGHT = """
INSERT INTO risk_weights (site_id, rule, mark, points, times_max) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (site_id, rule) DO UPDATE
SET mark = excluded.mark, points = excluded.points, times_max = excluded.times_max
"""

DROP_WEIGHT = "DELETE FROM risk_weights WHERE site_id = $1 AND rule = $2"

SAVE_THRESHOLDS = """
INSERT INTO risk_thresholds (site_id, middle, high, decide_within) VALUES ($1, $2, $3, $4)
ON CONFLICT (site_id) DO UPDATE
SET middle = excluded.middle, high = excluded.high, decide_within = excluded.decide_within
"""

DROP_THRESHOLDS = "DELETE FROM risk_thresholds WHERE site_id = $1"

CARD = """
SELECT (SELECT coalesce(jsonb_agg(jsonb_build_array(rule, mark, points, times_max) ORDER BY site_id), '[]')
        FROM risk_weights WHERE site_id IN (0, $1)) AS weights,
       (SELECT jsonb_build_array(middle, high, extract(epoch FROM decide_within)::integer)
        FROM risk_thresholds WHERE site_id IN (0, $1) ORDER BY site_id DESC LIMIT 1) AS thresholds
"""


async def put(  # noqa: PLR0913 - a row
    tx: Transaction,
    *,
    on: str,
    kind: str,
    subject: bytes,
    label: str,
    reason: str,
    staff_id: int | None,
    until: datetime | None,
) -> int | None:
    """None when somebody else put the subject on a list at this very moment."""
    await tx.connection.execute(LEAVE, subject, tx.now, staff_id)
    entry_id: int | None = await tx.connection.fetchval(PUT, on, kind, subject, label, reason, staff_id, tx.now, until)
    return entry_id


async def remove(tx: Transaction, entry_id: int, staff_id: int | None) -> bool:
    return await tx.connection.fetchval(REMOVE, entry_id, tx.now, staff_id) is not None


async def entries(connection: Connection, now: datetime, *, at_most: int) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(ENTRIES, now, at_most)
    return rows


async def save_weight(tx: Transaction, site_id: int, rule: str, numbers: tuple[int, int, int]) -> None:
    """`numbers`: mark, points, times_max."""
    await tx.connection.execute(SAVE_WEIGHT, site_id, rule, *numbers)


async def drop_weight(tx: Transaction, site_id: int, rule: str) -> None:
    await tx.connection.execute(DROP_WEIGHT, site_id, rule)


async def save_thresholds(tx: Transaction, site_id: int, middle: int, high: int, decide_within: timedelta) -> None:
    await tx.connection.execute(SAVE_THRESHOLDS, site_id, middle, high, decide_within)


async def drop_thresholds(tx: Transaction, site_id: int) -> None:
    await tx.connection.execute(DROP_THRESHOLDS, site_id)


async def card(connection: Connection, site_id: int) -> asyncpg.Record:
    row = await connection.fetchrow(CARD, site_id)
    assert row is not None, "a SELECT without FROM is one row"
    return row
