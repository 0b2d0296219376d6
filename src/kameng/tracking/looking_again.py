"""When somebody who watches an order should be shown it anew although nothing happened to it: expectations move."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from datetime import timedelta
from typing import TypeVar

from kameng.tracking.view import OrderView

AGAIN_AFTER_MIN = timedelta(seconds=10)
AGAIN_AFTER_MAX = timedelta(seconds=60)
AGAIN_AFTER_FIRST: timedelta | None = AGAIN_AFTER_MIN

HappeningT = TypeVar("HappeningT")


def again_after(view: OrderView) -> timedelta | None:
    """The pause before the next look; None when nothing moves by itself. A quarter of what remains, so that minutes
    pass on a page as they do on a clock."""
    if view.outlook is None:
        return None
    return min(AGAIN_AFTER_MAX, max(AGAIN_AFTER_MIN, (view.outlook.about or AGAIN_AFTER_MAX) / 4))


class _Over(Exception):
    """There are no more happenings."""


async def with_pauses(
    happenings: AsyncIterator[HappeningT], pause: Callable[[], timedelta | None]
) -> AsyncGenerator[HappeningT | None, None]:
    """The happenings, and None whenever none came for as long as `pause` says; asked anew each time."""
    waiting: asyncio.Future[HappeningT] | None = None
    try:
        while True:
            waiting = waiting or asyncio.ensure_future(_next(happenings))
            longest = pause()
            await asyncio.wait({waiting}, timeout=None if longest is None else longest.total_seconds())
            if not waiting.done():
                yield None
                continue
            try:
                happening = waiting.result()
            except _Over:
                return
            waiting = None
            yield happening
    finally:
        if waiting is not None:
            waiting.cancel()
            await asyncio.wait({waiting})


async def _next(happenings: AsyncIterator[HappeningT]) -> HappeningT:
    # A future can't carry StopAsyncIteration.
    try:
        return await anext(happenings)
    except StopAsyncIteration as end:
        raise _Over from end
