"""Deliveries and questions as they fall due, many in flight at a time. The rows are the queue.

A supplier that takes its time holds up nobody else: each has as many calls in flight as it may, the others go on. What
a worker leaves behind when it dies is found again by the times written in the rows.
"""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from kameng.fulfilment import store
from kameng.fulfilment.attempt import CALL_TAKES, QUESTION_TAKES, Attempt
from kameng.fulfilment.dispatch import ask_again, dispatch
from kameng.fulfilment.leave_unasked import leave_unasked
from kameng.fulfilment.plan import Planned, plan
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.orders.number import OrderId
from kameng.risk.alarms import AlarmKind, raise_alarm
from kameng.supply.suppliers import Source, Suppliers

log = structlog.get_logger()

CALLBACK_PATH = "/callbacks/suppliers/"
LOOK_EVERY = timedelta(milliseconds=250)
#: Deliveries looked at in one round, and calls in flight in one process.
AT_A_TIME = 50
IN_FLIGHT_MAX = 1000
LOOK_FOR_UNASKED_EVERY = timedelta(seconds=30)


class Dispatcher:
    """`public_url`: where suppliers reach this shop, without a slash at the end."""

    def __init__(self, *, db: Database, keyring: Keyring, suppliers: Suppliers, public_url: str) -> None:
        self._db = db
        self._keyring = keyring
        self._suppliers = suppliers
        self._public_url = public_url
        self._calls: Counter[int] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._unasked_looked_at: datetime | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; then what is in flight is finished."""
        while not stop.is_set():
            found = 0
            try:
                found = await self.look()
            except Exception:
                # Whatever it was, the rows are still there, and the next round finds them.
                log.exception("dispatcher.failed")
            if found == 0:
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), LOOK_EVERY.total_seconds())
        await self.finish()

    async def look(self) -> int:
        """Take up what is due, without waiting for it to end; how much there was."""
        sources = {source.id: source for source in await self._suppliers.listed()}
        await self._look_for_unasked(sources)
        return await self._ask(sources) + await self._deliver(sources)

    async def finish(self) -> None:
        """Wait for everything in flight."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def _ask(self, sources: dict[int, Source]) -> int:
        free = {source.id: calls for source in sources.values() if (calls := self._free(source)) > 0}
        if not free:
            return 0
        async with self._db.one_statement() as tx:
            attempts = await store.claim_to_ask(tx, free, again_after=QUESTION_TAKES)
        for attempt in attempts:
            self._start(attempt.supplier_id, self._question(sources[attempt.supplier_id], attempt))
        return len(attempts)

    async def _deliver(self, sources: dict[int, Source]) -> int:
        if len(self._tasks) >= IN_FLIGHT_MAX:
            return 0
        async with self._db.one_statement() as tx:
            due = await store.claim_to_route(tx, again_after=CALL_TAKES, at_most=AT_A_TIME)
        # Together, so that one's answer from the database doesn't wait for the other's.
        free = {source.id: self._free(source) for source in sources.values()}
        await asyncio.gather(*(self._take_up(sources, free, row["id"], row["order_id"]) for row in due))
        return len(due)

    async def _take_up(
        self, sources: dict[int, Source], free: dict[int, int], delivery_id: int, order_id: int | None
    ) -> None:
        try:
            planned = await plan(
                db=self._db, keyring=self._keyring, delivery_id=delivery_id,
                order_id=None if order_id is None else OrderId(order_id), sources=sources, free=free,
            )  # fmt: skip
        except Exception as error:
            # It comes up again when its claim runs out, and must not keep the others waiting.
            log.exception("dispatcher.delivery_failed", delivery=delivery_id)
            await self._tell_of_failure(delivery_id, error)
            return
        for one in planned:
            self._start(one.attempt.supplier_id, self._call(sources[one.attempt.supplier_id], one))

    async def _look_for_unasked(self, sources: dict[int, Source]) -> None:
        now = self._db.clock.now()
        if self._unasked_looked_at is None or now - self._unasked_looked_at >= LOOK_FOR_UNASKED_EVERY:
            self._unasked_looked_at = now
            await leave_unasked(db=self._db, keyring=self._keyring, asked=sources.keys())

    async def _tell_of_failure(self, delivery_id: int, error: Exception) -> None:
        async with self._db.transaction() as tx:
            await raise_alarm(tx, AlarmKind.JOB_GAVE_UP, f"delivery:{delivery_id}", error=type(error).__name__)

    def _free(self, source: Source) -> int:
        """Nobody may have more in flight than are left for all others, however many it is allowed by itself."""
        left = IN_FLIGHT_MAX - len(self._tasks)
        return min(source.calls_at_once - self._calls[source.id], left - self._calls[source.id])

    def _start(self, supplier_id: int, body: Coroutine[None, None, None]) -> None:
        self._calls[supplier_id] += 1
        task = asyncio.create_task(body)
        self._tasks.add(task)

        def ended(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            self._calls[supplier_id] -= 1

        task.add_done_callback(ended)

    async def _call(self, source: Source, planned: Planned) -> None:
        try:
            await dispatch(
                db=self._db, keyring=self._keyring, source=source, planned=planned,
                callback_url=self._callback_url(source),
            )  # fmt: skip
        except Exception:
            # The attempt stands as calling; it is asked about when its time runs out.
            log.exception("dispatcher.call_failed", number=planned.attempt.number)

    async def _question(self, source: Source, attempt: Attempt) -> None:
        try:
            await ask_again(
                db=self._db, keyring=self._keyring, source=source, attempt=attempt,
                callback_url=self._callback_url(source),
            )  # fmt: skip
        except Exception:
            log.exception("dispatcher.question_failed", number=attempt.number)

    def _callback_url(self, source: Source) -> str:
        return f"{self._public_url}{CALLBACK_PATH}{source.code}"
