import asyncio
from collections.abc import AsyncGenerator

import anyio
import pytest

from kameng.web.design.event_stream import BEAT, event, event_number, with_heartbeat

pytestmark = pytest.mark.anyio


def test_an_event_has_a_number_a_name_and_its_lines() -> None:
    assert event("a\nb", name="piece", event_id="7") == b"id: 7\nevent: piece\ndata: a\ndata: b\n\n"
    assert event("") == b"data: \n\n"


@pytest.mark.parametrize(
    ("text", "number"), [("12", 12), (" 12 ", 12), ("", 0), ("-1", 0), ("x", 0), ("１", 0), ("9" * 19, 0)]
)
def test_where_a_listener_left_off(text: str, number: int) -> None:
    assert event_number(text) == number


async def test_silence_is_filled_with_beats_and_events_are_not_lost() -> None:
    closed = False
    enough = anyio.Event()

    async def happenings() -> AsyncGenerator[bytes, None]:
        nonlocal closed
        try:
            yield b"one"
            await enough.wait()
            yield b"two"
        finally:
            closed = True

    heard: list[bytes] = []
    async for piece in with_heartbeat(happenings(), closing=asyncio.Event(), every_s=0.01):
        heard.append(piece)
        if len(heard) == 4:
            enough.set()
    assert heard[0].startswith(b"retry:")
    assert heard[1] == b"one"
    assert set(heard[2:-1]) == {BEAT}
    assert heard[-1] == b"two"
    assert closed


async def test_a_process_that_stops_ends_its_streams() -> None:
    closing = asyncio.Event()

    async def happenings() -> AsyncGenerator[bytes, None]:
        yield b"one"
        closing.set()
        await asyncio.Event().wait()

    heard = [piece async for piece in with_heartbeat(happenings(), closing=closing)]
    assert heard[1:] in ([b"one"], [b"one", BEAT])
