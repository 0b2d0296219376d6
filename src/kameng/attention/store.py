"""SQL of what stands too long. Private to this package."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import asyncpg

from kameng.kernel.database import Connection, Transaction

Key = tuple[str, str, str]

BOUNDS_SET = "SELECT thing, state, event, bound, at_most FROM state_bounds"

SAVE_BOUND = """
INSERT INTO state_bounds (thing, state, event, bound, at_most, set_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (thing, state, event) DO UPDATE
SET bound = excluded.bound, at_most = excluded.at_most, set_at = excluded.set_at
"""

DROP_BOUND = "DELETE FROM state_bounds WHERE thing = $1 AND state = $2 AND event = $3"

# By these an order that stays where it is begins to wait for somebody else.
_TURNS = "('held_for_review', 'proof_asked', 'correction_asked')"
_BEGINS = f"(e.from_state IS DISTINCT FROM e.to_state OR e.event IN {_TURNS})"

_NOT_FOUND_YET = "NOT EXISTS (SELECT FROM stuck s WHERE s.order_id = {order_id} AND s.ended_at IS NULL)"

# Nobody has been in a state for longer than there is an order: that leaves few whose stories have to be read.
FIND_ORDERS = f"""
WITH bounds AS MATERIALIZED (
    SELECT * FROM unnest($2::text[], $3::text[], $4::interval[], $5::interval[], $6::interval[])
        AS b (state, event, at_least, bound, at_most)
), standing AS (
    SELECT o.id, o.state, o.pay_until FROM orders o
    WHERE o.state IN ('paid', 'under_review', 'delivering', 'exception', 'resubmitting', 'refunding')
      AND o.placed_at <= $1::timestamptz - (SELECT min(b.at_least) FROM bounds b WHERE b.state = o.state)
    UNION ALL
    SELECT o.id, o.state, o.pay_until FROM orders o
    WHERE o.state = 'awaiting_payment'
      AND o.pay_until <= $1 - (SELECT min(b.bound) FROM bounds b WHERE b.state = 'awaiting_payment')
)
SELECT o.id AS order_id, o.state, visit.id AS visit, begun.since, visit.event
FROM standing o
CROSS JOIN LATERAL (
    SELECT e.id, e.event, e.at, e.facts FROM order_events e
    WHERE e.order_id = o.id AND {_BEGINS} ORDER BY e.id DESC LIMIT 1) visit
CROSS JOIN LATERAL (
    SELECT CASE WHEN o.state = 'awaiting_payment' THEN o.pay_until
                WHEN visit.event = 'proof_asked' THEN coalesce((visit.facts ->> 'decide_by')::timestamptz, visit.at)
                ELSE visit.at END AS since) begun
CROSS JOIN LATERAL (
    SELECT b.at_least, b.bound, b.at_most FROM bounds b
    WHERE b.state = o.state AND b.event IN ('', visit.event) ORDER BY b.event DESC LIMIT 1) b
LEFT JOIN LATERAL (
    SELECT max(w.due_at) AS due_at FROM delivery_attempts a JOIN radar_watched w ON w.attempt_id = a.id
    WHERE a.order_id = o.id AND a.settled_at IS NULL AND b.at_most IS NOT NULL) learned ON true
WHERE $1 > CASE WHEN learned.due_at IS NULL THEN begun.since + b.bound
                ELSE least(begun.since + b.at_most, greatest(begun.since + b.at_least, learned.due_at)) END
  AND {_NOT_FOUND_YET.format(order_id="o.id")}
ORDER BY begun.since LIMIT $7
"""  # noqa: S608 - constants

FIND_OTHERS = f"""
WITH bounds AS MATERIALIZED (
    SELECT * FROM unnest($2::text[], $3::text[], $4::interval[]) AS b (thing, state, bound)
), standing AS (
    SELECT 'resubmission' AS thing, r.id AS thing_id, r.order_id, r.state, 0::bigint AS visit,
           CASE WHEN r.state = 'under_way' THEN coalesce(r.acted_at, r.applied_at) ELSE r.applied_at END AS since
    FROM resubmissions r WHERE r.state IN ('applied', 'waiting', 'asked', 'under_way', 'with_staff')
    UNION ALL
    SELECT 'refund', f.id, f.order_id, f.state, 0, f.requested_at FROM refunds f WHERE f.state <> 'done'
    UNION ALL
    SELECT 'refund_request', q.id, q.order_id, q.state, 0, q.asked_at FROM refund_requests q
    WHERE q.lapse_at IS NOT NULL
    UNION ALL
    SELECT 'case', c.id, c.order_id, c.state, extract(epoch FROM coalesce(c.due_at, c.close_at))::bigint,
           coalesce(c.due_at, c.close_at)
    FROM cases c WHERE c.state <> 'closed'
)
SELECT t.thing, t.thing_id, t.order_id, t.state, t.visit, t.since
FROM standing t JOIN bounds b ON b.thing = t.thing AND b.state = t.state
WHERE t.since < $1::timestamptz - b.bound AND {_NOT_FOUND_YET.format(order_id="t.order_id")}
ORDER BY t.since LIMIT $5
"""  # noqa: S608 - constants

# The stay that an order is in.
VISIT = f"""
SELECT o.state,
    (SELECT e.id FROM order_events e WHERE e.order_id = o.id AND {_BEGINS} ORDER BY e.id DESC LIMIT 1) AS visit
FROM orders o WHERE o.id = $1
"""  # noqa: S608 - constants

RAISE = """
INSERT INTO stuck (thing, thing_id, order_id, state, visit, since, found_at, role, promise_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT DO NOTHING RETURNING id
"""

# What has moved on needs nobody any more. Each is one look at a key: of EXISTS the planner would make a table.
_MOVED = f"""CASE s.thing
    WHEN 'order' THEN (SELECT o.state FROM orders o WHERE o.id = s.thing_id) IS DISTINCT FROM s.state
        OR (SELECT e.id FROM order_events e WHERE e.order_id = s.order_id AND {_BEGINS}
            ORDER BY e.id DESC LIMIT 1) > s.visit
    WHEN 'resubmission' THEN (SELECT r.state FROM resubmissions r WHERE r.id = s.thing_id) IS DISTINCT FROM s.state
    WHEN 'refund' THEN (SELECT f.state FROM refunds f WHERE f.id = s.thing_id) IS DISTINCT FROM s.state
    WHEN 'refund_request' THEN (
        SELECT q.state FROM refund_requests q WHERE q.id = s.thing_id) IS DISTINCT FROM s.state
    ELSE (SELECT (c.state, extract(epoch FROM coalesce(c.due_at, c.close_at))::bigint)
              IS DISTINCT FROM (s.state, s.visit)
          FROM cases c WHERE c.id = s.thing_id) END"""  # noqa: S608 - constants

END_MOVED = f"""
UPDATE stuck s SET ended_at = $1 WHERE s.ended_at IS NULL AND {_MOVED}
"""  # noqa: S608 - constants

LOCK_DUE = """
SELECT s.id, s.thing, s.state, s.order_id, s.since, s.promise_at, s.escalations, s.role, c.owner_id
FROM stuck s LEFT JOIN claims c ON c.queue = 'stuck' AND c.item = s.id
WHERE s.ended_at IS NULL AND s.promise_at <= $1 ORDER BY s.promise_at LIMIT $2 FOR UPDATE OF s SKIP LOCKED
"""

ESCALATE = "UPDATE stuck SET escalations = escalations + 1, role = $2, promise_at = $3 WHERE id = $1"

_LINE = f"""
SELECT s.id, s.thing, s.thing_id, s.order_id, s.state, s.since, s.found_at, s.role, s.taken_at, s.promise_at,
       s.escalations, c.owner_id, m.login AS owner, c.follow_up_at, v.product_name, v.face_value, o.state AS order_state
FROM stuck s JOIN orders o ON o.id = s.order_id JOIN sku_versions v ON v.id = o.sku_version_id
LEFT JOIN claims c ON c.queue = 'stuck' AND c.item = s.id LEFT JOIN staff m ON m.id = c.owner_id
WHERE s.ended_at IS NULL AND NOT {_MOVED}
"""  # noqa: S608 - constants

LIST = f"{_LINE} ORDER BY least(s.promise_at, c.follow_up_at), s.id LIMIT $1"

COUNT = f"SELECT count(*) FROM stuck s WHERE s.ended_at IS NULL AND NOT {_MOVED}"  # noqa: S608 - constants

LOCK = "SELECT id, order_id, thing, state, role, ended_at FROM stuck WHERE id = $1 FOR UPDATE"

STUCK_OF = """
SELECT s.id, s.thing, s.state, s.found_at, c.owner_id FROM stuck s
LEFT JOIN claims c ON c.queue = 'stuck' AND c.item = s.id
WHERE s.order_id = $1 AND s.ended_at IS NULL FOR UPDATE OF s
"""

ORDER_OF = "SELECT order_id FROM stuck WHERE id = $1 AND ended_at IS NULL"

PROMISE = "UPDATE stuck SET promise_at = $2, taken_at = CASE WHEN $3 THEN coalesce(taken_at, $4) END WHERE id = $1"

# Whose it was when the page was opened decides between two who take it at once.
CLAIM = """
INSERT INTO claims AS c (queue, item, owner_id, changed_at) SELECT $1, $2, $3, $6::timestamptz
WHERE $4::integer IS NULL OR EXISTS (SELECT FROM claims WHERE queue = $1 AND item = $2 AND owner_id = $4)
ON CONFLICT (queue, item) DO UPDATE SET owner_id = excluded.owner_id, changed_at = excluded.changed_at,
    follow_up_at = CASE WHEN c.changed_at < $5 THEN NULL ELSE c.follow_up_at END
WHERE c.owner_id IS NOT DISTINCT FROM $4 OR c.owner_id = $3 OR c.changed_at < $5::timestamptz
RETURNING item
"""

FOLLOW_UP = """
INSERT INTO claims (queue, item, changed_at, follow_up_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (queue, item) DO UPDATE SET follow_up_at = excluded.follow_up_at
"""

OWNER = """
SELECT m.login FROM claims c JOIN staff m ON m.id = c.owner_id WHERE c.queue = $1 AND c.item = $2
"""

CLAIMS = """
SELECT c.item, c.owner_id, m.login AS owner, c.changed_at, c.follow_up_at
FROM claims c LEFT JOIN staff m ON m.id = c.owner_id WHERE c.queue = $1 AND c.item = ANY ($2::bigint[])
"""

ENABLED_STAFF = "SELECT login FROM staff WHERE id = $1 AND enabled"


async def bounds_set(connection: Connection) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(BOUNDS_SET)
    return rows


async def save_bound(tx: Transaction, key: Key, bound: timedelta, at_most: timedelta | None) -> None:
    await tx.connection.execute(SAVE_BOUND, *key, bound, at_most, tx.now)


async def drop_bound(tx: Transaction, key: Key) -> None:
    await tx.connection.execute(DROP_BOUND, *key)


async def find_orders(
    connection: Connection, now: datetime, bounds: Sequence[Sequence[Any]], *, at_most: int
) -> list[asyncpg.Record]:
    """`bounds` are columns: state, event, at least, bound, at most."""
    rows: list[asyncpg.Record] = await connection.fetch(FIND_ORDERS, now, *bounds, at_most)
    return rows


async def find_others(
    connection: Connection, now: datetime, bounds: Sequence[Sequence[Any]], *, at_most: int
) -> list[asyncpg.Record]:
    """`bounds` are columns: thing, state, bound."""
    rows: list[asyncpg.Record] = await connection.fetch(FIND_OTHERS, now, *bounds, at_most)
    return rows


async def visit(tx: Transaction, order_id: int) -> tuple[str, int]:
    row = await tx.connection.fetchrow(VISIT, order_id)
    assert row is not None, "lock the order first"
    return row["state"], row["visit"]


async def raise_one(tx: Transaction, values: Sequence[Any]) -> bool:
    """False when somebody has found it, or something else about its order stands still."""
    return await tx.connection.fetchval(RAISE, *values) is not None


async def end_moved(tx: Transaction) -> None:
    await tx.connection.execute(END_MOVED, tx.now)


async def lock_due(tx: Transaction, *, at_most: int) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await tx.connection.fetch(LOCK_DUE, tx.now, at_most)
    return rows


async def escalate(tx: Transaction, stuck_id: int, *, role: str, promise_at: datetime) -> None:
    await tx.connection.execute(ESCALATE, stuck_id, role, promise_at)


async def list_open(connection: Connection, *, at_most: int) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(LIST, at_most)
    return rows


async def count_open(connection: Connection) -> int:
    count: int = await connection.fetchval(COUNT)
    return count


async def stuck_of(tx: Transaction, order_id: int) -> asyncpg.Record | None:
    return await tx.connection.fetchrow(STUCK_OF, order_id)


async def order_of(tx: Transaction, stuck_id: int) -> int | None:
    order_id: int | None = await tx.connection.fetchval(ORDER_OF, stuck_id)
    return order_id


async def lock(tx: Transaction, stuck_id: int) -> asyncpg.Record | None:
    return await tx.connection.fetchrow(LOCK, stuck_id)


async def promise(tx: Transaction, stuck_id: int, at: datetime, *, is_taken: bool) -> None:
    await tx.connection.execute(PROMISE, stuck_id, at, is_taken, tx.now)


async def claim(tx: Transaction, values: Sequence[Any]) -> bool:
    """Queue, item, new owner, the owner before, and since when the item stands there."""
    return await tx.connection.fetchval(CLAIM, *values, tx.now) is not None


async def follow_up(tx: Transaction, queue: str, item: int, at: datetime | None) -> None:
    await tx.connection.execute(FOLLOW_UP, queue, item, tx.now, at)


async def owner_of(tx: Transaction, queue: str, item: int) -> str | None:
    login: str | None = await tx.connection.fetchval(OWNER, queue, item)
    return login


async def claims(connection: Connection, queue: str, items: Sequence[int]) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(CLAIMS, queue, list(items))
    return rows


async def enabled_staff(tx: Transaction, staff_id: int) -> str | None:
    login: str | None = await tx.connection.fetchval(ENABLED_STAFF, staff_id)
    return login
