"""`kameng keys …`"""

import os

import click

from kameng.cli.terms import carry_out, open_database, read_settings, running_database
from kameng.kernel.crypto import new_key
from kameng.settings import KEYS
from kameng.stock.rotate_keys import rotate_keys


@click.group()
def keys() -> None:
    """Root keys: what all secrets in the database stand under. To rotate: add, restart web and worker, rotate."""


@keys.command("add")
def add() -> None:
    """Add a fresh root key; processes started from now on seal under it. The old ones stay: the first makes indexes."""
    settings = read_settings()
    if settings.keys:
        click.echo(f"{KEYS} is set. Add this entry to its end, then restart:\n{new_key()}")
        return
    settings.keyring()
    with settings.key_file.open("a") as file:
        file.write(new_key() + "\n")
        file.flush()
        os.fsync(file.fileno())
    click.echo("Added. Restart web and worker, then run `kameng keys rotate`.")


@keys.command("rotate")
def rotate() -> None:
    """Wrap every card batch under the newest root key. Can be stopped and run again."""
    settings = read_settings()

    async def body(url: str) -> int:
        async with open_database(url) as db:
            return await rotate_keys(db=db, keyring=settings.keyring())

    with running_database(settings) as url:
        count = carry_out(body(url))
    click.echo(f"{count} batches wrapped under key {settings.keyring().current}.")
