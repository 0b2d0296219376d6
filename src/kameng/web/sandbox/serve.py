"""Serves the gateway on a real socket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import uvloop
from litestar import Litestar

from kameng.web.sandbox.app import make_sandbox
from kameng.web.sandbox.listening import listening, until_stopped
from kameng.web.sandbox.notifier import PAUSES_S
from kameng.web.sandbox.room import Room
from kameng.web.sandbox.signature import Merchant


@dataclass(frozen=True)
class Running:
    """A gateway that answers at `url` (ends in a slash). `app.state.room` is what its handlers see."""

    url: str
    merchant: Merchant
    app: Litestar

    @property
    def room(self) -> Room:
        room: Room = self.app.state.room
        return room


@asynccontextmanager
async def running(
    *,
    merchant: Merchant,
    host: str = "127.0.0.1",
    port: int = 0,
    books: Path | None = None,
    public_url: str | None = None,
    notify_pauses_s: tuple[float, ...] = PAUSES_S,
) -> AsyncIterator[Running]:
    """Serves while the block is open, in the caller's own loop. Port 0 takes a free one."""
    app = make_sandbox(merchant=merchant, books=books, public_url=public_url, notify_pauses_s=notify_pauses_s)
    async with listening(app, host=host, port=port) as url:
        yield Running(url, merchant, app)


def serve(*, merchant: Merchant, host: str, port: int, books: Path | None, public_url: str | None = None) -> None:
    """Serves until SIGINT or SIGTERM; runs a loop of its own. `public_url` without a slash at the end: where buyers
    reach the pay page, if not at the address the shop uses."""
    place = running(merchant=merchant, host=host, port=port, books=books, public_url=public_url)
    uvloop.run(until_stopped(place))
