"""Server-sent events: what a browser and an API client listen to."""

import asyncio
import signal
from collections.abc import AsyncGenerator, AsyncIterator
from types import FrameType
from typing import Any

from litestar.response import Stream

HEARTBEAT_S = 15.0
BEAT = b": beat\n\n"
RETRY_MS = 2000
EVENT_DIGITS_MAX = 18


def event(data: str, *, name: str | None = None, event_id: str | None = None) -> bytes:
    """One event; data may have many lines."""
    lines = [f"id: {event_id}"] if event_id is not None else []
    lines += [f"event: {name}"] if name else []
    lines += [f"data: {line}" for line in data.splitlines() or [""]]
    return ("\n".join(lines) + "\n\n").encode()


class _End(Exception):
    """Nothing more will come."""


def event_number(last_event_id: str) -> int:
    """What a client that comes back has heard last; 0 for one that is new or sends nonsense."""
    text = last_event_id.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= EVENT_DIGITS_MAX else 0


async def with_heartbeat(
    events: AsyncGenerator[bytes, None], *, closing: asyncio.Event, every_s: float = HEARTBEAT_S
) -> AsyncIterator[bytes]:
    """The events until we close, and a comment whenever nothing happened for a while, so that nobody hangs up."""
    yield f"retry: {RETRY_MS}\n\n".encode()
    end = asyncio.ensure_future(closing.wait())
    waiting: asyncio.Future[bytes] | None = None
    try:
        while not closing.is_set():
            waiting = waiting or asyncio.ensure_future(_next(events))
            either: set[asyncio.Future[Any]] = {waiting, end}
            await asyncio.wait(either, timeout=every_s, return_when=asyncio.FIRST_COMPLETED)
            if not waiting.done():
                yield BEAT
                continue
            try:
                yield waiting.result()
            except _End:
                return
            waiting = None
    finally:
        end.cancel()
        if waiting is not None:
            waiting.cancel()
            await asyncio.wait({waiting})
        await events.aclose()


async def _next(events: AsyncGenerator[bytes, None]) -> bytes:
    # A future can't carry StopAsyncIteration.
    try:
        return await anext(events)
    except StopAsyncIteration as end:
        raise _End from end


class Streams:
    """The open answers of a process. A server that is asked to stop waits for them, so they have to be told."""

    def __init__(self) -> None:
        self._closing = asyncio.Event()

    def close_on(self, loop: asyncio.AbstractEventLoop, *numbers: signal.Signals) -> None:
        """End every stream when the process is asked to stop; whoever listened for the signal before still hears it.

        Call it in the main thread.
        """
        for number in numbers:
            before = signal.getsignal(number)

            def close(received: int, frame: FrameType | None, before: object = before) -> None:
                loop.call_soon_threadsafe(self._closing.set)
                if callable(before):
                    before(received, frame)

            signal.signal(number, close)

    def answer(self, events: AsyncGenerator[bytes, None]) -> Stream:
        """An answer that stays open. Proxies are asked not to hold it back."""
        return Stream(
            with_heartbeat(events, closing=self._closing),
            media_type="text/event-stream; charset=utf-8",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )
