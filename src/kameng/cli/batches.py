"""`kameng batch …`: what the console does with batches, for whoever is at the machine. Agreeing to one is not here:
that takes a log-in of one's own."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TextIO

import click

from kameng.batches.batch import Action, BatchState
from kameng.batches.choose import Filter, Pasted, read_pasted
from kameng.batches.confirm import confirm_batch
from kameng.batches.draw_up import Wish, draw_up
from kameng.batches.look import Shown, list_batches, show_batch
from kameng.batches.move import Word
from kameng.batches.steer import break_off_batch, go_on_with_batch, stop_batch
from kameng.cli.terms import carry_out, open_database, read_settings, running_database
from kameng.kernel.clock import SHANGHAI
from kameng.kernel.database import Database, Transaction
from kameng.kernel.money import yuan
from kameng.orders.lifecycle import OrderState
from kameng.orders.number import grouped
from kameng.payment.attempt import ASKED_CAUSES
from kameng.settings import Settings
from kameng.staff.change_staff import list_staff
from kameng.staff.member import Staff

SINCE_DAYS = 7
as_option = click.option("--as", "login", required=True, help="Whose name stands in the audit, with whose rights.")


@click.group()
def batch() -> None:
    """Do one thing to many orders: resubmit, refund, release."""


@batch.command("draw-up")
@click.argument("action", type=click.Choice([str(action) for action in Action]))
@click.option("--numbers", type=click.File(), help="A file of order numbers, one a line; - reads them from here.")
@click.option("--state", type=click.Choice([str(state) for state in OrderState]), help="Or: orders in this state,")
@click.option("--days", type=int, default=SINCE_DAYS, show_default=True, help="placed in these last days,")
@click.option("--product", default="", help="of this product,")
@click.option("--supplier", default="", help="asked of this supplier,")
@click.option("--why", default="", help="brought there by this event.")
@as_option
def draw_up_command(  # noqa: PLR0913 - what may be asked for
    action: str, *, numbers: TextIO | None, state: str | None, days: int, product: str, supplier: str, why: str,
    login: str,
) -> None:  # fmt: skip
    """Preview ACTION: which orders fit, which don't, how much money it is about. Nothing is done."""
    if (numbers is None) == (state is None):
        msg = "give --numbers or --state"
        raise click.UsageError(msg)
    settings = read_settings()

    def orders() -> Filter | Pasted:
        if numbers is not None:
            return read_pasted(numbers.read())
        now = datetime.now(SHANGHAI)
        since, until = now - timedelta(days=days), now + timedelta(seconds=1)
        return Filter(OrderState(state or ""), since, until, product, supplier, why)

    async def body(db: Database) -> None:
        wish = Wish(Action(action), orders(), await _staff(db, login))
        batch_id = await draw_up(db=db, rules=settings.resubmission, wish=wish)
        _tell(await show_batch(db, batch_id, rules=settings.refunds))

    _run(settings, body)


@batch.command("confirm")
@click.argument("batch_id", type=int)
@click.option("--reason", required=True, help="Stands in every order's story. Names nobody.")
@click.option("--cause", type=click.Choice([str(cause) for cause in ASKED_CAUSES]), help="Of refunds.")
@as_option
def confirm(batch_id: int, *, reason: str, cause: str | None, login: str) -> None:
    """Have a preview of your own carried out, or put before others where it takes their word."""
    settings = read_settings()

    async def act(tx: Transaction, staff: Staff) -> BatchState:
        return await confirm_batch(
            tx, batch_id=batch_id, word=Word(staff, reason), rules=settings.refunds, cause=cause
        )  # fmt: skip

    _act(settings, login, act)


@batch.command("stop")
@click.argument("batch_id", type=int)
@as_option
def stop(batch_id: int, *, login: str) -> None:
    """Stop a batch; what is at hand is finished."""
    _act(read_settings(), login, lambda tx, staff: stop_batch(tx, batch_id=batch_id, word=Word(staff)))


@batch.command("go-on")
@click.argument("batch_id", type=int)
@as_option
def go_on(batch_id: int, *, login: str) -> None:
    """Let a stopped batch go on."""
    _act(read_settings(), login, lambda tx, staff: go_on_with_batch(tx, batch_id=batch_id, word=Word(staff)))


@batch.command("break-off")
@click.argument("batch_id", type=int)
@as_option
def break_off(batch_id: int, *, login: str) -> None:
    """End a batch for good; what was not done is left as it is."""
    _act(read_settings(), login, lambda tx, staff: break_off_batch(tx, batch_id=batch_id, word=Word(staff)))


@batch.command("list")
def list_command() -> None:
    """The newest batches and how far they are."""

    async def body(db: Database) -> None:
        for one, progress in await list_batches(db):
            asker = one.asker.login if one.asker else f"merchant {one.chosen['merchant']}"
            done, money = f"{progress.tried}/{progress.fit.orders}", yuan(progress.fit.fen)
            click.echo(f"{one.id:6} {one.action:9} {one.state:12} {done:>12} {money:>12} {asker}")

    _run(read_settings(), body)


@batch.command("show")
@click.argument("batch_id", type=int)
def show(batch_id: int) -> None:
    """A batch: how many orders are where, and what speaks against the others."""
    settings = read_settings()

    async def body(db: Database) -> None:
        _tell(await show_batch(db, batch_id, rules=settings.refunds))

    _run(settings, body)


def _tell(shown: Shown) -> None:
    one, progress = shown.batch, shown.progress
    click.echo(f"batch {one.id}: {one.action}, {one.state}; {progress.fit.orders} fit, {yuan(progress.fit.fen)} yuan")
    if shown.needs:
        click.echo(f"{shown.needs} other people have to agree")
    for state, count in progress.by_state.items():
        click.echo(f"{state:10} {count.orders:6}")
    for why, orders in shown.whys:
        click.echo(f"    {why}: {orders}")
    for line in shown.lines:
        click.echo(f"{grouped(line.order_id)} {line.state:8} {line.why or ''} {line.result or ''}".rstrip())


def _act(settings: Settings, login: str, act: Callable[[Transaction, Staff], Awaitable[BatchState]]) -> None:
    async def body(db: Database) -> None:
        staff = await _staff(db, login)
        async with db.transaction() as tx:
            state = await act(tx, staff)
        click.echo(state)

    _run(settings, body)


async def _staff(db: Database, login: str) -> Staff:
    found = next((one for one in await list_staff(db) if one.login == login and one.enabled), None)
    if found is None:
        msg = f"nobody of staff is called {login}"
        raise click.ClickException(msg)
    return Staff(found.id, found.login, found.role)


def _run(settings: Settings, body: Callable[[Database], Awaitable[None]]) -> None:
    async def opened(url: str) -> None:
        async with open_database(url) as db:
            await body(db)

    with running_database(settings) as url:
        carry_out(opened(url))
