"""`kameng up`: the whole platform with one command."""

import signal
import threading

import click

from kameng.cli.demo import OWNER
from kameng.cli.demo_goods import SITES
from kameng.cli.stack import SANDBOX_PORT, Stack
from kameng.cli.terms import read_settings

LOOK_EVERY_S = 1.0


@click.command()
@click.option("--sandbox-port", default=SANDBOX_PORT, show_default=True, help="Where the sandbox gateway listens.")
def up(sandbox_port: int) -> None:
    """Start database, shop, worker and sandbox gateway; fill an empty shop with demo goods; run until Ctrl-C.

    The next start finds its data again. Settings come from the environment (see docs/operating.md).
    """
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    stack = Stack(read_settings(), sandbox_port=sandbox_port)
    click.echo("Starting …")
    try:
        stack.start()
    except RuntimeError as error:
        raise click.ClickException(str(error)) from error
    try:
        _tell(stack)
        while not stop.wait(LOOK_EVERY_S):
            stack.watch()
        click.echo("\nStopping …")
    finally:
        stack.stop()
    click.echo("Stopped. The data stay; the next start finds them.")


def _tell(stack: Stack) -> None:
    url = stack.settings.public_url
    first, second = SITES[0], SITES[1]
    click.echo(
        f"\n  {first.name}      {url}/"
        f"\n  {second.name}      {url}/s/{second.code}/"
        f"\n  查单 Look up   {url}/q"
        f"\n  后台 Console   {url}/console"
        f"\n     login       {OWNER}"
        f"\n     password    {stack.password}   (made for this run)"
        f"\n  API            {url}/api/v1/openapi.json"
        f"\n  沙箱 Sandbox   {stack.sandbox_url}"
        f"\n  Logs           {stack.settings.data / 'logs'}"
        "\n\nCtrl-C stops everything.\n"
    )
