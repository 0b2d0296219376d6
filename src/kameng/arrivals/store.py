"""SQL of learned arrivals. Private to this package."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from kameng.arrivals.curve import LN_RATIO, SPANS, Curve
from kameng.arrivals.kinds import End, Kind, Learned, Seen
from kameng.kernel.database import Connection, Transaction

# One at a time, and not before it is due again.
CLAIM_LEARNING = """
INSERT INTO lookouts (name, reached) VALUES ('arrivals', $1)
ON CONFLICT (name) DO UPDATE SET reached = excluded.reached WHERE lookouts.reached <= $1 - $2::interval
RETURNING true
"""

# The newest $3 attempts, by the hour they began in and the span of time in which they ended or are now. What was
# delivered in part has arrived.
SEEN = """
SELECT s.product_id, a.supplier_id, coalesce(a.operator, '') AS operator, date_trunc('hour', a.called_at) AS begun,
       CASE WHEN a.settled_at IS NULL THEN 'running' WHEN a.state IN ('delivered', 'partly') THEN 'delivered'
            ELSE 'failed' END AS ended,
       least($4::integer, greatest(0, ceil(
           ln(greatest(1, extract(epoch FROM coalesce(a.settled_at, $1::timestamptz) - a.called_at))) / $5::float8
       )))::integer AS span,
       count(*)::integer AS attempts
FROM (SELECT sku_id, supplier_id, operator, called_at, settled_at, state FROM delivery_attempts
      WHERE called_at > $2 AND called_at <= $1 ORDER BY called_at DESC LIMIT $3) AS a
JOIN skus s ON s.id = a.sku_id
GROUP BY 1, 2, 3, 4, 5, 6
"""

FORGET_CURVES = "DELETE FROM arrival_curves WHERE learned_at < $1"

WRITE_CURVE = """
INSERT INTO arrival_curves (product_id, supplier_id, operator, hour, seen, median_s, p95_s, arrived, learned_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (product_id, supplier_id, operator, hour) DO UPDATE SET seen = excluded.seen, median_s = excluded.median_s,
    p95_s = excluded.p95_s, arrived = excluded.arrived, learned_at = excluded.learned_at
"""

# From the moment the order was handed to suppliers until its last part arrived.
WRITE_DAYS = """
INSERT INTO arrival_days (day, product_id, delivered, median_s, p95_s)
SELECT (d.closed_at AT TIME ZONE 'Asia/Shanghai')::date, s.product_id, count(*),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM d.closed_at - d.opened_at)),
       percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM d.closed_at - d.opened_at))
FROM deliveries d JOIN skus s ON s.id = d.sku_id
WHERE d.closed_at >= $1::date::timestamp AT TIME ZONE 'Asia/Shanghai' AND d.state = 'done' AND d.order_id IS NOT NULL
GROUP BY 1, 2
ON CONFLICT (day, product_id) DO UPDATE SET delivered = excluded.delivered, median_s = excluded.median_s,
    p95_s = excluded.p95_s
"""

# For each of the asked kinds its own curve or the nearest above it; the place in `above` says how far above.
NEAREST = """
SELECT DISTINCT ON (asked.n) asked.n, asked.place, c.seen, c.arrived
FROM unnest($1::integer[], $2::integer[], $3::integer[], $4::integer[], $5::text[], $6::integer[])
     AS asked (n, place, product_id, supplier_id, operator, hour)
JOIN arrival_curves c ON c.product_id = asked.product_id AND c.supplier_id = asked.supplier_id
    AND c.operator = asked.operator AND c.hour = asked.hour
ORDER BY asked.n, asked.place
"""

MEDIANS = """
SELECT supplier_id, median_s FROM arrival_curves
WHERE product_id = $1 AND supplier_id > 0 AND operator = '' AND hour = -1
"""


async def claim_learning(tx: Transaction, *, every: timedelta) -> bool:
    claimed: bool | None = await tx.connection.fetchval(CLAIM_LEARNING, tx.now, every)
    return claimed is not None


async def seen(connection: Connection, *, now: datetime, since: datetime, at_most: int) -> list[Seen]:
    rows = await connection.fetch(SEEN, now, since, at_most, SPANS - 1, LN_RATIO)
    return [
        Seen(
            row["product_id"], row["supplier_id"], row["operator"], row["begun"], End(row["ended"]), row["span"],
            row["attempts"],
        )
        for row in rows
    ]  # fmt: skip


async def write_curves(tx: Transaction, learned: Mapping[Kind, Learned]) -> None:
    """In place of those there were."""
    await tx.connection.executemany(
        WRITE_CURVE,
        [
            (*kind, one.curve.seen, one.curve.after(0.5), one.curve.after(0.95), list(one.curve.arrived), tx.now)
            for kind, one in learned.items()
        ],
    )
    await tx.connection.execute(FORGET_CURVES, tx.now)


async def write_days(tx: Transaction, *, since: date) -> None:
    await tx.connection.execute(WRITE_DAYS, since)


async def nearest(connection: Connection, kinds: Sequence[Kind]) -> dict[Kind, tuple[Kind, Curve]]:
    """The curve each kind is told by, and whose it is; those of which nothing is known are left out."""
    asked = [(n, place, *up) for n, kind in enumerate(kinds) for place, up in enumerate(kind.with_above())]
    rows = await connection.fetch(NEAREST, *(list(column) for column in zip(*asked, strict=True)))
    return {
        kinds[row["n"]]: (kinds[row["n"]].with_above()[row["place"]], Curve(tuple(row["arrived"]), row["seen"]))
        for row in rows
    }


async def medians(connection: Connection, product_id: int) -> dict[int, float]:
    return {row["supplier_id"]: row["median_s"] for row in await connection.fetch(MEDIANS, product_id)}
