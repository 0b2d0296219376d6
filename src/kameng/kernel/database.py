"""Transactions. A verb owns one and never nests; nobody waits on the network inside one.

Locks are taken in one order: order → payment attempts or delivery → delivery attempts → ledger accounts by id → cards.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import asyncpg
import msgspec

from kameng.kernel.clock import Clock, SystemClock
from kameng.kernel.jobs import Job

_open: ContextVar[bool] = ContextVar("transaction_open", default=False)

if TYPE_CHECKING:
    Connection = asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
else:
    # Only the type stubs know its parameter.
    Connection = asyncpg.pool.PoolConnectionProxy


@dataclass(frozen=True)
class Following:
    """What follows what: by event type, what happens in the same transaction, and which jobs are left behind."""

    at_once: Mapping[type, tuple[Callable[..., Awaitable[Any]], ...]] = field(default_factory=dict)
    later: Mapping[type, tuple[Job, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Transaction:
    """An open transaction and its moment. Store functions take it first and never commit."""

    connection: Connection
    now: datetime
    following: Following


class Database:
    """A pool and a clock. `transaction()` for verbs, `reading()` for a single statement."""

    def __init__(self, pool: asyncpg.Pool, *, following: Following, clock: Clock | None = None) -> None:
        self.pool = pool
        self.following = following
        self.clock = clock or SystemClock()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Commits at the end, rolls back on any exception."""
        assert not _open.get(), "one verb, one transaction: do not nest"
        token = _open.set(True)
        try:
            async with self.pool.acquire() as connection:
                block = connection.transaction()
                await block.start()
                try:
                    yield Transaction(connection, self.clock.now(), self.following)
                except BaseException:
                    await block.rollback()
                    raise
                await self._commit(block)
        finally:
            _open.reset(token)

    async def _commit(self, block: asyncpg.transaction.Transaction) -> None:
        await block.commit()

    @asynccontextmanager
    async def one_statement(self) -> AsyncIterator[Transaction]:
        """For a single writing statement, a transaction by itself: it spares the round trips of BEGIN and COMMIT."""
        assert not _open.get(), "one verb, one transaction: do not nest"
        async with self.pool.acquire() as connection:
            yield Transaction(connection, self.clock.now(), self.following)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Connection]:
        """A connection outside any transaction, for one statement."""
        async with self.pool.acquire() as connection:
            yield connection


def assert_no_transaction() -> None:
    """Called before every call to another machine."""
    assert not _open.get(), "a network call was made while a transaction was open"


async def _prepare(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=_encode_json, decoder=msgspec.json.decode, format="text"
    )


async def _leave_as_it_is(connection: asyncpg.Connection) -> None:
    """Nothing of ours outlives its transaction in a connection, and cleaning up would cost a round trip each time."""


def _encode_json(value: object) -> str:
    return msgspec.json.encode(value).decode()


async def connect(url: str) -> asyncpg.Connection:
    """One connection of its own, for who must keep it."""
    connection = await asyncpg.connect(url)
    await _prepare(connection)
    return connection


async def open_pool(url: str, *, size: int = 4) -> asyncpg.Pool:
    """A pool whose connections give up on a statement after 30 s and on an idle transaction after 30 s.

    More than twice as many connections as cores makes everything slower.
    """
    return await asyncpg.create_pool(
        url,
        min_size=1,
        max_size=size,
        init=_prepare,
        reset=_leave_as_it_is,
        server_settings={
            "application_name": "kameng",
            "statement_timeout": "30s",
            "idle_in_transaction_session_timeout": "30s",
            "timezone": "UTC",
            "jit": "off",
            # Statements are few and their plans don't depend on values; planning costs more than most of them do.
            # `tests/architecture/test_plans.py` looks at the very plans this asks for.
            "plan_cache_mode": "force_generic_plan",
        },
    )
