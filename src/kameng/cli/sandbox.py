"""`kameng sandbox`: a bank and suppliers of our own, to try things out with."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import click
import uvloop

from kameng.cli.demo_suppliers import stagings
from kameng.web.sandbox.listening import until_stopped
from kameng.web.sandbox.serve import running
from kameng.web.sandbox.signature import Merchant
from kameng.web.sandbox.suppliers.serve import running_suppliers


@click.command()
@click.option("--port", default=8089, show_default=True)
@click.option("--suppliers-port", type=int, help="Also play the demo's suppliers, on a port of their own.")
@click.option("--pid", default="1000", show_default=True, help="Merchant number.")
@click.option("--key-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True)
@click.option("--books", type=click.Path(dir_okay=False, path_type=Path), help="Where it keeps its books; else memory.")
def sandbox(port: int, suppliers_port: int | None, pid: str, key_file: Path, books: Path | None) -> None:
    """Serve an 易支付 gateway (pay, pay twice, pay late, never, forged notices…) and suppliers whose top-ups take their
    time, fail, hang and arrive in part."""
    uvloop.run(until_stopped(_open(Merchant(pid=pid, key=key_file.read_text().strip()), port, suppliers_port, books)))


@asynccontextmanager
async def _open(merchant: Merchant, port: int, suppliers_port: int | None, books: Path | None) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        # The bank last: whoever waits for its port finds the suppliers there too.
        if suppliers_port is not None:
            played = stagings(merchant.key, books and books.parent)
            await stack.enter_async_context(running_suppliers(played, port=suppliers_port))
        await stack.enter_async_context(running(merchant=merchant, port=port, books=books))
        yield
