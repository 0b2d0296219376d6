"""The PostgreSQL server of a test run: our own in a temporary folder, or the one KAMENG_TEST_DATABASE_URL names.

One server a run, one migrated template on it, one database a pytest-xdist worker cloned from the template.
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from kameng.kernel.embedded import EmbeddedPostgres
from kameng.kernel.migrations import migrate

ResultT = TypeVar("ResultT")

FOLDER_PREFIX = "kameng-test-"
# A test database may lose everything in a power cut; waiting for the disk would only make the run longer.
FAST = ("fsync", "synchronous_commit", "full_page_writes")


class TestServer:
    """Start it once a run; `clone` a database a worker; `stop` drops what was made."""

    __test__ = False

    def __init__(self) -> None:
        self.foreign_url = os.environ.get("KAMENG_TEST_DATABASE_URL")
        self.template = f"kameng_template_{os.getpid()}"
        self.embedded: EmbeddedPostgres | None = None

    def start(self) -> None:
        if self.foreign_url is None:
            _remove_what_killed_runs_left()
            folder = Path(tempfile.mkdtemp(prefix=f"{FOLDER_PREFIX}{os.getpid()}-"))
            self.embedded = EmbeddedPostgres(folder)
            self.embedded.start()
            for setting in FAST:
                self._run(f"ALTER SYSTEM SET {setting} = off")
            self._run("SELECT pg_reload_conf()")
        self._run(f"CREATE DATABASE {self.template}")
        asyncio.run(migrate(self.url_of(self.template)))

    def stop(self) -> None:
        if self.embedded is None:
            self.drop(self.template)
        else:
            self.embedded.stop()
            shutil.rmtree(self.embedded.folder)
            shutil.rmtree(self.embedded.socket_folder, ignore_errors=True)

    def url_of(self, database: str) -> str:
        if self.embedded is not None:
            return self.embedded.url_of(database)
        assert self.foreign_url is not None
        return with_database(self.foreign_url, database)

    def _run(self, statement: str) -> None:
        run_on(self.url_of("postgres"), statement)

    def drop(self, database: str) -> None:
        self._run(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")


def with_database(url: str, database: str) -> str:
    """The same server, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def clone(template_url: str, database: str) -> str:
    """A fresh copy of the template on the same server; its address."""
    template = urlsplit(template_url).path.lstrip("/")
    run_on(with_database(template_url, "postgres"), f"CREATE DATABASE {database} TEMPLATE {template}")
    return with_database(template_url, database)


# Deleting the few rows of a test takes a tenth of the time of TRUNCATE, which makes new files for every table and
# index. Tables that became large are truncated all the same, and whatever refers to them with them. Nobody may write
# meanwhile: a test that leaves a transaction open is seen after ten seconds.
EMPTY = """
DO $$
DECLARE
    place record;
BEGIN
    SET LOCAL lock_timeout = '10s';
    SET LOCAL session_replication_role = replica;
    FOR place IN
        SELECT oid, format('%I', relname) AS name FROM pg_class
        WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace AND relname <> 'migrations'
        ORDER BY relname
    LOOP
        EXECUTE 'LOCK TABLE ' || place.name || ' IN SHARE ROW EXCLUSIVE MODE';
        IF pg_relation_size(place.oid) > 1000000 THEN
            EXECUTE 'TRUNCATE ' || place.name || ' CASCADE';
        ELSIF pg_relation_size(place.oid) > 0 THEN
            EXECUTE 'DELETE FROM ' || place.name;
        END IF;
    END LOOP;
    PERFORM setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
    FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL;
END
$$
"""


def empty(url: str) -> None:
    """No rows left in any table but the list of migrations; numbers start at one again."""
    run_on(url, EMPTY)


def run_on(url: str, statement: str) -> None:
    async def execute(connection: asyncpg.Connection) -> None:
        await connection.execute(statement)

    on(url, execute)


def on(url: str, work: Callable[[asyncpg.Connection], Awaitable[ResultT]]) -> ResultT:
    """Do something on a connection of its own, from code that is not asynchronous."""

    async def connected() -> ResultT:
        connection = await asyncpg.connect(url)
        try:
            return await work(connection)
        finally:
            await connection.close()

    return asyncio.run(connected())


def _remove_what_killed_runs_left() -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER_PREFIX}*"):
        owner = int(folder.name.removeprefix(FOLDER_PREFIX).partition("-")[0])
        if not Path(f"/proc/{owner}").exists():
            # Another run may be removing it at this moment.
            with suppress(OSError):
                EmbeddedPostgres(folder).stop()
                shutil.rmtree(folder)
