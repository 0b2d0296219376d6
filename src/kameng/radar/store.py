"""SQL of the radar. Private to this package."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import asyncpg

from kameng.kernel.database import Transaction
from kameng.radar.radar import Key, Sign, Stream
from kameng.supply.troubles import Place

BEGIN_WATCH = "INSERT INTO lookouts (name, reached) VALUES ('radar', $1) ON CONFLICT (name) DO NOTHING"

# One watcher at a time; whoever comes second has nothing to do.
HOLD_WATCH = "SELECT reached FROM lookouts WHERE name = 'radar' FOR UPDATE SKIP LOCKED"

REACH = "UPDATE lookouts SET reached = $1 WHERE name = 'radar'"

# In the order in which they left; those of one moment stay together.
LEFT_SINCE = """
SELECT a.id, s.product_id, a.supplier_id, a.operator, a.called_at
FROM delivery_attempts a JOIN skus s ON s.id = a.sku_id
WHERE a.called_at > $1 AND a.called_at <= $2
ORDER BY a.called_at FETCH FIRST ($3::integer) ROWS WITH TIES
"""

WATCH = """
INSERT INTO radar_watched (attempt_id, due_at) SELECT * FROM unnest($1::bigint[], $2::timestamptz[])
ON CONFLICT (attempt_id) DO NOTHING
"""

# Those of which there is something new to tell.
TO_JUDGE = """
SELECT a.id, a.delivery_id, a.n, a.supplier_id, coalesce(a.operator, '') AS operator,
       coalesce(a.province, '') AS province, a.state, a.reason, a.called_at, a.doubted_at IS NOT NULL AS doubted,
       a.settled_at, (a.chosen ->> 'probes')::bigint AS probes, w.due_at, w.answered, w.timed
FROM radar_watched w JOIN delivery_attempts a ON a.id = w.attempt_id
WHERE a.settled_at IS NOT NULL OR (NOT w.answered AND a.state <> 'calling') OR (NOT w.timed AND w.due_at <= $1)
ORDER BY coalesce(a.settled_at, $1), a.id LIMIT $2
"""

JUDGED = """
UPDATE radar_watched w SET answered = told.answered, timed = told.timed
FROM unnest($1::bigint[], $2::boolean[], $3::boolean[]) AS told (attempt_id, answered, timed)
WHERE w.attempt_id = told.attempt_id
"""

UNWATCH = "DELETE FROM radar_watched WHERE attempt_id = ANY ($1::bigint[])"

STREAMS = """
SELECT supplier_id, operator, province, sign, score, bad, total, pending_bad, pending_total, streak
FROM radar_streams WHERE supplier_id = ANY ($1::integer[])
"""

WRITE_STREAM = """
INSERT INTO radar_streams (supplier_id, operator, province, sign, score, bad, total, pending_bad, pending_total, streak)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (supplier_id, operator, province, sign) DO UPDATE SET score = excluded.score, bad = excluded.bad,
    total = excluded.total, pending_bad = excluded.pending_bad, pending_total = excluded.pending_total,
    streak = excluded.streak
"""


@dataclass(frozen=True)
class Left:
    """An attempt that has left."""

    id: int
    product_id: int
    supplier_id: int
    operator: str | None
    called_at: datetime


@dataclass(frozen=True)
class Watched:
    """An attempt as it stands; `probes`: the trouble it was sent to look into; `answered` and `timed`: what was told of
    it before."""

    id: int
    delivery_id: int
    n: int
    supplier_id: int
    operator: str
    province: str
    state: str
    reason: str | None
    called_at: datetime
    doubted: bool
    settled_at: datetime | None
    probes: int | None
    due_at: datetime
    answered: bool
    timed: bool

    @property
    def place(self) -> Place:
        return Place(self.supplier_id, self.operator, self.province if self.operator else "")


async def hold_watch(tx: Transaction, *, from_: timedelta) -> datetime | None:
    """How far it has come; None when another worker is at it."""
    await tx.connection.execute(BEGIN_WATCH, tx.now - from_)
    reached: datetime | None = await tx.connection.fetchval(HOLD_WATCH)
    return reached


async def reach(tx: Transaction, moment: datetime) -> None:
    await tx.connection.execute(REACH, moment)


async def left_since(tx: Transaction, since: datetime, until: datetime, *, at_most: int) -> list[Left]:
    return [Left(**dict(row)) for row in await tx.connection.fetch(LEFT_SINCE, since, until, at_most)]


async def watch(tx: Transaction, due: Mapping[int, datetime]) -> None:
    await tx.connection.execute(WATCH, list(due), list(due.values()))


async def to_judge(tx: Transaction, *, at_most: int) -> list[Watched]:
    return [Watched(**dict(row)) for row in await tx.connection.fetch(TO_JUDGE, tx.now, at_most)]


async def judged(tx: Transaction, still: Sequence[tuple[int, bool, bool]], ended: Sequence[int]) -> None:
    """`still`: id, answered, timed of those that go on."""
    ids, answered, timed = ([one[n] for one in still] for n in range(3))
    await tx.connection.execute(JUDGED, ids, answered, timed)
    await tx.connection.execute(UNWATCH, list(ended))


async def streams(tx: Transaction, supplier_ids: Sequence[int]) -> dict[Key, Stream]:
    return dict(_stream(row) for row in await tx.connection.fetch(STREAMS, supplier_ids))


async def write_streams(tx: Transaction, changed: Iterable[tuple[Key, Stream]]) -> None:
    await tx.connection.executemany(WRITE_STREAM, [_values(key, stream) for key, stream in changed])


def _stream(row: asyncpg.Record) -> tuple[Key, Stream]:
    place = Place(row["supplier_id"], row["operator"], row["province"])
    stream = Stream(
        row["score"], row["bad"], row["total"], row["pending_bad"], row["pending_total"], row["streak"]
    )  # fmt: skip
    return Key(place, Sign(row["sign"])), stream


def _values(key: Key, stream: Stream) -> tuple[Any, ...]:
    place = key.place
    return (
        place.supplier_id, place.operator, place.province, key.sign, stream.score, stream.bad, stream.total,
        stream.pending_bad, stream.pending_total, stream.streak,
    )  # fmt: skip
