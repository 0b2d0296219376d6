"""The least a web server can do for a lookup: one statement, its row as JSON. Served by Granian like the shop itself.

The connections are set up as the shop's are, but kept: a pool has work to do each time one comes back.
"""

import asyncio
import gc
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Protocol

import msgspec

from kameng.kernel.database import Connection, open_pool
from kameng.risk.guard import GuardRules, subjects_of
from kameng.tracking.queries import LOOKUP

CONNECTIONS = 4
ADDRESS = "127.0.0.1"
_HEADERS = [("content-type", "application/json")]


class _Answering(Protocol):
    """What Granian's RSGI hands over."""

    def __call__(self) -> Awaitable[bytes]: ...

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None: ...


class Asked(msgspec.Struct):
    id: int
    second_factor: str


_decode: Callable[[bytes], Asked] = msgspec.json.Decoder(Asked).decode
_encode = msgspec.json.Encoder().encode


class Floor:
    """`POST /` looks up; `POST /empty` answers at once, for what the load generator and the server can do alone."""

    def __init__(self) -> None:
        self._free: asyncio.Queue[Connection] = asyncio.Queue()
        self._windows: list[datetime] = []

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.run_until_complete(self._open())
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 50, 100)

    async def __rsgi__(self, scope: Any, protocol: _Answering) -> None:
        body = await protocol()
        answer = b"{}" if scope.path == "/empty" else await self._look_up(_decode(body))
        protocol.response_bytes(200, _HEADERS, answer)

    async def _open(self) -> None:
        rules, now = GuardRules(), datetime.now(UTC)
        self._windows = [rules.window_of(subject, now) for subject in subjects_of(ADDRESS, [0])]
        pool = await open_pool(os.environ["BENCH_DATABASE_URL"], size=CONNECTIONS)
        for _ in range(CONNECTIONS):
            connection = await pool.acquire()
            # JSON from the database goes out as it came.
            await connection.reset_type_codec("jsonb", schema="pg_catalog")
            self._free.put_nowait(connection)

    async def _look_up(self, asked: Asked) -> bytes:
        connection = await self._free.get()
        try:
            rows = await connection.fetch(
                LOOKUP, [asked.id], [bytes.fromhex(asked.second_factor)], subjects_of(ADDRESS, [asked.id]),
                self._windows,
            )  # fmt: skip
        finally:
            self._free.put_nowait(connection)
        row = dict(rows[0])
        row["events"] = msgspec.Raw(row["events"].encode())
        row["failures"] = msgspec.Raw(row["failures"].encode())
        return _encode(row)


application = Floor()
