"""`kameng gateway …`"""

import click

from kameng.adapters.gateways.table import PROTOCOLS, gateway_makers
from kameng.adapters.http import HttpClient
from kameng.cli.terms import carry_out, open_database, read_settings, running_database
from kameng.payment.add_gateway import GatewayDraft, add_gateway
from kameng.payment.gateways import Gateways

_OPTIONS_HELP = "\n\n".join(
    f"{protocol.name}: " + ", ".join(option.name for option in protocol.options) for protocol in PROTOCOLS.values()
)


@click.group()
def gateway() -> None:
    """Payment channels."""


@gateway.command("add", epilog=f"Options of each protocol: {_OPTIONS_HELP}")
@click.argument("code")
@click.option("--name", required=True, help="What buyers read.")
@click.option("--protocol", type=click.Choice(sorted(PROTOCOLS)), default="epay_v1", show_default=True)
@click.option("--method", "methods", multiple=True, required=True, help="alipay, wxpay, …; may be given again.")
@click.option("--set", "values", multiple=True, metavar="NAME=VALUE", help="An option of the protocol.")
@click.option("--secret", "secret_names", multiple=True, metavar="NAME", help="An option to be asked for, unseen.")
def add(
    code: str,
    name: str,
    protocol: str,
    methods: tuple[str, ...],
    values: tuple[str, ...],
    secret_names: tuple[str, ...],
) -> None:
    """Add a channel, or change the one with this CODE. Notifies arrive at /callbacks/CODE."""
    config = dict(value.split("=", 1) for value in values if "=" in value)
    config |= {secret: click.prompt(secret, hide_input=True) for secret in secret_names}
    settings = read_settings()
    draft = GatewayDraft(code=code, name=name, protocol=protocol, methods=methods, config=config)

    async def body(url: str) -> None:
        async with HttpClient() as http, open_database(url) as db, db.transaction() as tx:
            await add_gateway(tx, settings.keyring(), gateway_makers(http), draft)

    with running_database(settings) as url:
        carry_out(body(url))
    click.echo(f"Saved {code}. The gateway's notify address is {settings.public_url}/callbacks/{code}")


@gateway.command("list")
def list_command() -> None:
    """Show the channels."""
    settings = read_settings()

    async def body(url: str) -> None:
        async with HttpClient() as http, open_database(url) as db:
            gateways = Gateways(db, settings.keyring(), gateway_makers(http))
            for channel in await gateways.listed():
                state = "on" if channel.enabled else "off"
                click.echo(f"{channel.code:16} {state:4} {channel.protocol:10} {','.join(channel.methods)}")

    with running_database(settings) as url:
        carry_out(body(url))
