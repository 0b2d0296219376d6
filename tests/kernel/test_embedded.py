"""PostgreSQL in a folder: only we can enter, the folders above stay as they were, and data outlive a restart."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from kameng.kernel.embedded import EmbeddedPostgres
from kameng.kernel.migrations import migrate


def modes_above(folder: Path) -> dict[Path, tuple[int, int, int]]:
    """Permissions and owners of every folder above this one."""
    return {path: (path.stat().st_mode, path.stat().st_uid, path.stat().st_gid) for path in folder.parents}


@pytest.fixture(scope="module")
def parent() -> Iterator[Path]:
    """A folder like a home: others may pass through it, and no more."""
    folder = Path(tempfile.mkdtemp(prefix="kameng-embedded-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def server(parent: Path) -> Iterator[EmbeddedPostgres]:
    before = modes_above(parent / "data")
    server = EmbeddedPostgres(parent / "postgres")
    server.start()
    assert modes_above(parent / "data") == before
    yield server
    server.stop()
    shutil.rmtree(server.socket_folder)


async def ask(server: EmbeddedPostgres, question: str) -> object:
    connection = await asyncpg.connect(server.url)
    answer: object = await connection.fetchval(question)
    await connection.close()
    return answer


def test_folders_above_keep_their_permissions(server: EmbeddedPostgres, parent: Path) -> None:
    assert parent.stat().st_mode & 0o777 == 0o711
    assert parent.stat().st_uid == os.geteuid()


def test_nobody_else_gets_in(server: EmbeddedPostgres) -> None:
    for folder in (server.folder, server.data, server.socket_folder):
        assert folder.stat().st_mode & 0o077 == 0
    assert asyncio.run(ask(server, "SHOW listen_addresses")) == ""


def test_it_does_not_run_as_root(server: EmbeddedPostgres) -> None:
    process = int((server.data / "postmaster.pid").read_text().split()[0])
    assert Path(f"/proc/{process}").stat().st_uid != 0


def test_it_is_a_postgresql_our_schema_fits_on(server: EmbeddedPostgres) -> None:
    assert asyncio.run(migrate(server.url)) != []
    assert asyncio.run(ask(server, "SELECT current_setting('server_version_num')::int >= 150000")) is True


def test_starting_it_twice_changes_nothing(server: EmbeddedPostgres) -> None:
    started = asyncio.run(ask(server, "SELECT pg_postmaster_start_time()"))
    server.start()
    assert asyncio.run(ask(server, "SELECT pg_postmaster_start_time()")) == started


def test_data_outlive_a_restart(server: EmbeddedPostgres) -> None:
    asyncio.run(ask(server, "CREATE TABLE kept AS SELECT 7 AS number"))
    server.stop()
    assert not server.is_running()
    server.start()
    assert asyncio.run(ask(server, "SELECT number FROM kept")) == 7


def test_a_folder_with_a_long_name_works(parent: Path) -> None:
    server = EmbeddedPostgres(parent / ("long" * 40))
    assert len(str(server.socket_folder / ".s.PGSQL.5432")) < 107


def test_stopping_what_does_not_run_is_fine(parent: Path) -> None:
    EmbeddedPostgres(parent / "never").stop()
    assert not (parent / "never").exists()


def test_its_own_programs_can_be_used(server: EmbeddedPostgres) -> None:
    assert "PostgreSQL database dump" in server.command("pg_dump", "--schema-only", "kameng").stdout
