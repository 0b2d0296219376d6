"""A client that costs little: raw sockets, HTTP/1.1 with keep-alive, one request at a time on each connection."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

ANSWER_WITHIN_S = 30.0
WARM_UP_S = 0.7


class LoadFailed(Exception):
    """An answer that makes the whole figure worthless."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    head: bytes
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Client(asyncio.Protocol):
    """`ask()` sends the bytes of a request and waits for the whole answer."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Answer] | None = None
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclasses of asyncio's.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received = self._received + data if self._received else data
        answer = _whole(self._received)
        if answer is not None and self._answer is not None:
            self._received = b""
            self._answer.set_result(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(LoadFailed(f"hung up: {exc}"))

    async def ask(self, request: bytes, *, expect: int = 200) -> Answer:
        """Raises LoadFailed for any other status."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        answer = await self._answer
        if answer.status != expect:
            msg = f"answered {answer.status}: {request[:60]!r} → {answer.body[:300]!r}"
            raise LoadFailed(msg)
        return answer

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


def _whole(received: bytes) -> Answer | None:
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return None
    head, status = received[:end].lower(), int(received[9:12])
    at = head.find(b"content-length:")
    if at >= 0:
        length = int(head[at + 15 : (head + b"\r").find(b"\r", at)])
        body = received[end + 4 :]
        return Answer(status, head, body) if len(body) >= length else None
    if b"transfer-encoding: chunked" in head:
        return Answer(status, head, received[end + 4 :]) if received.endswith(b"0\r\n\r\n") else None
    return Answer(status, head, b"")


def request(method: str, port: int, path: str, body: object = None, *, headers: Sequence[str] = ()) -> bytes:
    """`body` is sent as JSON unless it is bytes already."""
    content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = "application/x-www-form-urlencoded" if isinstance(body, bytes) else "application/json"
    lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", *headers]
    if body is not None:
        lines += [f"Content-Type: {kind}", f"Content-Length: {len(content)}"]
    return "\r\n".join([*lines, "", ""]).encode() + content


@asynccontextmanager
async def connected(port: int, count: int) -> AsyncIterator[list[Client]]:
    """So many connections, closed at the end."""
    loop = asyncio.get_running_loop()
    async with AsyncExitStack() as stack:
        clients = []
        for _ in range(count):
            _, client = await loop.create_connection(Client, "127.0.0.1", port)
            stack.callback(client.close)
            clients.append(client)
        yield clients


@dataclass(frozen=True)
class Load:
    """What was done in how long; `whole_count` is with warm-up and what ended late, as CPU time is."""

    count: int
    seconds: float
    times_ms: Sequence[float]
    whole_count: int

    @property
    def per_s(self) -> float:
        return self.count / self.seconds

    def at(self, share: float) -> float:
        """The time in ms below which this share of all stayed."""
        return percentile(self.times_ms, share)


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


async def drive(workers: Sequence[Callable[[], Awaitable[None]]], *, seconds: float) -> Load:
    """Each worker does its errand again and again; counted is what ends between warm-up and the end."""
    began = time.perf_counter() + WARM_UP_S
    ends = began + seconds
    times: list[float] = []
    all_times: list[float] = []

    async def work(errand: Callable[[], Awaitable[None]]) -> None:
        while (started := time.perf_counter()) < ends:
            await errand()
            done = time.perf_counter()
            all_times.append((done - started) * 1000)
            if began <= done <= ends:
                times.append(all_times[-1])

    async with asyncio.timeout(WARM_UP_S + seconds + ANSWER_WITHIN_S):
        await asyncio.gather(*(work(errand) for errand in workers))
    if not times:
        # So slow that only what was begun at once has ended: better a rough figure than none.
        return Load(len(all_times), time.perf_counter() - began + WARM_UP_S, all_times, len(all_times))
    return Load(len(times), seconds, times, len(all_times))
