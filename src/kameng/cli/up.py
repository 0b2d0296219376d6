"""`kameng up`: the whole platform with one command."""

import os
import sys

import click

from kameng.cli.stack import SANDBOX_PORT, PortTaken, Stack
from kameng.cli.terms import read_settings


@click.command()
@click.option("--sandbox-port", default=SANDBOX_PORT, show_default=True, help="Where the sandbox gateway listens.")
def up(sandbox_port: int) -> None:
    """Start database, shop, worker and sandbox gateway; fill an empty shop with demo goods; run until Ctrl-C.

    The next start finds its data again. Settings come from the environment (see docs/operating.md).
    """
    click.echo("Starting …")
    try:
        plan = Stack(read_settings(), sandbox_port=sandbox_port).prepare()
    except PortTaken as taken:
        raise click.ClickException(str(taken)) from taken
    # The one who only watches from here on needs none of what was loaded to get here. The plan goes through a pipe:
    # it holds a password, and arguments can be read by everybody.
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as pipe:
        pipe.write(plan.written())
    os.set_inheritable(reading, True)  # noqa: FBT003 - the signature of os
    os.execv(sys.executable, [sys.executable, "-m", "kameng.kernel.supervisor", str(reading)])  # noqa: S606 - ourselves
