"""`kameng supplier …`"""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

import click

from kameng.adapters.http import HttpClient
from kameng.adapters.suppliers.table import PROTOCOLS, supplier_makers
from kameng.cli.terms import carry_out, fen_given, open_database, read_settings, running_database
from kameng.fulfilment.map_goods import map_goods, preview_mapping
from kameng.kernel.clock import SHANGHAI, SystemClock
from kameng.kernel.database import Database
from kameng.kernel.money import yuan
from kameng.supply.add_supplier import SupplierDraft, add_supplier
from kameng.supply.list_goods import GoodsPick, ListedGoods, list_goods
from kameng.supply.list_suppliers import SupplierLine, list_suppliers
from kameng.supply.map_goods import Mapped, MappingRule, MarkUp
from kameng.supply.suppliers import Suppliers
from kameng.supply.sync_goods import sync_goods, sync_soon

_OPTIONS_HELP = "\n\n".join(
    f"{protocol.name}: " + ", ".join(option.name for option in protocol.options) for protocol in PROTOCOLS.values()
)


@click.group()
def supplier() -> None:
    """Suppliers: who sells to us, and what."""


@supplier.command("add", epilog=f"Options of each protocol: {_OPTIONS_HELP}")
@click.argument("code")
@click.option("--name", required=True, help="What staff read.")
@click.option("--protocol", type=click.Choice(sorted(PROTOCOLS)), required=True)
@click.option("--set", "values", multiple=True, metavar="NAME=VALUE", help="An option of the protocol.")
@click.option("--secret", "secret_names", multiple=True, metavar="NAME", help="An option to be asked for, unseen.")
@click.option("--calls-at-once", type=int, default=50, show_default=True)
@click.option("--balance-low", callback=fen_given, default="0", metavar="YUAN", help="Below this an alarm is raised.")
@click.option("--off", is_flag=True, help="Known, but not used.")
def add(  # noqa: PLR0913 - one parameter an option
    code: str, *, name: str, protocol: str, values: tuple[str, ...], secret_names: tuple[str, ...], calls_at_once: int,
    balance_low: int, off: bool,
) -> None:  # fmt: skip
    """Add a supplier, or change the one with this CODE. A running worker reads its goods at once."""
    config = dict(value.split("=", 1) for value in values if "=" in value)
    config |= {secret: click.prompt(secret, hide_input=True) for secret in secret_names}
    settings = read_settings()
    draft = SupplierDraft(
        code, name, protocol, config, enabled=not off, calls_at_once=calls_at_once, balance_low_fen=balance_low
    )

    async def body(url: str) -> None:
        async with HttpClient() as http, open_database(url) as db, db.transaction() as tx:
            await add_supplier(tx, settings.keyring(), supplier_makers(http, SystemClock()), draft)

    with running_database(settings) as url:
        carry_out(body(url))
    click.echo(f"Saved {code}. The supplier's callback address is {settings.public_url}/callbacks/suppliers/{code}")


@supplier.command("list")
def list_command() -> None:
    """Show the suppliers: balance, when their goods were read, and what went wrong."""

    async def body(url: str) -> list[SupplierLine]:
        async with open_database(url) as db, db.reading() as connection:
            return await list_suppliers(connection)

    with running_database(read_settings()) as url:
        for line in carry_out(body(url)):
            _show_supplier(line)


@supplier.command("sync")
@click.argument("code")
def sync(code: str) -> None:
    """Read the goods of the supplier with this CODE now."""
    settings = read_settings()

    async def body(url: str) -> SupplierLine | None:
        async with HttpClient() as http, open_database(url) as db:
            suppliers = Suppliers(db, settings.keyring(), supplier_makers(http, db.clock))
            await sync_soon(db, await suppliers.named(code))
            await sync_goods(db=db, suppliers=suppliers)
            async with db.reading() as connection:
                return next((line for line in await list_suppliers(connection) if line.code == code), None)

    with running_database(settings) as url:
        line = carry_out(body(url))
        if line is not None:
            _show_supplier(line)
            for entry in line.report.get("unusable", ()):
                click.echo(f"  can't be taken: {entry['number']}: {entry['why']}")


@supplier.command("goods")
@click.argument("code")
@click.option("--category")
@click.option("--containing", metavar="TEXT", help="In the name.")
@click.option("--new", "new_only", is_flag=True, help="On sale, and without a route.")
@click.option("--after", default="", metavar="NUMBER", help="Go on behind these goods.")
def goods(code: str, *, category: str | None, containing: str | None, new_only: bool, after: str) -> None:
    """Show what the supplier with this CODE sells, 200 at a time."""
    pick = GoodsPick(code, category, containing, unmapped_only=new_only)

    async def body(url: str) -> list[ListedGoods]:
        async with open_database(url) as db, db.reading() as connection:
            return await list_goods(connection, pick, after=after)

    with running_database(read_settings()) as url:
        for one in carry_out(body(url)):
            stock = "" if one.stock is None else f"  {one.stock} left"
            state = "" if one.on_sale else "  not on sale"
            skus = f"  → {', '.join(map(str, one.sku_ids))}" if one.sku_ids else ""
            click.echo(f"{one.number:12} ¥{yuan(one.price_fen):>9}  [{one.category}] {one.name}{stock}{state}{skus}")


@supplier.command("map")
@click.argument("code")
@click.argument("product_slug")
@click.option("--category")
@click.option("--containing", metavar="TEXT", help="In the name.")
@click.option("--number", "numbers", multiple=True, help="These goods; may be given again.")
@click.option("--by-face", is_flag=True, help="Goods of one face value become one sku with several routes.")
@click.option("--percent", default="5", show_default=True, help="Mark-up.")
@click.option("--plus", callback=fen_given, default="0", metavar="YUAN", help="Added to that.")
@click.option("--round", "round_to", callback=fen_given, default="0.01", metavar="YUAN", help="Rounded up to this.")
@click.option("--operator", "operators", multiple=True, help="Only for numbers of this operator; may be given again.")
@click.option("--yes", is_flag=True, help="Do it; otherwise it is only shown.")
def map_command(  # noqa: PLR0913 - one parameter an option
    code: str, product_slug: str, *, category: str | None, containing: str | None, numbers: tuple[str, ...],
    by_face: bool, percent: str, plus: int, round_to: int, operators: tuple[str, ...], yes: bool,
) -> None:  # fmt: skip
    """Turn goods of the supplier CODE that are on sale and have no route into skus of PRODUCT_SLUG, with routes."""
    pick = GoodsPick(code, category, containing, numbers, unmapped_only=True)
    mark_up = MarkUp(_percent(percent), plus, max(1, round_to))
    rule = MappingRule(product_slug, mark_up, by_face=by_face, operators=operators)

    async def body(url: str) -> tuple[Sequence[Mapped], int]:
        async with open_database(url) as db:
            return await _map(db, pick, rule, carry=yes)

    with running_database(read_settings()) as url:
        planned, routes = carry_out(body(url))
    for mapped in planned:
        _show_mapped(mapped)
    done = f"{routes} routes saved." if yes else "Nothing was written; add --yes to do it."
    click.echo(f"{sum(m.problem is None for m in planned)} of {len(planned)} goods can be mapped. {done}")


async def _map(db: Database, pick: GoodsPick, rule: MappingRule, *, carry: bool) -> tuple[Sequence[Mapped], int]:
    planned = await preview_mapping(db=db, pick=pick, rule=rule)
    return planned, await map_goods(db=db, planned=planned, rule=rule) if carry else 0


def _percent(text: str) -> Decimal:
    try:
        percent = Decimal(text)
    except InvalidOperation:
        percent = Decimal(-1)
    if not 0 <= percent <= 1000:
        raise click.BadParameter(text, param_hint="--percent")
    return percent


def _show_mapped(mapped: Mapped) -> None:
    cost, price = yuan(mapped.goods.price_fen), yuan(mapped.price_fen)
    if mapped.problem:
        click.echo(f"  -  {mapped.goods.number:12} {mapped.goods.name}: {mapped.problem.chinese}")
    else:
        sku = f"sku {mapped.sku_id}" if mapped.sku_id else "new"
        click.echo(f"  {mapped.goods.number:12} {mapped.goods.name} ¥{cost} → {mapped.face_value} ¥{price} ({sku})")


def _show_supplier(line: SupplierLine) -> None:
    state = "on" if line.enabled else "off"
    balance = "unknown" if line.balance_fen is None else f"¥{yuan(line.balance_fen)}"
    read = f"{line.synced_at.astimezone(SHANGHAI):%m-%d %H:%M}" if line.synced_at else "never"
    click.echo(
        f"{line.code:16} {state:4} {line.protocol:12} balance {balance}  {line.goods} goods on sale, read {read}"
    )
    if error := line.report.get("error"):
        click.echo(f"  failed {line.sync_failures} times: {error}")
    if line.report.get("unusable_count"):
        click.echo(f"  {line.report['unusable_count']} goods can't be taken")
