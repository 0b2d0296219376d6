"""Live push: each web process follows the tail of `order_events` and tells its own listeners.

No NOTIFY: it takes a lock over the whole database at every commit. One small indexed read every tenth of a second,
and only while somebody listens. Event numbers become visible in order of commit, not of number, so the numbers that
are missing below the newest one seen are asked for again until they appear or can't any more: a transaction that
lives longer than half a minute is ended by the server.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg
import structlog

from kameng.kernel.database import Database
from kameng.orders.lifecycle import OrderState
from kameng.orders.number import OrderId
from kameng.tracking import queries

POLL_EVERY = timedelta(milliseconds=100)
MISSING_FOR_S = 60.0
# A gap wider than this is no transaction under way; the numbers of the database have jumped.
MISSING_MAX = 10_000
LOOK_BACK = 500
WAITING_MAX = 100

log = structlog.get_logger()


@dataclass(frozen=True)
class LiveEvent:
    id: int
    order_id: OrderId
    event: str
    state: OrderState
    at: datetime


class LiveEvents:
    """Start `follow()` once a process; `listen()` as often as there are listeners."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._listeners: dict[int, set[asyncio.Queue[LiveEvent]]] = defaultdict(set)
        self._newest: int | None = None
        self._missing: dict[int, float] = {}

    @property
    def listeners(self) -> int:
        return sum(map(len, self._listeners.values()))

    @asynccontextmanager
    async def listen(self, order_id: OrderId, *, after: int) -> AsyncIterator[AsyncIterator[LiveEvent]]:
        """The order's events with numbers above `after`, first those that are past, then as they happen."""
        queue: asyncio.Queue[LiveEvent] = asyncio.Queue(WAITING_MAX)
        self._listeners[order_id].add(queue)
        try:
            yield self._events(order_id, after, queue)
        finally:
            self._listeners[order_id].discard(queue)
            if not self._listeners[order_id]:
                del self._listeners[order_id]

    async def _events(self, order_id: OrderId, after: int, queue: asyncio.Queue[LiveEvent]) -> AsyncIterator[LiveEvent]:
        async with self._db.reading() as connection:
            past = [_event(row) for row in await queries.events_after(connection, order_id, after)]
        for event in past:
            yield event
        # One order's events are written under its lock, so their numbers grow in the order of their commits.
        newest = past[-1].id if past else after
        while True:
            event = await queue.get()
            if event.id > newest:
                newest = event.id
                yield event

    async def follow(self) -> None:
        """Runs for ever. A database that is away for a while only delays what is told."""
        while True:
            try:
                if self._listeners:
                    await self._look()
                else:
                    self._newest = None
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("live.delayed", error=type(error).__name__)
            await asyncio.sleep(POLL_EVERY.total_seconds())

    async def _look(self) -> None:
        async with self._db.reading() as connection:
            if self._newest is None:
                # From a little before now: what happened between a listener's arrival and this look is told too.
                newest = await queries.newest_events(connection, LOOK_BACK)
                self._newest = newest[-1] - 1 if newest else 0
            rows = await queries.tail(connection, self._newest, list(self._missing))
        now = time.monotonic()
        for row in rows:
            self._note(row["id"], now)
            self._tell(_event(row))
        self._missing = {id_: since for id_, since in self._missing.items() if now - since < MISSING_FOR_S}

    def _note(self, id_: int, now: float) -> None:
        newest = self._newest or 0
        if id_ <= newest:
            self._missing.pop(id_, None)
            return
        self._missing.update(dict.fromkeys(range(max(newest + 1, id_ - MISSING_MAX), id_), now))
        self._newest = id_

    def _tell(self, event: LiveEvent) -> None:
        for queue in self._listeners.get(event.order_id, ()):
            if queue.full():
                # A listener this slow reads the order anew when it comes back with Last-Event-ID.
                continue
            queue.put_nowait(event)


def _event(row: asyncpg.Record) -> LiveEvent:
    return LiveEvent(row["id"], OrderId(row["order_id"]), row["event"], OrderState(row["to_state"]), row["at"])
