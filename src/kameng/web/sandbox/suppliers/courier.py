"""Carries callbacks to the customer until they are acknowledged, with growing pauses; then gives up."""

import asyncio
from collections import deque
from collections.abc import Coroutine
from dataclasses import asdict, dataclass, field
from functools import cache
from ssl import SSLContext
from typing import Any

import httpx

from kameng.web.sandbox.suppliers.emulation import Errand

#: Pauses between tries, in seconds; after the last one it gives up.
PAUSES_S = (1.0, 5.0, 15.0, 60.0, 180.0, 600.0)
_TIMEOUT_S = 10.0
_LOG_LENGTH = 1000


@cache
def _tls() -> SSLContext:
    """Reading the world's certificates takes longer than a callback."""
    return httpx.create_ssl_context(trust_env=False)


@dataclass(frozen=True)
class Told:
    """One try. `status` None: no answer at all, and `said` names the error."""

    number: str
    status: int | None
    said: str
    acknowledged: bool


@dataclass
class Tally:
    """`sent` counts tries, `acknowledged` those that were, `given_up` callbacks that never were."""

    sent: int = 0
    acknowledged: int = 0
    given_up: int = 0
    log: deque[Told] = field(default_factory=lambda: deque(maxlen=_LOG_LENGTH))

    def rows(self) -> dict[str, Any]:
        counts = {"sent": self.sent, "acknowledged": self.acknowledged, "given_up": self.given_up}
        return counts | {"log": [asdict(told) for told in self.log]}


class Courier:
    """`tell` sends in the background, `ask` once and returns what was answered."""

    def __init__(self, *, pauses_s: tuple[float, ...] = PAUSES_S) -> None:
        self.tally = Tally()
        self._pauses_s = pauses_s
        self._held: list[Errand] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._client: httpx.AsyncClient | None = None

    def tell(self, errand: Errand, *, copies: int = 1, delay_s: float = 0.0, hold: bool = False) -> None:
        if hold:
            self._held += [errand] * copies
            return
        for _ in range(copies):
            self._spawn(self._until_acknowledged(errand, delay_s))

    async def release(self, *, newest_first: bool = False) -> int:
        """Sends what was held once each, one after the other; how many they were."""
        held, self._held = self._held, []
        for errand in held[::-1] if newest_first else held:
            await self.ask(errand)
        return len(held)

    async def ask(self, errand: Errand) -> Told:
        """One try, now."""
        status, said = None, ""
        try:
            answer = await self._http().request(
                errand.method, errand.url, content=errand.body, headers=dict(errand.headers)
            )
            status, said = answer.status_code, answer.text.strip()[:200]
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            said = type(error).__name__
        told = Told(errand.number, status, said, status is not None and errand.acknowledged(status, said))
        self.tally.sent += 1
        self.tally.acknowledged += told.acknowledged
        self.tally.log.append(told)
        return told

    async def quiet(self) -> None:
        """Returns when every callback is acknowledged or given up."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client:
            await self._client.aclose()

    def _http(self) -> httpx.AsyncClient:
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=_TIMEOUT_S, trust_env=False, verify=_tls())
        return self._client

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _until_acknowledged(self, errand: Errand, delay_s: float) -> None:
        for pause_s in (delay_s, *self._pauses_s):
            if pause_s:
                await asyncio.sleep(pause_s)
            if (await self.ask(errand)).acknowledged:
                return
        self.tally.given_up += 1
