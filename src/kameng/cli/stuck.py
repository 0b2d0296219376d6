"""`kameng stuck …`"""

from datetime import timedelta

import click

from kameng.attention.bounds import BOUNDS, Bound, Place, Thing, read_bounds, set_bound
from kameng.attention.stuck import Stuck, list_stuck
from kameng.cli.terms import carry_out, open_database, read_settings, running_database
from kameng.orders.number import grouped

MINUTE = timedelta(minutes=1)


@click.group()
def stuck() -> None:
    """What stands too long in one state, and how long it may."""


@stuck.command("list")
def list_them() -> None:
    """Show what is stuck at this moment, whose it is, and by when it was promised to move."""

    async def body(url: str) -> list[Stuck]:
        async with open_database(url) as db, db.reading() as connection:
            return await list_stuck(connection)

    with running_database(read_settings()) as url:
        found = carry_out(body(url))
    for one in found:
        whose = one.owner or f"nobody ({one.role})"
        click.echo(
            f"{grouped(one.order_id)} {one.thing} {one.state} since {one.since:%m-%d %H:%M}Z,"
            f" promised {one.promise_at:%m-%d %H:%M}Z, escalated {one.escalations} times: {whose}"
        )
    if not found:
        click.echo("nothing is stuck")


@stuck.command("bounds")
def bounds() -> None:
    """Show how long anything may stay in each state."""

    async def body(url: str) -> dict[Place, Bound]:
        async with open_database(url) as db, db.reading() as connection:
            return await read_bounds(connection)

    with running_database(read_settings()) as url:
        held = carry_out(body(url))
    for place, bound in held.items():
        state = f"{place.state}:{place.event}" if place.event else place.state
        most = f", {bound.at_most / MINUTE:g} at most where it is learned" if bound.at_most else ""
        changed = "" if bound == BOUNDS[place] else " (set)"
        click.echo(f"{place.thing:15} {state:30} {bound.bound / MINUTE:6g} minutes{most}; {bound.role}{changed}")


@stuck.command("bound")
@click.argument("thing", type=click.Choice([str(thing) for thing in Thing]))
@click.argument("state")
@click.option("--minutes", type=click.FloatRange(min=0, min_open=True), help="Left out: what it is by itself.")
@click.option("--at-most", type=click.FloatRange(min=0, min_open=True), help="Minutes; of states of delivery alone.")
def bound(thing: str, state: str, *, minutes: float | None, at_most: float | None) -> None:
    """Set how long THING may stay in STATE (`exception:correction_asked` for one entered by that event)."""
    name, _, event = state.partition(":")

    async def body(url: str) -> None:
        async with open_database(url) as db, db.transaction() as tx:
            limit = minutes * MINUTE if minutes is not None else None
            most = at_most * MINUTE if at_most is not None else None
            await set_bound(tx, Place(Thing(thing), name, event), limit, at_most=most)

    with running_database(read_settings()) as url:
        carry_out(body(url))
