"""Serves the gateway on a real socket. One process, one loop: it is somebody's toy bank, not a bank."""

import asyncio
import gc
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import uvloop
from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import Litestar

from kameng.web.sandbox.app import make_sandbox
from kameng.web.sandbox.notifier import PAUSES_S
from kameng.web.sandbox.room import Room
from kameng.web.sandbox.signature import Merchant

_THREADS_END_S = 0.05


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
    port = port or _free_port(host)
    app = make_sandbox(merchant=merchant, books=books, public_url=public_url, notify_pauses_s=notify_pauses_s)
    server = Server(app, address=host, port=port, interface=Interfaces.ASGI, websockets=False, log_enabled=False)
    serving = asyncio.create_task(server.serve())
    try:
        await _answering(host, port, serving)
        yield Running(f"http://{host}:{port}/", merchant, app)
    finally:
        server.stop()  # type: ignore[no-untyped-call]  # granian's server is half typed
        await serving
        # Its threads outlive it by a moment; an interpreter that ends before them is torn down by a panic.
        await asyncio.sleep(_THREADS_END_S)


def serve(*, merchant: Merchant, host: str, port: int, books: Path | None, public_url: str | None = None) -> None:
    """Serves until SIGINT or SIGTERM; runs a loop of its own. `public_url` without a slash at the end: where buyers
    reach the pay page, if not at the address the shop uses."""
    place = running(merchant=merchant, host=host, port=port, books=books, public_url=public_url)
    uvloop.run(_until_stopped(place))


async def _until_stopped(place: AbstractAsyncContextManager[Running]) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with place:
        # What is loaded now stays; looking through it again and again would stop every request for a while.
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 20)
        await stop.wait()


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
    return port


async def _answering(host: str, port: int, serving: asyncio.Task[None]) -> None:
    """Returns once somebody listens. Raises what stopped the server if it never came up."""
    for _ in range(200):
        if serving.done():
            await serving
        try:
            _, writer = await asyncio.open_connection(host, port)
        except OSError:
            await asyncio.sleep(0.02)
            continue
        writer.close()
        return
    msg = f"nothing listens on {host}:{port}"
    raise RuntimeError(msg)
