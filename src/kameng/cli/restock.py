"""`kameng restock …`"""

import click

from kameng.cli.terms import carry_out, fen_given, open_database, read_settings, running_database
from kameng.kernel.money import yuan
from kameng.supply.restock import RestockRule, RuleLine, drop_rule, list_rules, save_rule


@click.group()
def restock() -> None:
    """Rules for buying hot codes ahead."""


@restock.command("set")
@click.argument("sku_id", type=int)
@click.option("--min", "level_min", type=int, required=True, help="With fewer codes for sale than this, buy.")
@click.option("--max", "level_max", type=int, required=True, help="Buy up to so many.")
@click.option("--budget", callback=fen_given, required=True, metavar="YUAN", help="The most it may cost in a day.")
@click.option("--off", is_flag=True)
def set_command(sku_id: int, *, level_min: int, level_max: int, budget: int, off: bool) -> None:
    """Buy codes of SKU_ID ahead, over its routes."""
    rule = RestockRule(sku_id, level_min, level_max, budget, enabled=not off)

    async def body(url: str) -> None:
        async with open_database(url) as db, db.transaction() as tx:
            await save_rule(tx, rule)

    with running_database(read_settings()) as url:
        carry_out(body(url))


@restock.command("drop")
@click.argument("sku_id", type=int)
def drop(sku_id: int) -> None:
    """Buy no more ahead."""

    async def body(url: str) -> None:
        async with open_database(url) as db, db.transaction() as tx:
            await drop_rule(tx, sku_id)

    with running_database(read_settings()) as url:
        carry_out(body(url))


@restock.command("list")
def list_command() -> None:
    """Show the rules and what came of the last look."""

    async def body(url: str) -> list[RuleLine]:
        async with open_database(url) as db, db.reading() as connection:
            return await list_rules(connection)

    with running_database(read_settings()) as url:
        for line in carry_out(body(url)):
            rule = line.rule
            click.echo(
                f"sku {rule.sku_id} {line.product_name} {line.face_value}  {rule.level_min}–{rule.level_max}, "
                f"¥{yuan(rule.budget_fen)} a day  {'on' if rule.enabled else 'off'}{_last_look(line)}"
            )


def _last_look(line: RuleLine) -> str:
    outcome = line.outcome
    if not outcome:
        return ""
    return f"  {outcome['verdict']}: {outcome['level']} for sale, ¥{yuan(outcome['spent_fen'])} spent today"
