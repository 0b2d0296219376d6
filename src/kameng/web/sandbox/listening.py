"""Puts an ASGI application on a real socket. One process, one loop: what it plays is somebody's toy."""

import asyncio
import gc
import signal
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import Litestar

from kameng.kernel.free_ports import free_ports

_THREADS_END_S = 0.05


@asynccontextmanager
async def listening(app: Litestar, *, host: str, port: int) -> AsyncIterator[str]:
    """Serves while the block is open, in the caller's own loop, at the address it yields (ends in a slash). Port 0
    takes a free one."""
    port = port or free_ports(host=host)[0]
    server = Server(app, address=host, port=port, interface=Interfaces.ASGI, websockets=False, log_enabled=False)
    serving = asyncio.create_task(server.serve())
    try:
        await _answering(host, port, serving)
        yield f"http://{host}:{port}/"
    finally:
        server.stop()  # type: ignore[no-untyped-call]  # granian's server is half typed
        await serving
        # Its threads outlive it by a moment; an interpreter that ends before them is torn down by a panic.
        await asyncio.sleep(_THREADS_END_S)


async def until_stopped(place: AbstractAsyncContextManager[Any]) -> None:
    """Keeps it open until SIGINT or SIGTERM."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with place:
        # What is loaded now stays; looking through it again and again would stop every request for a while.
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 20)
        await stop.wait()


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
