"""The schema is made once, whoever asks and however often, and never silently differs from its files."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from kameng.kernel import migrations
from kameng.kernel.migrations import FOLDER, MigrationChanged, migrate
from tests.conftest import START
from tests.postgres import run_on, with_database

pytestmark = pytest.mark.anyio


@pytest.fixture
def bare_url(template_url: str) -> Iterator[str]:
    """A database without anything in it."""
    name = f"kameng_bare_{uuid4().hex[:12]}"
    server = with_database(template_url, "postgres")
    run_on(server, f"CREATE DATABASE {name}")
    yield with_database(template_url, name)
    run_on(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the migrations that a test may edit."""
    copy = tmp_path / "migrations"
    shutil.copytree(FOLDER, copy)
    monkeypatch.setattr(migrations, "FOLDER", copy)
    return copy


async def tables(url: str) -> set[str]:
    connection = await asyncpg.connect(url)
    rows = await connection.fetch("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 2200")
    await connection.close()
    return {row["relname"] for row in rows}


async def test_all_files_are_applied_once_and_in_order(bare_url: str) -> None:
    names = sorted(file.name for file in FOLDER.glob("*.sql"))
    assert await migrate(bare_url) == names
    assert await migrate(bare_url) == []
    assert {"orders", "cards", "receipts", "staff", "pgqueuer", "migrations"} <= await tables(bare_url)


async def test_processes_that_start_together_migrate_once(bare_url: str) -> None:
    applied = await asyncio.gather(*(migrate(bare_url) for _ in range(4)))
    assert sorted(map(len, applied)) == [0, 0, 0, len(list(FOLDER.glob("*.sql")))]


async def test_a_file_edited_after_it_was_applied_is_refused(bare_url: str, folder: Path) -> None:
    await migrate(bare_url)
    edited = folder / "0001_sites_and_catalogue.sql"
    edited.write_text(edited.read_text() + "\nCREATE TABLE afterthought ();\n")
    with pytest.raises(MigrationChanged, match=edited.name):
        await migrate(bare_url)
    assert "afterthought" not in await tables(bare_url)


async def test_a_file_that_fails_leaves_nothing_and_can_be_mended(bare_url: str, folder: Path) -> None:
    await migrate(bare_url)
    added = folder / "9999_added.sql"
    added.write_text("CREATE TABLE half (); SELECT 1 / 0;")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(bare_url)
    assert "half" not in await tables(bare_url)
    added.write_text("CREATE TABLE whole ();")
    assert await migrate(bare_url) == ["9999_added.sql"]
    assert "whole" in await tables(bare_url)


async def test_history_can_be_added_to_and_never_rewritten(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute(
        "INSERT INTO staff_audit (login, action, subject, at) VALUES ('a', 'order:looked_at', '1', $1::timestamptz)",
        START,
    )
    for table in ("order_events", "staff_audit"):
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET facts = '{{}}'"):
            with pytest.raises(asyncpg.RaiseError, match="append-only"):
                await connection.execute(statement)
    assert await connection.fetchval("SELECT count(*) FROM staff_audit") == 1
    await connection.close()
