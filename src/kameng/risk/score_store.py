"""SQL of scores and of what they are made from. Private to this package."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import asyncpg

from kameng.kernel.database import Connection, Transaction

# What became of a contact's last orders. Only refunds that somebody asked for count: of all others the reason is known.
_HISTORY = """
    SELECT count(*) AS orders,
           count(*) FILTER (WHERE e.id < {day_ago} AND e.state NOT IN ('awaiting_payment', 'cancelled')) AS known,
           count(*) FILTER (WHERE e.id < {day_ago} AND e.state IN ('delivered', 'completed') AND back.was_read IS NULL)
               AS settled,
           count(back.was_read) AS refunded,
           count(*) FILTER (WHERE back.was_read) AS disputed,
           count(*) FILTER (WHERE e.id >= {day_ago} AND e.state = 'cancelled') AS dropped
    FROM earlier e LEFT JOIN LATERAL (
        SELECT EXISTS (SELECT FROM order_events v WHERE v.order_id = e.id AND v.event = 'revealed') AS was_read
        FROM refunds f
        WHERE f.order_id = e.id AND f.cause IN ('staff', 'goods_faulty', 'not_arrived', 'wrong_order', 'goodwill')
        LIMIT 1) back ON true
"""

# As they stand in the row; whoever reads them knows what time it is.
_COUNTS = """
    (SELECT coalesce(jsonb_object_agg(kind, jsonb_build_array(
        extract(epoch FROM hour_from)::bigint, orders, orders_before, newcomers, newcomers_before, fen, fen_before,
        extract(epoch FROM day_from)::bigint, day_orders, day_orders_before, day_newcomers, day_newcomers_before)),
        '{{}}')
     FROM {counted}) AS counts
"""

# What lies in the present window goes on; the window before it is remembered; anything older is gone. Clocks differ
# a little, and a window that one process has begun is not begun anew by another.
_GOES_ON = """
    {name} = CASE WHEN v.{since} >= excluded.{since} THEN v.{name} + excluded.{name} ELSE excluded.{name} END,
    {name}_before = CASE WHEN v.{since} >= excluded.{since} THEN v.{name}_before
                         WHEN v.{since} = excluded.{since} - interval '{length}' THEN v.{name} ELSE 0 END
"""
_SLIDES = ",".join(
    _GOES_ON.format(name=name, since=since, length=length)
    for name, since, length in (
        ("orders", "hour_from", "1 hour"),
        ("newcomers", "hour_from", "1 hour"),
        ("fen", "hour_from", "1 hour"),
        ("day_orders", "day_from", "1 day"),
        ("day_newcomers", "day_from", "1 day"),
    )
)

_CARD = """
    (SELECT coalesce(jsonb_agg(jsonb_build_array(rule, mark, points, times_max) ORDER BY site_id), '[]')
     FROM risk_weights WHERE site_id IN (0, {site})) AS weights,
    (SELECT jsonb_build_array(middle, high, extract(epoch FROM decide_within)::integer)
     FROM risk_thresholds WHERE site_id IN (0, {site}) ORDER BY site_id DESC LIMIT 1) AS thresholds
"""

_LISTED = """
    (SELECT coalesce(jsonb_agg(jsonb_build_array(subject_kind, list, id)), '[]') FROM risk_lists
     WHERE subject {among} AND removed_at IS NULL AND (until IS NULL OR until > {now})) AS listed
"""

# One statement for all there is to know when an order is placed; the order is counted in it.
COUNT_AND_READ = f"""
WITH earlier AS MATERIALIZED (
    SELECT id, state FROM orders WHERE contact_index = $6 AND id > $7 ORDER BY id DESC LIMIT 30
), history AS MATERIALIZED ({_HISTORY.format(day_ago="$8")}), counted AS (
    INSERT INTO risk_velocity AS v (
        subject, kind, hour_from, orders, newcomers, fen, day_from, day_orders, day_newcomers)
    SELECT s.subject, s.kind, $3, 1, (history.orders = 0)::integer, $5, $13, 1, (history.orders = 0)::integer
    FROM unnest($1::text[], $2::bytea[]) AS s (kind, subject), history ORDER BY s.subject
    ON CONFLICT (subject) DO UPDATE
    SET hour_from = greatest(v.hour_from, excluded.hour_from), day_from = greatest(v.day_from, excluded.day_from),
        {_SLIDES}
    RETURNING *
)
SELECT history.*, {_COUNTS.format(counted="counted")},
    (SELECT usual_fen FROM risk_usual WHERE sku_id = $9) AS usual_fen,
    (SELECT coalesce(sum(failures), 0) FROM guard_budgets
     WHERE subject = $11 AND window_from > $4::timestamptz - interval '1 hour') AS lookup_failures,
    {_LISTED.format(among="= ANY ($12::bytea[])", now="$4")},
    {_CARD.format(site="$10")}
FROM history
"""  # noqa: S608 - constants

# The same for an order there is: what it was weighed by last, and what has been counted since.
READ_AGAIN = f"""
WITH mine AS MATERIALIZED (
    SELECT id, contact_index, site_id, amount_fen, placed_at FROM orders WHERE id = $1
), latest AS MATERIALIZED (
    SELECT signals, subjects FROM risk_scores WHERE order_id = $1 ORDER BY id DESC LIMIT 1
), whom AS MATERIALIZED (
    SELECT decode(s.value, 'hex') AS subject FROM latest, jsonb_each_text(latest.subjects) AS s
    UNION SELECT contact_index FROM mine
), earlier AS MATERIALIZED (
    SELECT id, state FROM orders WHERE contact_index = (SELECT contact_index FROM mine) AND id < $1 AND id > $2
    ORDER BY id DESC LIMIT 30
), history AS MATERIALIZED ({_HISTORY.format(day_ago="$3")})
SELECT history.*, mine.amount_fen, mine.placed_at, latest.signals, latest.subjects,
    {_COUNTS.format(counted="risk_velocity WHERE subject IN (SELECT subject FROM whom)")},
    (SELECT count(*) FROM payment_attempt_orders WHERE order_id = $1) AS ways_tried,
    {_LISTED.format(among="IN (SELECT subject FROM whom)", now="$4::timestamptz")},
    {_CARD.format(site="mine.site_id")}
FROM mine CROSS JOIN history LEFT JOIN latest ON true
"""  # noqa: S608 - constants

KEEP = """
INSERT INTO risk_scores (order_id, stage, points, verdict, reasons, signals, subjects, decide_by, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""

# The newest verdict again, with more time.
REMIND = """
INSERT INTO risk_scores (order_id, stage, points, verdict, reasons, signals, subjects, decide_by, at)
SELECT order_id, $2, points, verdict, reasons, signals, subjects, $3, $4
FROM risk_scores WHERE order_id = $1 ORDER BY id DESC LIMIT 1
"""

LATEST = """
SELECT order_id, stage, points, verdict, reasons, signals, subjects, decide_by, at
FROM risk_scores WHERE order_id = $1 ORDER BY id DESC LIMIT 1
"""

OF_ORDER = """
SELECT order_id, stage, points, verdict, reasons, signals, subjects, decide_by, at
FROM risk_scores WHERE order_id = $1 ORDER BY id
"""

_HELD = """
FROM orders o CROSS JOIN LATERAL (
    SELECT order_id, stage, points, verdict, reasons, signals, subjects, decide_by, at
    FROM risk_scores WHERE order_id = o.id ORDER BY id DESC LIMIT 1) s
WHERE o.state = 'under_review' AND o.held_back AND s.decide_by IS NOT NULL
"""

HELD = f"SELECT s.* {_HELD} ORDER BY s.decide_by LIMIT $1"

DUE = f"SELECT s.order_id {_HELD} AND s.decide_by <= $1 ORDER BY s.decide_by LIMIT $2"

FORGET_VELOCITY = "DELETE FROM risk_velocity WHERE day_from < $1"

# From the newest so many orders that went well: a shop with more of them than that learns from a shorter while.
LEARN_USUAL = """
INSERT INTO risk_usual (sku_id, usual_fen, learned_at)
SELECT sku_id, percentile_disc(0.95) WITHIN GROUP (ORDER BY amount_fen), $2
FROM (SELECT sku_id, amount_fen, state FROM orders WHERE id > $1 ORDER BY id DESC LIMIT 100000) AS recent
WHERE state IN ('delivered', 'completed')
GROUP BY sku_id HAVING count(*) >= $3
ON CONFLICT (sku_id) DO UPDATE SET usual_fen = excluded.usual_fen, learned_at = excluded.learned_at
"""


async def count_and_read(  # noqa: PLR0913 - one statement
    connection: Connection,
    *,
    counted: Sequence[tuple[str, bytes]],
    subjects: Sequence[bytes],
    contact: bytes,
    amount_fen: int,
    sku_id: int,
    site_id: int,
    lookups: str | None,
    since: tuple[int, int],
    windows: tuple[datetime, datetime],
    now: datetime,
) -> Mapping[str, Any]:
    """`since`: the first order keys of what is remembered and of the last day; `lookups`: the guard's subject;
    `windows`: when the present hour and day began."""
    row = await connection.fetchrow(
        COUNT_AND_READ, [kind for kind, _ in counted], [subject for _, subject in counted], windows[0], now,
        amount_fen, contact, since[0], since[1], sku_id, site_id, lookups, list(subjects), windows[1],
    )  # fmt: skip
    assert row is not None, "an aggregate without groups is one row"
    return dict(row)


async def read_again(
    connection: Connection, order_id: int, *, since: tuple[int, int], now: datetime
) -> asyncpg.Record | None:
    return await connection.fetchrow(READ_AGAIN, order_id, since[0], since[1], now)


async def keep(tx: Transaction, order_id: int, stage: str, values: Sequence[Any], decide_by: datetime | None) -> None:
    """`values`: points, verdict, reasons, signals, subjects."""
    await tx.connection.execute(KEEP, order_id, stage, *values, decide_by, tx.now)


async def remind(tx: Transaction, order_id: int, stage: str, decide_by: datetime) -> None:
    await tx.connection.execute(REMIND, order_id, stage, decide_by, tx.now)


async def latest(connection: Connection, order_id: int) -> asyncpg.Record | None:
    return await connection.fetchrow(LATEST, order_id)


async def of_order(connection: Connection, order_id: int) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(OF_ORDER, order_id)
    return rows


async def held(connection: Connection, *, at_most: int) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(HELD, at_most)
    return rows


async def due(connection: Connection, now: datetime, *, at_most: int) -> list[int]:
    return [row["order_id"] for row in await connection.fetch(DUE, now, at_most)]


async def forget_velocity(tx: Transaction, before: datetime) -> None:
    await tx.connection.execute(FORGET_VELOCITY, before)


async def learn_usual(tx: Transaction, *, since: int, orders_min: int) -> None:
    await tx.connection.execute(LEARN_USUAL, since, tx.now, orders_min)
