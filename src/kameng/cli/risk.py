"""`kameng risk …`"""

from datetime import timedelta

import click

from kameng.cli.terms import carry_out, open_database, read_settings, running_database
from kameng.kernel.database import Database, Transaction
from kameng.orders.name_subject import subject_typed
from kameng.orders.number import grouped
from kameng.risk.lists import EVERY_SITE, list_entries, put_on_list, take_off_list
from kameng.risk.scorecard import Listed, Rule, Scorecard, Thresholds, Weight
from kameng.risk.scores import list_held
from kameng.risk.subjects import SubjectKind
from kameng.risk.weights import read_card, save_thresholds, save_weight

site_option = click.option("--site", type=int, default=EVERY_SITE, help="A site's number; left out: every site.")


@click.group()
def risk() -> None:
    """What orders are weighed by, who is on a list, and what is held back."""


@risk.command("card")
@site_option
def card(site: int) -> None:
    """Show the scorecard as it holds."""

    async def body(url: str) -> Scorecard:
        async with open_database(url) as db, db.reading() as connection:
            return await read_card(connection, site)

    with running_database(read_settings()) as url:
        shown = carry_out(body(url))
    for rule, weight in shown.weights.items():
        click.echo(f"{rule:24} {weight.points:4} points for each {weight.mark}, {weight.times_max} times at most")
    limits = shown.thresholds
    hours = limits.decide_within / timedelta(hours=1)
    click.echo(f"middle from {limits.middle}, high from {limits.high}; {hours:g} hours to answer")


@risk.command("weigh")
@click.argument("rule", type=click.Choice([str(rule) for rule in Rule]))
@click.option("--mark", type=int, help="Counted each time this fits into what is seen.")
@click.option("--points", type=int, help="0 switches the rule off.")
@click.option("--times", type=int, default=1, show_default=True, help="So often at most.")
@site_option
def weigh(rule: str, *, mark: int | None, points: int | None, times: int, site: int) -> None:
    """Weigh RULE otherwise; without --mark and --points as by itself again."""
    if (mark is None) != (points is None):
        msg = "give --mark and --points, or neither"
        raise click.UsageError(msg)
    weight = Weight(mark, points, times) if mark is not None and points is not None else None

    async def body(url: str) -> None:
        async with open_database(url) as db, db.transaction() as tx:
            await save_weight(tx, Rule(rule), weight, site_id=site)

    with running_database(read_settings()) as url:
        carry_out(body(url))


@risk.command("thresholds")
@click.option("--middle", type=int, required=True, help="Points from which the buyer is asked for a second proof.")
@click.option("--high", type=int, required=True, help="Points from which a person has to look.")
@click.option("--hours", type=float, default=24, show_default=True, help="Time to answer.")
@site_option
def thresholds(*, middle: int, high: int, hours: float, site: int) -> None:
    """Set from how many points on an order waits."""

    async def body(url: str) -> None:
        async with open_database(url) as db, db.transaction() as tx:
            await save_thresholds(tx, Thresholds(middle, high, timedelta(hours=hours)), site_id=site)

    with running_database(read_settings()) as url:
        carry_out(body(url))


@risk.command("put")
@click.argument("on", type=click.Choice([str(one) for one in Listed]))
@click.argument("kind", type=click.Choice([str(kind) for kind in SubjectKind]))
@click.option("--reason", required=True, help="Names nobody.")
@click.option("--days", type=int, help="Left out: until somebody takes it off.")
def put(on: str, kind: str, *, reason: str, days: int | None) -> None:
    """Put somebody on a list. Who it is, is asked for, and stands in no history of commands."""
    settings = read_settings()
    subject = click.prompt(kind)

    async def listed(tx: Transaction) -> int:
        until = tx.now + timedelta(days=days) if days is not None else None
        named = subject_typed(settings.keyring(), SubjectKind(kind), subject)
        return await put_on_list(tx, Listed(on), named, reason=reason, until=until, staff_id=None)

    async def body(url: str) -> int:
        async with open_database(url) as db, db.transaction() as tx:
            return await listed(tx)

    with running_database(settings) as url:
        click.echo(f"entry {carry_out(body(url))}")


@risk.command("drop")
@click.argument("entry", type=int)
def drop(entry: int) -> None:
    """Take ENTRY off its list."""

    async def body(url: str) -> bool:
        async with open_database(url) as db, db.transaction() as tx:
            return await take_off_list(tx, entry, staff_id=None)

    with running_database(read_settings()) as url:
        if not carry_out(body(url)):
            msg = f"entry {entry} is on no list"
            raise click.ClickException(msg)


@risk.command("show")
def show() -> None:
    """Show who is on a list, and the orders that are held back."""

    async def tell(db: Database) -> None:
        async with db.reading() as connection:
            for entry in await list_entries(connection, db.clock.now()):
                until = f"until {entry.until:%Y-%m-%d}" if entry.until else "for good"
                click.echo(
                    f"{entry.id:6} {entry.list:6} {entry.subject_kind:8} {entry.label:20} {until}: {entry.reason}"
                )
            for held in await list_held(connection):
                reasons = ", ".join(reason.rule for reason in held.reasons)
                click.echo(f"{grouped(held.order_id)} {held.verdict:6} {held.points} points: {reasons}")

    async def body(url: str) -> None:
        async with open_database(url) as db:
            await tell(db)

    with running_database(read_settings()) as url:
        carry_out(body(url))
