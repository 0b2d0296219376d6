"""The command line: `kameng --help`."""

import click

from kameng.cli.batches import batch
from kameng.cli.checks import doctor
from kameng.cli.gateways import gateway
from kameng.cli.keys import keys
from kameng.cli.merchants import merchant
from kameng.cli.processes import migrate_command, web, worker
from kameng.cli.restock import restock
from kameng.cli.risk import risk
from kameng.cli.routes import route
from kameng.cli.sandbox import sandbox
from kameng.cli.staff import staff
from kameng.cli.stock import stock
from kameng.cli.story import story
from kameng.cli.stuck import stuck
from kameng.cli.suppliers import supplier
from kameng.cli.up import up


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="kameng")
def main() -> None:
    """Kameng 卡盟: every paid order is delivered exactly once, and everyone can see where it is."""


for command in (
    up,
    web,
    worker,
    sandbox,
    migrate_command,
    stock,
    gateway,
    supplier,
    route,
    restock,
    batch,
    risk,
    stuck,
    merchant,
    staff,
    keys,
    doctor,
    story,
):
    main.add_command(command)
