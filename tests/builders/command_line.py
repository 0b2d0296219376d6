"""The command line as the one who runs the shop types it, and what it left in the database."""

import asyncio
from collections.abc import Callable

import asyncpg
from click.testing import Result

Kameng = Callable[..., Result]


def read(database_url: str, statement: str) -> list[tuple[object, ...]]:
    async def fetch() -> list[tuple[object, ...]]:
        connection = await asyncpg.connect(database_url)
        try:
            return [tuple(row) for row in await connection.fetch(statement)]
        finally:
            await connection.close()

    return asyncio.run(fetch())
