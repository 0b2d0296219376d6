"""Plain SQL files, applied in order of name, each once, under a lock that dies with its holder."""

import hashlib
from pathlib import Path

import asyncpg

from kameng.kernel.database import Connection

FOLDER = Path(__file__).parents[3] / "migrations"
LOCK = 0x6B616D656E67  # "kameng"


class MigrationChanged(Exception):
    """A file that has been applied was edited afterwards; write a new one instead."""

    def __init__(self, name: str) -> None:
        super().__init__(f"migrations/{name} was changed after it was applied to this database")


async def migrate(url: str) -> list[str]:
    """Bring the database at `url` up to date; the names of the files applied now. Raises MigrationChanged."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", LOCK)
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS migrations"
            " (name text PRIMARY KEY, digest text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
        )
        known = {row["name"]: row["digest"] for row in await connection.fetch("SELECT name, digest FROM migrations")}
        return [file.name for file in sorted(FOLDER.glob("*.sql")) if await _apply(connection, file, known)]
    finally:
        await connection.close()


async def _apply(connection: asyncpg.Connection, file: Path, known: dict[str, str]) -> bool:
    script = file.read_text()
    digest = hashlib.sha256(script.encode()).hexdigest()
    if file.name in known:
        if known[file.name] != digest:
            raise MigrationChanged(file.name)
        return False
    async with connection.transaction():
        await connection.execute(script)
        await connection.execute("INSERT INTO migrations (name, digest) VALUES ($1, $2)", file.name, digest)
    return True


async def missing_migrations(connection: Connection) -> list[str]:
    """Files that this database has not seen; raises asyncpg's error when nothing was ever applied."""
    known = {row["name"] for row in await connection.fetch("SELECT name FROM migrations")}
    return [file.name for file in sorted(FOLDER.glob("*.sql")) if file.name not in known]
