"""Serves emulated suppliers on a real socket, one alone at the root or several under their names."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvloop
from litestar import HttpMethod, Litestar, Response, Router, route

from kameng.kernel.clock import Clock
from kameng.web.sandbox.listening import listening, until_stopped
from kameng.web.sandbox.suppliers.control import STRINGS, AnyRequest, room_of
from kameng.web.sandbox.suppliers.courier import PAUSES_S, Courier
from kameng.web.sandbox.suppliers.course import Course, Courses, Mixture
from kameng.web.sandbox.suppliers.emulation import Visit
from kameng.web.sandbox.suppliers.room import Room
from kameng.web.sandbox.suppliers.table import EMULATIONS
from kameng.web.sandbox.suppliers.warehouse import Warehouse
from kameng.web.sandbox.suppliers.wares import Ware
from kameng.web.sandbox.suppliers.whims import Chance


@dataclass(frozen=True)
class Staging:
    """One supplier to be played. `books` None keeps them in memory."""

    credentials: Mapping[str, str] = field(repr=False)
    wares: tuple[Ware, ...] = ()
    books: Path | None = None
    balance_fen: int = 100_000_00
    usual: Course | Mixture = Course()  # noqa: RUF009 - it is frozen
    chances: tuple[Chance, ...] = ()
    pauses_s: tuple[float, ...] = PAUSES_S
    clock: Clock | None = None


@dataclass(frozen=True)
class Running:
    """A supplier that answers at `url` (ends in a slash). `room` is what its handlers see: whoever runs it in their
    own loop sets courses and whims, settles, and compares books there; others through `control/…` under `url`."""

    url: str
    room: Room

    @property
    def warehouse(self) -> Warehouse:
        return self.room.warehouse


@route("/{path:path}", http_method=[HttpMethod.GET, HttpMethod.POST, HttpMethod.PUT, HttpMethod.DELETE])
async def visited(request: AnyRequest) -> Response[Any]:
    """Whatever the protocol has at this path."""
    return await room_of(request).answer(
        Visit(
            method=request.method,
            path="/" + request.path_params["path"].lstrip("/"),
            params={},
            query=dict(request.query_params),
            headers=dict(request.headers),
            body=await request.body(),
        )
    )


def make_room(name: str, staging: Staging) -> Room:
    """A supplier by its protocol's name, with books but not yet at work (`Room.open`)."""
    emulation = EMULATIONS[name]
    if missing := set(emulation.credentials) - set(staging.credentials):
        msg = f"{name} needs {', '.join(sorted(missing))}"
        raise ValueError(msg)
    warehouse = Warehouse(
        staging.books,
        repeat=emulation.repeat,
        balance_fen=staging.balance_fen,
        prefix=name[:2].upper() if emulation.prefix is None else emulation.prefix,
        clock=staging.clock,
    )
    warehouse.stock_up(staging.wares)
    courier, courses = Courier(pauses_s=staging.pauses_s), Courses(staging.usual)
    room = Room(emulation, staging.credentials, warehouse, courier=courier, courses=courses)
    room.whims.leave_to_chance(*staging.chances)
    return room


def make_app(rooms: Mapping[str, Room]) -> Litestar:
    """Suppliers as one ASGI application, by the prefix each is served under; "" for one alone at the root."""

    @asynccontextmanager
    async def at_work(app: Litestar) -> AsyncIterator[None]:
        app.state.rooms = dict(rooms)
        for room in rooms.values():
            room.open()
        try:
            yield
        finally:
            for room in rooms.values():
                await room.close()

    routers = [Router(path=f"/{prefix}", route_handlers=[*STRINGS, visited]) for prefix in rooms]
    return Litestar(route_handlers=routers, lifespan=[at_work], openapi_config=None, logging_config=None)


@dataclass(frozen=True)
class Stage:
    url: str
    _rooms: dict[str, Room]

    @asynccontextmanager
    async def playing(self, name: str, staging: Staging) -> AsyncIterator[Running]:
        """While the block is open. Nothing of whoever was here before is left."""
        room = make_room(name, staging)
        self._rooms[""] = room
        room.open()
        try:
            yield Running(self.url, room)
        finally:
            await room.close()


@asynccontextmanager
async def changing_stage(*, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[Stage]:
    """A server at whose root one supplier after the other can be played, which is quicker than a server for each."""
    app = Litestar(route_handlers=[*STRINGS, visited], openapi_config=None, logging_config=None)
    app.state.rooms = {}
    async with listening(app, host=host, port=port) as url:
        yield Stage(url, app.state.rooms)


@asynccontextmanager
async def running_supplier(
    name: str, staging: Staging, *, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[Running]:
    """One supplier at the root of its own server, while the block is open, in the caller's loop."""
    room = make_room(name, staging)
    async with listening(make_app({"": room}), host=host, port=port) as url:
        yield Running(url, room)


@asynccontextmanager
async def running_suppliers(
    stagings: Mapping[str, Staging], *, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[dict[str, Running]]:
    """Several under their protocols' names: `http://host:port/yrapi/`."""
    rooms = {name: make_room(name, staging) for name, staging in stagings.items()}
    async with listening(make_app(rooms), host=host, port=port) as url:
        yield {name: Running(f"{url}{name}/", room) for name, room in rooms.items()}


def serve_supplier(name: str, staging: Staging, *, host: str, port: int) -> None:
    """Serves one until SIGINT or SIGTERM; runs a loop of its own."""
    uvloop.run(until_stopped(running_supplier(name, staging, host=host, port=port)))


def serve_suppliers(stagings: Mapping[str, Staging], *, host: str, port: int) -> None:
    """Serves several until SIGINT or SIGTERM; runs a loop of its own."""
    uvloop.run(until_stopped(running_suppliers(stagings, host=host, port=port)))
