"""One process each: web, worker, sandbox gateway; and migrations."""

import asyncio
import signal
from pathlib import Path

import click
from granian import Granian
from granian.constants import Interfaces

from kameng.cli.terms import read_settings, running_database
from kameng.kernel.logs import configure_logs
from kameng.settings import DATABASE_URL, Settings
from kameng.web.sandbox.serve import serve
from kameng.web.sandbox.signature import Merchant
from kameng.worker import work


@click.command()
def web() -> None:
    """Serve the shop, the API and the console (needs KAMENG_DATABASE_URL)."""
    settings = read_settings()
    _need_database(settings)
    configure_logs(settings.log_level)
    Granian(
        "kameng.app:app_from_environment",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=settings.web_processes,
        websockets=False,
        log_enabled=False,
        respawn_failed_workers=True,
    ).serve()


@click.command()
def worker() -> None:
    """Do the work in the background: expire, ask gateways, refund, import (needs KAMENG_DATABASE_URL)."""
    settings = read_settings()
    url = _need_database(settings)
    configure_logs(settings.log_level)
    asyncio.run(_work(settings, url))


async def _work(settings: Settings, url: str) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await work(settings, url, stop)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8089, show_default=True)
@click.option("--pid", default="1000", show_default=True, help="Merchant number.")
@click.option("--key-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True)
@click.option("--books", type=click.Path(dir_okay=False, path_type=Path), help="Where it keeps its books; else memory.")
def sandbox(host: str, port: int, pid: str, key_file: Path, books: Path | None) -> None:
    """Serve an 易支付 gateway for trying things out: pay, pay twice, pay late, never, forged notices…"""
    merchant = Merchant(pid=pid, key=key_file.read_text().strip())
    serve(merchant=merchant, host=host, port=port, books=books)


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
