"""What every command starts with: settings, a database that runs, and refusals told as one plain line."""

import asyncio
import os
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

import click

from kameng.journey import FOLLOWING
from kameng.kernel.database import Database, open_pool
from kameng.kernel.embedded import EmbeddedPostgres
from kameng.kernel.errors import Refusal
from kameng.kernel.migrations import MigrationChanged, migrate
from kameng.kernel.money import fen_of
from kameng.settings import Settings, SettingWrong, settings_from

ResultT = TypeVar("ResultT")


def read_settings() -> Settings:
    """Settings from the environment; a wrong one ends the command with the reason."""
    try:
        return settings_from(os.environ)
    except SettingWrong as wrong:
        raise click.ClickException(str(wrong)) from wrong


def embedded(settings: Settings) -> EmbeddedPostgres:
    """The server in the data folder; as root its files live under /var/lib, where its own user may enter."""
    folder = settings.data.resolve()
    if os.geteuid() == 0:
        digest = str(folder).strip("/").replace("/", "-")
        return EmbeddedPostgres(EmbeddedPostgres.ROOT_FOLDER / digest)
    return EmbeddedPostgres(folder / "postgres")


@contextmanager
def running_database(settings: Settings) -> Iterator[str]:
    """The URL of a migrated database. An embedded server that was not running is stopped again at the end."""
    if settings.database_url is not None:
        bring_up_to_date(settings.database_url)
        yield settings.database_url
        return
    server = embedded(settings)
    was_running = server.is_running()
    server.start()
    try:
        bring_up_to_date(server.url)
        yield server.url
    finally:
        if not was_running:
            server.stop()


def bring_up_to_date(url: str) -> None:
    """Migrate; files that don't fit this database end the command with the reason."""
    try:
        asyncio.run(migrate(url))
    except MigrationChanged as changed:
        raise click.ClickException(str(changed)) from changed


@asynccontextmanager
async def open_database(url: str) -> AsyncIterator[Database]:
    async with await open_pool(url) as pool:
        yield Database(pool, following=FOLLOWING)


def carry_out(body: Coroutine[Any, Any, ResultT]) -> ResultT:
    """Run an async body; a refusal ends the command with its words, and each wrong field with its own."""
    try:
        return asyncio.run(body)
    except Refusal as refusal:
        words = refusal.words.chinese % refusal.values if refusal.values else refusal.words.chinese
        lines = [words, *(f"  {name}: {words.chinese}" for name, words in refusal.fields.items())]
        raise click.ClickException("\n".join(lines)) from refusal


def fen_given(_context: click.Context, parameter: click.Parameter, value: str | None) -> int | None:
    """An option in yuan, read as fen."""
    if value is None:
        return None
    try:
        return fen_of(value)
    except ValueError as error:
        raise click.BadParameter(str(error), param=parameter) from error
