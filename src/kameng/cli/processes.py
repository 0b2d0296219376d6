"""One process each: web, worker; and migrations."""

import asyncio
import os
import resource
import signal
import sys

import click
import uvloop

from kameng.cli.terms import read_settings, running_database
from kameng.kernel.logs import configure_logs
from kameng.settings import DATABASE_URL, Settings
from kameng.worker import work


@click.command()
def web() -> None:
    """Serve the shop, the API and the console (needs KAMENG_DATABASE_URL)."""
    settings = read_settings()
    _need_database(settings)
    # Every listener of a live page is an open file.
    _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))
    # The server's main process only watches; replacing ourselves keeps it small.
    os.execv(  # noqa: S606 - ourselves
        sys.executable,
        [sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--loop", "uvloop", "--no-ws", "--no-log",
         "--host", settings.host, "--port", str(settings.port), "--workers", str(settings.web_processes),
         "--respawn-failed-workers", "--backlog", "4096", "--backpressure", "8192", "kameng.app:app_from_environment"],
    )  # fmt: skip


@click.command()
def worker() -> None:
    """Do the work in the background: expire, ask gateways, refund, import (needs KAMENG_DATABASE_URL)."""
    settings = read_settings()
    url = _need_database(settings)
    configure_logs(settings.log_level)
    uvloop.run(_work(settings, url))


async def _work(settings: Settings, url: str) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await work(settings, url, stop)


@click.command("migrate")
def migrate_command() -> None:
    """Bring the database up to date."""
    settings = read_settings()
    with running_database(settings):
        click.echo("The database is up to date.")


def _need_database(settings: Settings) -> str:
    if settings.database_url is None:
        msg = f"{DATABASE_URL} is not set; `kameng up` brings a database of its own"
        raise click.ClickException(msg)
    return settings.database_url
