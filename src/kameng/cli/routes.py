"""`kameng route …`"""

import re
from collections.abc import Awaitable, Callable
from typing import TypeVar

import click

from kameng.cli.terms import carry_out, fen_given, open_database, read_settings, running_database
from kameng.kernel.database import Transaction
from kameng.kernel.money import yuan
from kameng.supply.edit_route import RouteDraft, accept_price, resume_route, save_route, stop_route
from kameng.supply.list_routes import RouteLine, list_routes

ResultT = TypeVar("ResultT")


@click.group()
def route() -> None:
    """Routes: which goods of which supplier fill a sku."""


@route.command("add")
@click.argument("sku_id", type=int)
@click.argument("supplier_code")
@click.argument("goods")
@click.option("--priority", type=int, default=0, show_default=True, help="Lower is tried first.")
@click.option("--weight", type=int, default=1, show_default=True, help="Chance among equals; 0 is a last resort.")
@click.option("--cost-max", callback=fen_given, metavar="YUAN", help="The most one piece may cost; else its price.")
@click.option("--again", type=int, default=0, show_default=True, help="Times to ask this supplier again for an order.")
@click.option("--open", "hours", metavar="HH:MM-HH:MM", help="Only at this time of day in Shanghai.")
@click.option("--operator", "operators", multiple=True, help="Only for this operator; may be given again.")
@click.option("--field", "fields", multiple=True, metavar="OURS=THEIRS", help="A form field's name at the supplier.")
@click.option("--face", callback=fen_given, metavar="YUAN", help="What a piece of the goods is worth.")
@click.option("--drift", type=int, default=10, show_default=True, help="Percent the price may rise.")
@click.option("--agreed", callback=fen_given, metavar="YUAN", help="The price agreed; else what it costs now.")
@click.option("--off", is_flag=True)
def add(  # noqa: PLR0913 - one parameter an option
    sku_id: int, supplier_code: str, goods: str, *, priority: int, weight: int, cost_max: int | None, again: int,
    hours: str | None, operators: tuple[str, ...], fields: tuple[str, ...], face: int | None, drift: int,
    agreed: int | None, off: bool,
) -> None:  # fmt: skip
    """Fill SKU_ID with GOODS (a number of `kameng supplier goods`) of SUPPLIER_CODE, or change that route."""
    open_from, open_to = _minutes(hours) if hours else (None, None)
    draft = RouteDraft(
        sku_id, supplier_code, goods, face_fen=face, priority=priority, weight=weight, cost_max_fen=cost_max,
        again=again, open_from=open_from, open_to=open_to, operators=operators,
        field_names=dict(pair.split("=", 1) for pair in fields if "=" in pair), drift_max_percent=drift,
        enabled=not off, agreed_price_fen=agreed,
    )  # fmt: skip
    route_id = _in_one(lambda tx: save_route(tx, draft))
    click.echo(f"Saved route {route_id}.")


@route.command("list")
@click.option("--sku", "sku_id", type=int)
@click.option("--supplier", "supplier_code")
@click.option("--stopped", is_flag=True, help="Only those that stopped.")
@click.option("--after", type=int, default=0, metavar="ROUTE", help="Go on behind this one.")
def list_command(sku_id: int | None, supplier_code: str | None, *, stopped: bool, after: int) -> None:
    """Show routes with prices, stock, and why they stopped, 200 at a time."""

    async def body(url: str) -> list[RouteLine]:
        async with open_database(url) as db, db.reading() as connection:
            return await list_routes(
                connection, sku_id=sku_id, supplier_code=supplier_code, stopped_only=stopped, after=after
            )

    with running_database(read_settings()) as url:
        for line in carry_out(body(url)):
            click.echo(_told(line))


@route.command("stop")
@click.argument("route_id", type=int)
@click.option("--why", required=True)
def stop(route_id: int, why: str) -> None:
    """Let no order take a route."""
    _in_one(lambda tx: stop_route(tx, route_id, why=why))


@route.command("resume")
@click.argument("route_id", type=int)
def resume(route_id: int) -> None:
    """Let a stopped route go on; its price may stop it again."""
    goes_on = _in_one(lambda tx: resume_route(tx, route_id))
    click.echo("It goes on." if goes_on else "Its price stopped it again; see `kameng route accept`.")


@route.command("accept")
@click.argument("route_id", type=int)
@click.option("--cost-max", callback=fen_given, metavar="YUAN", help="A new limit for what one piece may cost.")
def accept(route_id: int, cost_max: int | None) -> None:
    """Agree to what a route's goods cost now, and let it go on."""
    price_fen = _in_one(lambda tx: accept_price(tx, route_id, cost_max_fen=cost_max))
    click.echo(f"Agreed to ¥{yuan(price_fen)}.")


def _in_one(verb: Callable[[Transaction], Awaitable[ResultT]]) -> ResultT:
    async def body(url: str) -> ResultT:
        async with open_database(url) as db, db.transaction() as tx:
            return await verb(tx)

    with running_database(read_settings()) as url:
        return carry_out(body(url))


def _minutes(hours: str) -> tuple[int, int]:
    found = re.fullmatch(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)", hours)
    if not found:
        raise click.BadParameter(hours, param_hint="--open")
    start, start_minute, end, end_minute = map(int, found.groups())
    return start * 60 + start_minute, end * 60 + end_minute


def _told(line: RouteLine) -> str:
    own = line.route
    price = "?" if line.price_now_fen is None else yuan(line.price_now_fen)
    stock = "" if line.stock is None else f", {line.stock} left"
    state = "on" if own.enabled and line.supplier_enabled else "off"
    if own.stopped_because:
        state = f"stopped: {own.stopped_because}"
    return (
        f"{own.id:5}  sku {own.sku_id} {line.product_name} {line.face_value} ¥{yuan(line.sells_fen)} ← "
        f"{own.supplier_code} {own.goods} {line.goods_name or ''} ¥{price} (agreed ¥{yuan(line.agreed_price_fen)})"
        f"{stock}  priority {own.priority}, weight {own.weight}  {state}"
    )
