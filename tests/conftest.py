"""Fixtures everybody shares: a real PostgreSQL with real commits, a clock that stands still, keys that never change."""

import base64
import os
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import asyncpg
import pytest

from kameng.journey import FOLLOWING
from kameng.kernel.clock import VirtualClock
from kameng.kernel.crypto import Keyring, keyring_of
from kameng.kernel.database import Database, open_pool
from tests.builders.shop import Shop, a_shop
from tests.postgres import TestServer, clone, empty, run_on, with_database

START = datetime(2026, 11, 22, 6, 30, 55, tzinfo=UTC)

_server = pytest.StashKey[TestServer]()


def pytest_xdist_setupnodes(config: pytest.Config) -> None:
    """One server for all workers, started before any of them."""
    _start(config)


def pytest_configure_node(node: pytest.Item) -> None:
    server = node.config.stash[_server]
    node.workerinput["template_url"] = server.url_of(server.template)  # type: ignore[attr-defined]


def pytest_unconfigure(config: pytest.Config) -> None:
    if _server in config.stash:
        config.stash[_server].stop()


def _start(config: pytest.Config) -> TestServer:
    server = TestServer()
    config.stash[_server] = server
    server.start()
    return server


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def template_url(request: pytest.FixtureRequest) -> str:
    """A migrated, empty database nobody writes to."""
    if hasattr(request.config, "workerinput"):
        url: str = request.config.workerinput["template_url"]
        return url
    server = _start(request.config)
    return server.url_of(server.template)


@pytest.fixture(scope="session")
def _own_database(template_url: str) -> Iterator[str]:
    name = f"kameng_test_{os.getpid()}"
    yield clone(template_url, name)
    run_on(with_database(template_url, "postgres"), f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database_url(_own_database: str) -> str:
    """An empty migrated database, this worker's own."""
    empty(_own_database)
    return _own_database


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(database_url, size=8)
    yield pool
    await pool.close()


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(START)


@pytest.fixture(scope="session")
def keyring() -> Keyring:
    return keyring_of(f"test:{base64.b64encode(bytes(range(32))).decode()}")


@pytest.fixture
async def db(pool: asyncpg.Pool, clock: VirtualClock) -> Database:
    """The database as the application sees it, with everything that follows an event."""
    return Database(pool, following=FOLLOWING, clock=clock)


@pytest.fixture
async def shop(db: Database, keyring: Keyring, clock: VirtualClock) -> Shop:
    """Two banks and nothing for sale yet; see tests/builders."""
    return await a_shop(db, keyring, clock)
