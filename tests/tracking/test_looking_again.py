"""Whoever watches is shown things anew although nothing happened, and never misses what did."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import timedelta

import pytest

from kameng.tracking.looking_again import with_pauses

pytestmark = pytest.mark.anyio

SOON = timedelta(milliseconds=5)


async def _from(queue: "asyncio.Queue[int | None]") -> AsyncIterator[int]:
    while (one := await queue.get()) is not None:
        yield one


async def test_a_look_comes_whenever_nothing_happened_for_so_long() -> None:
    queue: asyncio.Queue[int | None] = asyncio.Queue()
    async with aclosing(with_pauses(_from(queue), lambda: SOON)) as looks:
        assert [await anext(looks), await anext(looks)] == [None, None]
        queue.put_nowait(7)
        seen = [look async for look in _until(looks, 7)]
        assert seen[-1] == 7
        queue.put_nowait(8)
        queue.put_nowait(None)
        assert [look async for look in looks if look is not None] == [8]


async def test_without_a_pause_it_waits_for_what_happens() -> None:
    queue: asyncio.Queue[int | None] = asyncio.Queue()
    pauses: list[timedelta | None] = [None, None, SOON]
    async with aclosing(with_pauses(_from(queue), lambda: pauses.pop(0) if pauses else None)) as looks:
        for n in (1, 2):
            queue.put_nowait(n)
        assert [await anext(looks), await anext(looks), await anext(looks)] == [1, 2, None]
        queue.put_nowait(3)
        assert await anext(looks) == 3


async def test_whoever_leaves_leaves_nothing_behind() -> None:
    queue: asyncio.Queue[int | None] = asyncio.Queue()
    looks = with_pauses(_from(queue), lambda: SOON)
    assert await anext(looks) is None
    before = len(asyncio.all_tasks())
    await looks.aclose()
    assert len(asyncio.all_tasks()) == before - 1


async def _until(looks: AsyncIterator[int | None], last: int) -> AsyncIterator[int | None]:
    async for look in looks:
        yield look
        if look == last:
            return
