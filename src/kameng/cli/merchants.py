"""`kameng merchant …`"""

import getpass

import click

from kameng.cli.terms import carry_out, open_database, read_settings, running_database
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.kernel.money import fen_of, yuan
from kameng.ledger.balance import balance_of
from kameng.merchants.add_merchant import MerchantDraft, add_merchant, find_merchant, list_merchants
from kameng.merchants.issue_key import (
    IssuedKey,
    KeyLine,
    forget_old_secret,
    issue_key,
    list_keys,
    renew_secret,
    withdraw_key,
)
from kameng.merchants.merchant import OWN_SCOPES, Merchant, Scope
from kameng.orders.contact import contact_of
from kameng.orders.lifecycle import Actor, ActorKind
from kameng.payment.top_up import top_up

_SCOPES = click.Choice([scope.value for scope in Scope])


@click.group()
def merchant() -> None:
    """Merchants, who buy with a program and pay from a balance."""


@merchant.command("add")
@click.argument("code")
@click.option("--name", required=True)
@click.option("--contact", required=True, help="Mobile number or e-mail address; also the contact of the orders.")
@click.option("--price-percent", type=click.IntRange(1, 200), default=100, show_default=True,
              help="What the merchant pays of the shop's price.")  # fmt: skip
@click.option("--callback-host", "hosts", multiple=True, help="Callbacks go there alone; may be given again.")
@click.option("--off", is_flag=True, help="The merchant's keys open nothing.")
def add(code: str, name: str, contact: str, price_percent: int, hosts: tuple[str, ...], *, off: bool) -> None:
    """Add a merchant, or change the one with this CODE."""
    settings = read_settings()

    async def body(url: str) -> None:
        normal = contact_of(contact).text
        draft = MerchantDraft(code, name, normal, price_percent, hosts, enabled=not off)
        async with open_database(url) as db, db.transaction() as tx:
            await add_merchant(tx, settings.keyring(), draft)

    with running_database(settings) as url:
        carry_out(body(url))
    click.echo(f"Saved {code}.")


@merchant.command("key")
@click.argument("code")
@click.option("--scope", "scopes", multiple=True, type=_SCOPES, help="What it is good for; our own API if not given.")
@click.option("--network", "networks", multiple=True, help="Where it may be used from; from everywhere if not given.")
@click.option("--renew", metavar="KEY", help="A second secret for a key that is there; the old one stays good.")
@click.option("--forget-old", metavar="KEY", help="Only the newest secret of this key stays good.")
@click.option("--withdraw", metavar="KEY", help="This key opens nothing any more.")
def key(
    code: str,
    scopes: tuple[str, ...],
    networks: tuple[str, ...],
    renew: str | None,
    forget_old: str | None,
    withdraw: str | None,
) -> None:
    """Issue a key to the merchant CODE. Its secret is shown once."""
    settings = read_settings()
    keyring = settings.keyring()

    async def body(url: str) -> IssuedKey | None:
        async with open_database(url) as db, db.transaction() as tx:
            merchant_id = (await find_merchant(tx.connection, keyring, code)).id
            own = {line.id for line in await list_keys(tx.connection, merchant_id)}
            if (named := renew or forget_old or withdraw) and named not in own:
                msg = f"{code} has no key {named}"
                raise click.ClickException(msg)
            if renew:
                return await renew_secret(tx, keyring, renew)
            if forget_old:
                await forget_old_secret(tx, forget_old)
                return None
            if withdraw:
                await withdraw_key(tx, withdraw)
                return None
            wanted = [Scope(scope) for scope in scopes] or OWN_SCOPES
            return await issue_key(tx, keyring, merchant_id=merchant_id, scopes=wanted, networks=networks)

    with running_database(settings) as url:
        issued = carry_out(body(url))
    if issued is None:
        click.echo("Done.")
    else:
        click.echo(f"key:    {issued.id}\nsecret: {issued.secret}")


@merchant.command("top-up")
@click.argument("code")
@click.argument("yuan_text", metavar="YUAN")
@click.option("--reference", required=True, help="The bank's number of the transfer: nothing is booked twice.")
@click.option("--reason", required=True, help="Kept for good in the books.")
def top_up_command(code: str, yuan_text: str, reference: str, reason: str) -> None:
    """Put money on the balance of the merchant CODE."""
    settings = read_settings()
    keyring = settings.keyring()
    try:
        amount_fen = fen_of(yuan_text)
    except ValueError as wrong:
        raise click.ClickException(str(wrong)) from wrong
    actor = Actor(ActorKind.STAFF, f"cli:{getpass.getuser()}")

    async def body(url: str) -> int:
        async with open_database(url) as db:
            async with db.transaction() as tx:
                owner = (await find_merchant(tx.connection, keyring, code)).id
                await top_up(tx, owner=owner, amount_fen=amount_fen, reference=reference, reason=reason, actor=actor)
            async with db.reading() as connection:
                return await balance_of(connection, owner)

    with running_database(settings) as url:
        click.echo(f"Balance of {code}: {yuan(carry_out(body(url)))}")


@merchant.command("list")
def list_command() -> None:
    """Show merchants with their balances and keys."""
    settings = read_settings()
    keyring = settings.keyring()

    async def body(url: str) -> None:
        async with open_database(url) as db:
            for one, balance_fen, keys in await _listed(db, keyring):
                state = "on" if one.enabled else "off"
                click.echo(f"{one.code:16} {state:4} {yuan(balance_fen):>12} {one.price_percent:4} %  {one.name}")
                for line in keys:
                    state = "on" if line.enabled else "off"
                    secrets = "two secrets" if line.has_two else ""
                    click.echo(f"  {line.id:14} {state:4} {','.join(line.scopes)} {','.join(line.networks)} {secrets}")

    with running_database(settings) as url:
        carry_out(body(url))


async def _listed(db: Database, keyring: Keyring) -> list[tuple[Merchant, int, list[KeyLine]]]:
    async with db.reading() as connection:
        return [
            (one, await balance_of(connection, one.id), await list_keys(connection, one.id))
            for one in await list_merchants(connection, keyring)
        ]
