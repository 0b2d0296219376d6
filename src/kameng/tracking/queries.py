"""SELECTs across packages for what is shown of an order. The one place besides stores with SQL."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg

from kameng.kernel.database import Connection

_VIEW = """
    o.id, o.state, o.site_id, o.quantity, o.unit_price_fen, o.amount_fen, o.contact_sealed, o.contact_index,
    o.placed_at, o.pay_until, o.changed_at, v.type_name, v.product_name, v.face_value, v.usage_note, v.delivers,
    a.sealed AS account_sealed, a.operator, a.province,
    (SELECT jsonb_agg(jsonb_build_array(e.id, e.event, e.to_state, e.actor_kind, e.facts, e.at) ORDER BY e.id)
     FROM order_events e WHERE e.order_id = o.id) AS events,
    (SELECT jsonb_build_array(s.found_at, s.taken_at, s.promise_at) FROM stuck s
     WHERE s.order_id = o.id AND s.ended_at IS NULL AND (s.thing <> 'order' OR s.state = o.state)) AS attention
"""

# Everything a lookup needs in one go: how many failures the guard has counted, and the order if number and second
# factor belong together. $1 and $2 are the candidates and the second factor's index for each.
LOOKUP = f"""
WITH budgets AS (
    SELECT coalesce(jsonb_object_agg(b.subject, b.failures), '{{}}') AS failures
    FROM unnest($3::text[], $4::timestamptz[]) AS asked (subject, window_from)
    JOIN guard_budgets b ON b.subject = asked.subject AND b.window_from = asked.window_from
)
SELECT budgets.failures, {_VIEW}
FROM budgets
LEFT JOIN (unnest($1::bigint[], $2::bytea[]) AS typed (id, second_factor)
           JOIN orders o ON o.id = typed.id AND o.second_factor = typed.second_factor
           JOIN sku_versions v ON v.id = o.sku_version_id
           LEFT JOIN order_accounts a ON a.order_id = o.id) ON true
"""  # noqa: S608 - constants

VIEW = f"""
SELECT {_VIEW}
FROM orders o JOIN sku_versions v ON v.id = o.sku_version_id LEFT JOIN order_accounts a ON a.order_id = o.id
WHERE o.id = $1
"""  # noqa: S608 - constants

BUDGETS = """
SELECT b.subject, b.failures FROM unnest($1::text[], $2::timestamptz[]) AS asked (subject, window_from)
JOIN guard_budgets b ON b.subject = asked.subject AND b.window_from = asked.window_from
"""

EVENTS_AFTER = """
SELECT id, order_id, event, to_state, at FROM order_events WHERE order_id = $1 AND id > $2 ORDER BY id
"""

# Numbers are drawn in order but become visible in order of commit: what is missing below the newest is asked for again.
TAIL = """
SELECT id, order_id, event, to_state, at FROM order_events WHERE id > $1
UNION ALL
SELECT id, order_id, event, to_state, at FROM order_events WHERE id = ANY ($2::bigint[])
ORDER BY id
"""

NEWEST_EVENTS = "SELECT id FROM order_events ORDER BY id DESC LIMIT $1"

# How an order's delivery stands: what runs, and the troubles at suppliers who could deliver it. `taken` is the best
# priority among the routes that it went by, `tried` are suppliers who did not deliver it.
UNDER_WAY = """
WITH mine AS (
    SELECT a.id, a.supplier_id, a.state, a.called_at, a.settled_at, a.route_id
    FROM delivery_attempts a WHERE a.order_id = $1
)
SELECT s.product_id, d.opened_at, account.operator, account.province,
    coalesce((SELECT jsonb_agg(jsonb_build_array(m.supplier_id, m.state, m.called_at) ORDER BY m.id)
              FROM mine m WHERE m.settled_at IS NULL), '[]') AS running,
    coalesce((SELECT jsonb_agg(DISTINCT m.supplier_id) FROM mine m WHERE m.state IN ('failed', 'refused')), '[]')
        AS tried,
    coalesce((SELECT min(r.priority) FROM mine m JOIN routes r ON r.id = m.route_id WHERE m.settled_at IS NULL), 0)
        AS taken,
    coalesce((
        SELECT jsonb_agg(jsonb_build_array(t.kind, t.operator, t.province, t.expected_until, t.supplier_id, r.priority)
                         ORDER BY t.id)
        FROM (SELECT supplier_id, min(priority) AS priority FROM routes
              WHERE sku_id = d.sku_id AND enabled GROUP BY supplier_id) AS r
        JOIN troubles t ON t.supplier_id = r.supplier_id AND t.closed_at IS NULL
            AND t.operator IN ('', coalesce(account.operator, ''))
            AND t.province IN ('', coalesce(account.province, ''))), '[]') AS troubles
FROM deliveries d JOIN skus s ON s.id = d.sku_id LEFT JOIN order_accounts account ON account.order_id = d.order_id
WHERE d.order_id = $1
"""

CONTACT_INDEX = "SELECT contact_index FROM orders WHERE id = $1"


async def lookup(
    connection: Connection,
    factors: Sequence[tuple[int, bytes]],
    budgets: Sequence[tuple[str, datetime]],
) -> list[asyncpg.Record]:
    """At least one row; `id` is NULL when nothing was found."""
    rows: list[asyncpg.Record] = await connection.fetch(
        LOOKUP,
        [order_id for order_id, _ in factors],
        [index for _, index in factors],
        [subject for subject, _ in budgets],
        [window for _, window in budgets],
    )
    return rows


async def view(connection: Connection, order_id: int) -> asyncpg.Record | None:
    return await connection.fetchrow(VIEW, order_id)


async def under_way(connection: Connection, order_id: int) -> asyncpg.Record | None:
    return await connection.fetchrow(UNDER_WAY, order_id)


async def failures(connection: Connection, budgets: Sequence[tuple[str, datetime]]) -> dict[str, int]:
    rows = await connection.fetch(BUDGETS, [subject for subject, _ in budgets], [window for _, window in budgets])
    return {row["subject"]: row["failures"] for row in rows}


async def contact_index(connection: Connection, order_id: int) -> bytes | None:
    index: bytes | None = await connection.fetchval(CONTACT_INDEX, order_id)
    return index


async def events_after(connection: Connection, order_id: int, event_id: int) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(EVENTS_AFTER, order_id, event_id)
    return rows


async def tail(connection: Connection, after: int, missing: Sequence[int]) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(TAIL, after, list(missing))
    return rows


async def newest_events(connection: Connection, at_most: int) -> list[int]:
    return [row["id"] for row in await connection.fetch(NEWEST_EVENTS, at_most)]


# Orders that are being paid back are on their way; the others wait for goods or for a person.
OWED = """
SELECT count(*) FROM orders WHERE state IN ('paid', 'under_review', 'delivering', 'exception', 'resubmitting')
"""

HAPPENINGS = """
SELECT e.id, e.event, extract(epoch FROM e.at - o.placed_at)::float8 AS since_placed_s,
    extract(epoch FROM e.at - (
        SELECT max(p.at) FROM order_events p
        WHERE p.order_id = e.order_id AND p.event = 'payment_confirmed' AND p.id <= e.id
    ))::float8 AS since_paid_s
FROM order_events e JOIN orders o ON o.id = e.order_id WHERE e.id > $1 ORDER BY e.id LIMIT $2
"""


async def owed(connection: Connection) -> int:
    count: int = await connection.fetchval(OWED)
    return count


async def happenings(connection: Connection, after: int, at_most: int) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(HAPPENINGS, after, at_most)
    return rows
