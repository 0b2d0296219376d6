"""SQL of what is done about cases: their own rows, and how far what they point at is. Private to this package."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg

from kameng.kernel.database import Connection, Transaction

BEGIN = """
INSERT INTO case_remedies (case_id, request_id, resubmission_id, stage, began_at)
VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING id
"""

# What waits for staff themselves is in nobody's way.
UNDER_WAY = """
SELECT EXISTS (SELECT FROM case_remedies WHERE case_id = $1 AND ended_at IS NULL AND stage <> 'with_staff')
"""

OF_CASE = """
SELECT m.id, m.case_id, m.stage, coalesce(m.request_id, m.resubmission_id) AS reference,
       m.request_id IS NOT NULL AS is_refund, q.amount_fen, m.began_at, m.ended_at
FROM case_remedies m LEFT JOIN refund_requests q ON q.id = m.request_id
WHERE m.case_id = $1 ORDER BY m.id
"""

# How far they are by now. All of an order's money that goes back is sent without the request's number.
MOVED = """
SELECT m.id, m.case_id, m.request_id IS NOT NULL AS is_refund, s.stage FROM case_remedies m
LEFT JOIN refund_requests q ON q.id = m.request_id
LEFT JOIN resubmissions r ON r.id = m.resubmission_id
LEFT JOIN LATERAL (
    SELECT count(*) AS refunds, bool_and(f.state = 'done') AS is_done,
           bool_or(f.state IN ('refused', 'in_doubt') AND f.try_at IS NULL) AS is_stuck
    FROM refunds f
    WHERE f.order_id = q.order_id AND q.state IN ('approved', 'overtaken')
      AND (f.request_id = q.id OR (f.request_id IS NULL AND f.requested_at >= q.asked_at
           AND f.cause NOT IN ('paid_twice', 'paid_too_much', 'paid_too_little')))) back ON true
CROSS JOIN LATERAL (
    SELECT CASE WHEN r.id IS NOT NULL THEN r.state
                WHEN q.state IN ('waiting', 'agreed_once', 'declined', 'lapsed') THEN q.state
                WHEN back.refunds = 0 THEN 'declined'
                WHEN back.is_done THEN 'done'
                WHEN back.is_stuck THEN 'stuck'
                ELSE 'sending' END AS stage) s
WHERE m.ended_at IS NULL AND s.stage <> m.stage ORDER BY m.id LIMIT $1
"""

LOCK = "SELECT stage FROM case_remedies WHERE id = $1 AND ended_at IS NULL FOR UPDATE"

SET_STAGE = "UPDATE case_remedies SET stage = $2, ended_at = $3 WHERE id = $1"

# Left to a person, and no case knows of them yet.
LEFT_TO_STAFF = """
SELECT r.id, r.order_id, r.kind FROM resubmissions r
WHERE r.state = 'with_staff' AND NOT EXISTS (SELECT FROM case_remedies m WHERE m.resubmission_id = r.id)
  AND NOT EXISTS (SELECT FROM merchant_orders o WHERE o.order_id = r.order_id)
ORDER BY r.id LIMIT $1
"""

IS_LEFT_TO_STAFF = "SELECT EXISTS (SELECT FROM resubmissions WHERE id = $1 AND state = 'with_staff')"

# What suppliers have said at last about orders with a case, and nobody was told in it.
SUPPLIER_SAID = """
SELECT c.id, a.number, a.state, a.settled_at FROM cases c
JOIN LATERAL (
    SELECT number, state, settled_at FROM delivery_attempts WHERE order_id = c.order_id AND settled_at IS NOT NULL
    ORDER BY settled_at DESC LIMIT 1) a ON true
WHERE c.state <> 'closed' AND a.settled_at > coalesce(c.supplier_heard_at, c.opened_at)
ORDER BY c.due_at, c.id LIMIT $1
"""

SUPPLIER_HEARD = """
UPDATE cases SET supplier_heard_at = $2, follow_up_at = coalesce(follow_up_at, $3)
WHERE id = $1 AND (supplier_heard_at IS NULL OR supplier_heard_at < $2)
"""


async def begin(
    tx: Transaction, case_id: int, *, request_id: int | None, resubmission_id: int | None, stage: str
) -> bool:
    """False when it is followed already."""
    remedy_id = await tx.connection.fetchval(BEGIN, case_id, request_id, resubmission_id, stage, tx.now)
    return remedy_id is not None


async def is_one_under_way(connection: Connection, case_id: int) -> bool:
    is_one: bool = await connection.fetchval(UNDER_WAY, case_id)
    return is_one


async def of_case(connection: Connection, case_id: int) -> Sequence[asyncpg.Record]:
    rows: Sequence[asyncpg.Record] = await connection.fetch(OF_CASE, case_id)
    return rows


async def moved(connection: Connection, *, at_most: int) -> Sequence[asyncpg.Record]:
    rows: Sequence[asyncpg.Record] = await connection.fetch(MOVED, at_most)
    return rows


async def lock(tx: Transaction, remedy_id: int) -> str | None:
    """Its stage, held; None when it has ended."""
    stage: str | None = await tx.connection.fetchval(LOCK, remedy_id)
    return stage


async def set_stage(tx: Transaction, remedy_id: int, stage: str, *, is_ended: bool) -> None:
    await tx.connection.execute(SET_STAGE, remedy_id, stage, tx.now if is_ended else None)


async def left_to_staff(connection: Connection, *, at_most: int) -> Sequence[asyncpg.Record]:
    rows: Sequence[asyncpg.Record] = await connection.fetch(LEFT_TO_STAFF, at_most)
    return rows


async def is_left_to_staff(tx: Transaction, resubmission_id: int) -> bool:
    is_left: bool = await tx.connection.fetchval(IS_LEFT_TO_STAFF, resubmission_id)
    return is_left


async def supplier_said(connection: Connection, *, at_most: int) -> Sequence[asyncpg.Record]:
    rows: Sequence[asyncpg.Record] = await connection.fetch(SUPPLIER_SAID, at_most)
    return rows


async def supplier_heard(tx: Transaction, case_id: int, at: datetime) -> bool:
    """False when somebody else has told of it."""
    written: str = await tx.connection.execute(SUPPLIER_HEARD, case_id, at, tx.now)
    return written == "UPDATE 1"
