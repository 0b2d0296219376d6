"""The whole platform as real processes: what `kameng up` starts, on a database of this run's own."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg

from kameng.kernel.free_ports import free_ports

READY_WITHIN_S = 90.0
STOP_WITHIN_S = 30.0


@dataclass(frozen=True)
class Running:
    """Where it answers. `sql` is for what no buyer can do: turning back a clock, forgetting misses."""

    url: str
    database_url: str
    suppliers_url: str
    environment: Mapping[str, str] = field(repr=False)

    def sql(self, statement: str, *values: object) -> None:
        async def run() -> None:
            connection = await asyncpg.connect(self.database_url)
            try:
                await connection.execute(statement, *values)
            finally:
                await connection.close()

        # Not in this thread, where Playwright has a loop running.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, run()).result()

    def ask_supplier(self, path: str, told: object = None) -> Any:
        """Pulls a string behind a sandbox supplier's stage (`yrapi/control/whim`), or with nothing told looks there."""
        body = None if told is None else json.dumps(told).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.suppliers_url + path, data=body, headers=headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def command(self, *arguments: str) -> None:
        """`kameng …` on this shop."""
        subprocess.run([sys.executable, "-m", "kameng", *arguments], env=dict(self.environment), check=True)


@contextmanager
def running_stack(database_url: str, folder: Path, **more: str) -> Iterator[Running]:
    """Up while the block is open, with `more` in its environment.

    Raises RuntimeError with what it said if it doesn't come up.
    """
    port, sandbox_port, suppliers_port = free_ports(3)
    url = f"http://localhost:{port}"
    environment = {
        **os.environ,
        "KAMENG_DATABASE_URL": database_url,
        "KAMENG_DATA": str(folder / "data"),
        "KAMENG_PORT": str(port),
        "KAMENG_PUBLIC_URL": url,
        **more,
    }
    said = folder / "said.txt"
    with said.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "kameng", "up", "--sandbox-port", str(sandbox_port)],
            env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
        )  # fmt: skip
    try:
        _wait_until_ready(url, process, said)
        yield Running(url, database_url, f"http://127.0.0.1:{suppliers_port}/", environment)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(STOP_WITHIN_S)


def _wait_until_ready(url: str, process: "subprocess.Popen[bytes]", said: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline and process.poll() is None:
        # The sandbox and the worker are up when it says how to stop everything.
        if "Ctrl-C" in said.read_text() and _answers(f"{url}/readyz"):
            return
        time.sleep(0.2)
    raise RuntimeError(said.read_text())


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
