"""`kameng staff …`"""

import secrets

import click

from kameng.cli.terms import carry_out, open_database, read_settings, running_database
from kameng.staff.add_staff import add_staff
from kameng.staff.reset import reset_password, reset_totp
from kameng.staff.roles import Role


@click.group()
def staff() -> None:
    """People who work here."""


@staff.command("add")
@click.argument("login")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.password_option(help="At least 12 characters; asked for when not given.")
def add(login: str, role: str, password: str) -> None:
    """Add a member of staff; they enrol their authenticator at the first log-in."""

    async def body(url: str) -> None:
        async with open_database(url) as db:
            await add_staff(db=db, login=login, password=password, role=Role(role))

    with running_database(read_settings()) as url:
        carry_out(body(url))
    click.echo(f"Added {login} as {role}.")


@staff.command("reset-password")
@click.argument("login")
def reset_password_command(login: str) -> None:
    """Give a member a new random password and close their sessions."""
    password = secrets.token_urlsafe(12)

    async def body(url: str) -> None:
        async with open_database(url) as db:
            await reset_password(db=db, login=login, password=password)

    with running_database(read_settings()) as url:
        carry_out(body(url))
    click.echo(f"New password of {login}: {password}")


@staff.command("reset-totp")
@click.argument("login")
def reset_totp_command(login: str) -> None:
    """Forget a member's authenticator; they enrol a new one at the next log-in."""

    async def body(url: str) -> None:
        async with open_database(url) as db:
            await reset_totp(db=db, login=login)

    with running_database(read_settings()) as url:
        carry_out(body(url))
    click.echo(f"{login} enrols a new authenticator at the next log-in.")
