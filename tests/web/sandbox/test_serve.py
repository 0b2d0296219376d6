"""The gateway as a process of its own."""

import asyncio
import signal
import sys
from pathlib import Path

import httpx
import pytest

from kameng.web.sandbox.serve import running
from tests.web.sandbox.conftest import MERCHANT, REFERENCE

pytestmark = pytest.mark.anyio

PROGRAM = """
import sys
from pathlib import Path
from kameng.web.sandbox.serve import serve
from kameng.web.sandbox.signature import Merchant
serve(merchant=Merchant("1001", "k"), host="127.0.0.1", port=int(sys.argv[1]), books=Path(sys.argv[2]))
"""


async def test_the_books_outlive_the_process(tmp_path: Path) -> None:
    fields = {"pid": "1001", "out_trade_no": REFERENCE, "notify_url": "http://127.0.0.1:1/", "name": "x"}
    for _ in range(2):
        async with (
            running(merchant=MERCHANT, books=tmp_path / "books.db") as sandbox,
            httpx.AsyncClient(base_url=sandbox.url, trust_env=False) as visitor,
        ):
            await visitor.post("mapi.php", data=MERCHANT.signed(fields | {"money": "1.00"}))
            await visitor.post("control/pay", json={"out_trade_no": REFERENCE, "notify": {"silent": True}})
    async with (
        running(merchant=MERCHANT, books=tmp_path / "books.db") as sandbox,
        httpx.AsyncClient(base_url=sandbox.url, trust_env=False) as visitor,
    ):
        books = (await visitor.get("control/books")).json()
    assert (len(books["orders"]), len(books["payments"])) == (1, 2)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_stops_cleanly_when_told_to(tmp_path: Path, number: signal.Signals, unused_port: int) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PROGRAM, str(unused_port), str(tmp_path / "books.db")),
        stderr=asyncio.subprocess.PIPE,
    )
    async with httpx.AsyncClient(trust_env=False) as visitor:
        for _ in range(200):
            try:
                assert (await visitor.get(f"http://127.0.0.1:{unused_port}/")).status_code == 200
                break
            except httpx.ConnectError:
                await asyncio.sleep(0.05)
        process.send_signal(number)
    _, said = await process.communicate()
    assert (process.returncode, said.decode()) == (0, "")
