"""`kameng doctor`"""

import sys

import click

from kameng.cli.terms import carry_out, open_database, read_settings, running_database
from kameng.invariants.check import Violation, check_invariants


@click.command()
def doctor() -> None:
    """Check on the live database that no card, no money and no order got lost. Ends with 1 if something is wrong."""

    async def body(url: str) -> list[Violation]:
        async with open_database(url) as db:
            return await check_invariants(db, now=db.clock.now())

    with running_database(read_settings()) as url:
        violations = carry_out(body(url))
    for violation in violations:
        click.echo(f"✗ {violation}")
    if violations:
        sys.exit(1)
    click.echo("✓ Cards, money, orders and their stories agree.")
