"""Server-sent events: what a browser and an API client listen to."""

import asyncio
from collections.abc import AsyncIterator

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


async def with_heartbeat(events: AsyncIterator[bytes], *, every_s: float = HEARTBEAT_S) -> AsyncIterator[bytes]:
    """The events, and a comment whenever nothing happened for a while, so that nobody in between hangs up."""
    yield f"retry: {RETRY_MS}\n\n".encode()
    waiting: asyncio.Future[bytes] | None = None
    try:
        while True:
            waiting = waiting or asyncio.ensure_future(_next(events))
            done, _ = await asyncio.wait({waiting}, timeout=every_s)
            if not done:
                yield BEAT
                continue
            try:
                yield waiting.result()
            except _End:
                return
            waiting = None
    finally:
        if waiting is not None:
            waiting.cancel()


async def _next(events: AsyncIterator[bytes]) -> bytes:
    # A future can't carry StopAsyncIteration.
    try:
        return await anext(events)
    except StopAsyncIteration as end:
        raise _End from end


def event_stream(events: AsyncIterator[bytes]) -> Stream:
    """An answer that stays open. Proxies are asked not to hold it back."""
    return Stream(
        with_heartbeat(events),
        media_type="text/event-stream; charset=utf-8",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )
