"""`kameng stock …`"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from kameng.catalogue.browse import list_products
from kameng.catalogue.product import Product, Sku
from kameng.cli.terms import carry_out, open_database, read_settings, running_database
from kameng.kernel.clock import SHANGHAI
from kameng.kernel.database import Database
from kameng.kernel.money import yuan
from kameng.stock.card import REASON_NAMES, Batch, Reason, RefusedLine
from kameng.stock.import_file import import_file
from kameng.stock.levels import exact
from kameng.stock.lines import kind_of
from kameng.stock.plan_import import Plan, plan_import

REFUSED_SHOWN = 20


@click.group()
def stock() -> None:
    """Cards in the vault."""


@stock.command("import")
@click.argument("sku_id", type=int)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check every line and say what would happen; write nothing.")
def import_command(sku_id: int, file: Path, *, dry_run: bool) -> None:
    """Import codes from a TXT, CSV or XLSX FILE into SKU_ID (see `kameng stock list`).

    After a crash the same command goes on where it stopped.
    """
    settings = read_settings()

    async def plan(url: str) -> Plan:
        async with open_database(url) as db:
            with file.open("rb") as opened:
                kind = kind_of(file.name, opened.read(4))
                opened.seek(0)
                return await plan_import(db=db, keyring=settings.keyring(), sku_id=sku_id, file=opened, kind=kind)

    async def bring_in(url: str) -> Batch:
        async with open_database(url) as db:
            return await import_file(db=db, keyring=settings.keyring(), sku_id=sku_id, path=file, heard=_show_progress)

    with running_database(settings) as url:
        if dry_run:
            planned = carry_out(plan(url))
            click.echo(f"{planned.lines_total} lines: {planned.importable} can be imported, {planned.refused} can't.")
            _show_refused(planned.refused_reasons, planned.refused_lines)
        else:
            batch = carry_out(bring_in(url))
            click.echo(f"\nBatch {batch.id}: {batch.imported} imported, {batch.refused} refused ({batch.state}).")
            if batch.failure:
                raise click.ClickException(batch.failure)
            _show_refused(batch.refused_reasons, batch.refused_lines)


@stock.command("list")
def list_command() -> None:
    """Show what can be sold, with its number, price and cards."""

    async def body(db_url: str) -> None:
        async with open_database(db_url) as db:
            for product in await list_products(db, on_sale_only=False):
                for sku in product.skus:
                    click.echo(await _line(db, product, sku))

    with running_database(read_settings()) as url:
        carry_out(body(url))


async def _line(db: Database, product: Product, sku: Sku) -> str:
    today = db.clock.now().astimezone(SHANGHAI).date()
    async with db.reading() as connection:
        level = (await exact(connection, [sku.id], on=today))[sku.id]
    counts = ", ".join(f"{state} {count}" for state, count in level.by_state.items() if count)
    return f"{sku.id:5}  {product.name} {sku.face_value}  ¥{yuan(sku.price_fen)}  {counts or 'no cards'}"


def _show_progress(batch: Batch) -> None:
    share = batch.lines_read / max(batch.lines_total, 1)
    bar = "█" * int(share * 30)
    click.echo(f"\r{bar:30} {share:4.0%}  {batch.imported} imported, {batch.refused} refused", nl=False)


def _show_refused(reasons: Mapping[Reason, int], lines: Sequence[RefusedLine]) -> None:
    for reason, count in reasons.items():
        click.echo(f"  {count} × {REASON_NAMES[reason].chinese}")
    for refused in lines[:REFUSED_SHOWN]:
        click.echo(f"  line {refused.line}: {REASON_NAMES[refused.reason].chinese}")
