"""SQL of what is read of cases: what was said, the queue, the figures. Private to this package."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg

from kameng.kernel.database import Connection

MESSAGES = """
SELECT m.id, m.author, m.login, m.sealed, m.at,
    coalesce((SELECT jsonb_agg(jsonb_build_array(p.id, p.width, p.height) ORDER BY p.id)
              FROM case_pictures p WHERE p.case_id = m.case_id AND p.message_id = m.id), '[]') AS pictures
FROM case_messages m WHERE m.case_id = $1 AND (m.author <> 'note' OR $2) ORDER BY m.id
"""

PICTURE = """
SELECT p.case_id, p.sealed FROM case_pictures p JOIN cases c ON c.id = p.case_id WHERE p.id = $1 AND c.order_id = $2
"""

EVENTS = """
SELECT id, event, to_state, actor_kind, actor_id, facts, at FROM case_events WHERE case_id = $1 ORDER BY id
"""

VERSION = "SELECT max(id) FROM case_events WHERE case_id = $1"

_LINE = """
SELECT c.*, o.state AS order_state, v.product_name, v.face_value, s.login AS owner, site.name AS site,
    (SELECT m.author FROM case_messages m WHERE m.case_id = c.id AND m.author <> 'note' ORDER BY m.id DESC LIMIT 1)
        AS last_author
FROM cases c JOIN orders o ON o.id = c.order_id JOIN sku_versions v ON v.id = o.sku_version_id
LEFT JOIN sites site ON site.id = o.site_id LEFT JOIN staff s ON s.id = c.owner_id
"""

# What ends first comes first; what waits for a buyer comes last.
QUEUE = f"""{_LINE}
WHERE c.state <> 'closed'
  AND ($1::integer IS NULL OR c.owner_id = $1)
  AND (NOT $2::boolean OR c.owner_id IS NULL)
  AND ($3::timestamptz IS NULL OR c.due_at <= $3 OR c.warned_at IS NOT NULL)
  AND ($4::text[] IS NULL OR c.state = ANY ($4))
  AND ($5::timestamptz IS NULL OR c.follow_up_at <= $5)
ORDER BY least(c.due_at, c.follow_up_at) NULLS LAST, c.id LIMIT $6
"""

CLOSED = f"""{_LINE}
WHERE c.id = ANY (ARRAY(SELECT id FROM cases WHERE state = 'closed' ORDER BY id DESC LIMIT $1)) ORDER BY c.id DESC
"""  # noqa: S608 - constants

CASE = f"{_LINE} WHERE c.id = $1"

OF_ORDER = f"{_LINE} WHERE c.order_id = $1 ORDER BY c.id DESC"

COUNTS = """
SELECT count(*) AS under_way,
    count(*) FILTER (WHERE owner_id = $1) AS mine,
    count(*) FILTER (WHERE owner_id IS NULL) AS unassigned,
    count(*) FILTER (WHERE due_at <= $2 OR warned_at IS NOT NULL) AS due,
    count(*) FILTER (WHERE state IN ('waiting_for_buyer', 'waiting_for_supplier', 'solved')) AS waiting,
    count(*) FILTER (WHERE follow_up_at <= $2) AS follow_up
FROM cases WHERE state <> 'closed'
"""

DUE = "SELECT count(*) FROM cases WHERE state <> 'closed' AND (due_at <= $1 OR warned_at IS NOT NULL)"

# A case that its buyer took back before its answer was due says nothing about us.
FIGURES = """
SELECT count(*) AS cases,
    count(*) FILTER (WHERE first_answered_at <= answer_by) AS answered_in_time,
    extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY first_answered_at - opened_at)) AS answer_s,
    count(*) FILTER (WHERE solved_at IS NOT NULL) AS solved,
    count(*) FILTER (WHERE solved_at <= solve_by AND reopened = 0) AS solved_in_time,
    extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY solved_at - opened_at)) AS solution_s
FROM cases
WHERE opened_at >= $1 AND (first_answered_at IS NOT NULL OR answer_by <= least($2, coalesce(closed_at, $2)))
"""

HANDLERS = "SELECT id, login FROM staff WHERE enabled AND role = ANY ($1::text[]) ORDER BY login"


async def messages(connection: Connection, case_id: int, *, with_notes: bool) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(MESSAGES, case_id, with_notes)
    return rows


async def picture(connection: Connection, picture_id: int, order_id: int) -> asyncpg.Record | None:
    return await connection.fetchrow(PICTURE, picture_id, order_id)


async def events(connection: Connection, case_id: int) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(EVENTS, case_id)
    return rows


async def version(connection: Connection, case_id: int) -> int:
    newest: int | None = await connection.fetchval(VERSION, case_id)
    return newest or 0


async def queue(connection: Connection, asked: Sequence[Any]) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(QUEUE, *asked)
    return rows


async def closed(connection: Connection, at_most: int) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(CLOSED, at_most)
    return rows


async def case(connection: Connection, case_id: int) -> asyncpg.Record | None:
    return await connection.fetchrow(CASE, case_id)


async def of_order(connection: Connection, order_id: int) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(OF_ORDER, order_id)
    return rows


async def counts(connection: Connection, staff_id: int, now: datetime) -> dict[str, int]:
    return dict((await connection.fetch(COUNTS, staff_id, now))[0])


async def figures(connection: Connection, since: datetime, now: datetime) -> dict[str, Any]:
    return dict((await connection.fetch(FIGURES, since, now))[0])


async def handlers(connection: Connection, roles: Sequence[str]) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(HANDLERS, list(roles))
    return rows


async def due(connection: Connection, now: datetime) -> int:
    count: int = await connection.fetchval(DUE, now)
    return count
