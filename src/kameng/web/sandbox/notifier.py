"""Tells the merchant of a payment: GET to its notify_url until it answers `success`, with growing pauses."""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from kameng.web.sandbox.visit import visit, with_fields

#: Pauses between tries, in seconds; after the last one the gateway gives up.
PAUSES_S = (1.0, 5.0, 15.0, 60.0, 180.0, 600.0)
_TIMEOUT_S = 10.0
_LOG_LENGTH = 1000


@dataclass(frozen=True)
class Notice:
    url: str
    fields: Mapping[str, str]


@dataclass
class Manner:
    """How notifies are sent. `hold` keeps them until `release`; `silent` drops them."""

    copies: int = 1
    delay_s: float = 0.0
    hold: bool = False
    silent: bool = False


@dataclass(frozen=True)
class Told:
    """One try. `status` None: no answer at all."""

    out_trade_no: str
    trade_no: str
    money: str
    status: int | None
    said: str


@dataclass
class Tally:
    """`sent` counts tries, `acknowledged` notifies answered with success, `given_up` those that never were."""

    sent: int = 0
    acknowledged: int = 0
    given_up: int = 0
    log: deque[Told] = field(default_factory=lambda: deque(maxlen=_LOG_LENGTH))

    def rows(self) -> list[dict[str, Any]]:
        return [asdict(told) for told in self.log]


class Notifier:
    """`tell` sends in the background; `ask` sends once and returns what was answered."""

    def __init__(self, *, pauses_s: tuple[float, ...] = PAUSES_S) -> None:
        self.manner = Manner()
        self.tally = Tally()
        self._pauses_s = pauses_s
        self._held: list[Notice] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def tell(self, notice: Notice, *, manner: Manner | None = None) -> list[asyncio.Task[None]]:
        """The tasks end when the merchant has said success, or the gateway has given up."""
        manner = manner or self.manner
        if manner.silent:
            return []
        if manner.hold:
            self._held += [notice] * manner.copies
            return []
        return [self._start(notice, manner.delay_s) for _ in range(manner.copies)]

    def release(self, *, newest_first: bool = False) -> list[asyncio.Task[None]]:
        """Sends what was held, one after the other."""
        held, self._held = self._held, []
        order = held[::-1] if newest_first else held
        return [self._spawn(self._in_turn(order))] if order else []

    async def ask(self, notice: Notice) -> Told:
        """One try, now."""
        return await self._try(notice)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, notice: Notice, delay_s: float) -> asyncio.Task[None]:
        return self._spawn(self._until_acknowledged(notice, delay_s))

    def _spawn(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _in_turn(self, notices: list[Notice]) -> None:
        for notice in notices:
            await self._try(notice)

    async def _until_acknowledged(self, notice: Notice, delay_s: float) -> None:
        for pause_s in (delay_s, *self._pauses_s):
            if pause_s:
                await asyncio.sleep(pause_s)
            if (await self._try(notice)).said == "success":
                return
        self.tally.given_up += 1

    async def _try(self, notice: Notice) -> Told:
        status, said = None, ""
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                status, body = await visit(with_fields(notice.url, notice.fields))
            said = body.strip()[:100]
        except (OSError, ValueError, EOFError) as error:
            said = type(error).__name__
        fields = notice.fields
        told = Told(fields["out_trade_no"], fields["trade_no"], fields["money"], status, said)
        self.tally.sent += 1
        self.tally.acknowledged += said == "success"
        self.tally.log.append(told)
        return told
