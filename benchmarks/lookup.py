"""Lookups over HTTP beside the bare statement over HTTP: same server, same client, same orders, taking turns."""

import itertools
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import uvloop

from benchmarks.history import Known
from benchmarks.http_load import Client, Load, connected, drive, request
from benchmarks.processes import child
from benchmarks.report import Goal, Row
from benchmarks.rounds import CONNECTIONS, Turn, middle_of
from benchmarks.stage import Stage
from benchmarks.waiting import wait_until
from kameng.kernel.crypto import Keyring
from kameng.kernel.free_ports import free_ports
from kameng.kernel.supervisor import listens
from kameng.orders.contact import second_factor_index
from kameng.orders.number import printed

GOAL = Goal(0.5)
ASKED = 5000


def run(stage: Stage) -> list[Row]:
    shop = stage.shop()
    asked = shop.known[:ASKED]
    rows = []
    with floor_server(shop.url, stage.folder) as (floor_port, floor_pid):
        shop_requests = requests_to_shop(shop.port, asked)
        floor_requests = _requests_to_floor(floor_port, asked, shop.keyring)
        for connections in CONNECTIONS:

            def turn(connections: int = connections) -> Turn:
                meter = shop.cpu(bare=floor_pid)
                floor = ask(floor_port, floor_requests, connections, shop.size.seconds)
                floor_cpu = meter.spent()
                meter = shop.cpu()
                value = ask(shop.port, shop_requests, connections, shop.size.seconds)
                return Turn(value, floor.per_s, meter.spent(), floor_cpu, floor.whole_count)

            best = middle_of(shop.size.rounds, turn)
            rows.append(Row("lookup", f"c={connections}", best.value.per_s, "/s", best.floor_per_s,
                            "/s bare statement", GOAL, best.facts()))  # fmt: skip
        empty = ask(floor_port, [request("POST", floor_port, "/empty", {})], max(CONNECTIONS), shop.size.seconds)
        rows.append(Row("lookup", "load generator alone", empty.per_s, "/s"))
    return rows


@contextmanager
def floor_server(url: str, folder: Path) -> Iterator[tuple[int, int]]:
    """Its port, and the number of its process."""
    port = free_ports()[0]
    command = (sys.executable, "-m", "granian", "--interface", "rsgi", "--loop", "uvloop", "--no-ws", "--no-log",
               "--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--backlog", "4096",
               "--backpressure", "8192", "benchmarks.floor:application")  # fmt: skip
    environment = {"BENCH_DATABASE_URL": url, "PYTHONPATH": str(Path(__file__).parents[1])}
    with child(*command, log=folder / "floor.log", environment=environment) as process:
        wait_until(lambda: listens(port), what="the floor's server")
        yield port, process.pid


def ask(port: int, requests: Sequence[bytes], connections: int, seconds: float) -> Load:
    """Each connection sends one request after the other, all of them together every one in turn."""
    return uvloop.run(_ask(port, requests, connections, seconds))


async def _ask(port: int, requests: Sequence[bytes], connections: int, seconds: float) -> Load:
    turns = itertools.cycle(requests)

    async def errand(client: Client) -> None:
        await client.ask(next(turns))

    async with connected(port, connections) as clients:
        return await drive([partial(errand, client) for client in clients], seconds=seconds)


def requests_to_shop(port: int, asked: Sequence[Known]) -> list[bytes]:
    return [
        request("POST", port, "/api/v1/lookup", {"order_no": printed(known.order_id), "second_factor": known.tail})
        for known in asked
    ]


def _requests_to_floor(port: int, asked: Sequence[Known], keyring: Keyring) -> list[bytes]:
    return [
        request("POST", port, "/", {
            "id": known.order_id,
            "second_factor": second_factor_index(keyring, known.order_id, known.tail).hex(),
        })
        for known in asked
    ]  # fmt: skip
