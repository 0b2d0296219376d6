"""`kill -9` of workers in the midst of calls to suppliers who drop connections: nothing is ordered twice, nothing is
lost, and the suppliers' books equal ours one by one. Every protocol there is an emulator for.

`KAMENG_TEST_KILLS=100` for a longer storm.
"""

import asyncio
import logging
import os
import random
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import pytest

from kameng.adapters.http import HttpClient
from kameng.fulfilment.decide_attempt import AttemptNotInDoubt, Finding, decide_attempt
from kameng.invariants.check import check_invariants
from kameng.journey import FOLLOWING
from kameng.kernel.clock import VirtualClock
from kameng.kernel.database import Database, open_pool
from kameng.kernel.free_ports import free_ports
from kameng.settings import settings_from
from kameng.supply.suppliers import Suppliers
from kameng.web.sandbox.suppliers.wares import Ware
from tests.builders.risk import let_everybody_through
from tests.builders.shop import Goods, Shop, a_paid_order, a_shop, a_started_payment, paid
from tests.chaos.dispatching import suppliers_of
from tests.chaos.emulators import prefix_of
from tests.chaos.selling import a_top_up, on_sale, supplier_of
from tests.contracts.suppliers.entry import Entry
from tests.contracts.suppliers.table import ENTRIES

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

log = logging.getLogger(__name__)

KILLS = int(os.environ.get("KAMENG_TEST_KILLS", "10"))
SEED = int(os.environ.get("KAMENG_TEST_SEED", "20261122"))
SETTLED_WITHIN_S = 120.0
WORKERS = 2
ROOT = Path(__file__).parents[2]

UNSETTLED = """
SELECT d.state, d.route_at, s.code, a.number, a.state AS attempt, a.words, a.ask_at, a.asks FROM deliveries d
LEFT JOIN delivery_attempts a ON a.delivery_id = d.id LEFT JOIN suppliers s ON s.id = a.supplier_id
WHERE d.state IN ('open', 'stuck') ORDER BY a.id
"""
STUCK = """
SELECT a.id, a.number, s.code FROM delivery_attempts a JOIN deliveries d ON d.id = a.delivery_id
JOIN suppliers s ON s.id = a.supplier_id WHERE d.state = 'stuck' AND a.state IN ('placed', 'in_doubt')
"""
ATTEMPTS = """
SELECT a.number, a.state, a.asked_for, a.delivered, a.cost_fen, a.delivery_id,
       EXISTS (SELECT FROM attempt_answers w WHERE w.attempt_id = a.id AND w.asked_by = 'staff') AS by_staff
FROM delivery_attempts a JOIN suppliers s ON s.id = a.supplier_id WHERE s.code = $1 ORDER BY a.id
"""
MADE_OF = """
SELECT 'attempts ' || state AS what, count(*) AS times FROM delivery_attempts GROUP BY 1
UNION ALL SELECT 'were in doubt', count(*) FROM delivery_attempts WHERE doubted_at IS NOT NULL
UNION ALL SELECT 'unheard of', count(*) FROM delivery_attempts WHERE state = 'failed' AND reason IS NULL
UNION ALL SELECT 'asked about by ' || asked_by, count(*) FROM attempt_answers GROUP BY 1
UNION ALL SELECT 'orders', count(*) FROM orders
"""
STATES = "SELECT state, count(*) AS orders FROM orders GROUP BY state"

Rows = list[dict[str, Any]]


@dataclass
class Storm:
    """A shop, all suppliers, and workers that come and go."""

    shop: Shop
    suppliers: Suppliers
    emulators_url: str
    nursery: asyncio.subprocess.Process
    environment: Mapping[str, str]
    goods: list[tuple[Entry, Ware, Goods]] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    born: asyncio.Lock = field(default_factory=asyncio.Lock)
    kills: int = 0
    serial: "count[int]" = field(default_factory=lambda: count(1))

    async def sell(self, dice: random.Random) -> None:
        """Paid orders, one after the other, until the storm is over."""
        while not self.over.is_set():
            entry, ware, goods = self.goods[next(self.serial) % len(self.goods)]
            contact = f"13{next(self.serial):09d}"
            if ware.kind == "code":
                await a_paid_order(self.shop, goods, contact=contact)
            else:
                order = await a_top_up(self.shop, goods, entry, contact=contact)
                await paid(self.shop, await a_started_payment(self.shop, order))
            await asyncio.sleep(dice.uniform(0, 0.1))

    @asynccontextmanager
    async def worker(self) -> AsyncIterator[None]:
        """Dies at the end of the block."""
        assert self.nursery.stdin is not None
        assert self.nursery.stdout is not None
        async with self.born:
            self.nursery.stdin.write(b"\n")
            pid = int(await self.nursery.stdout.readline())
        try:
            yield
        finally:
            os.kill(pid, signal.SIGKILL)

    async def live_and_die(self, dice: random.Random) -> None:
        """One worker after the other."""
        while not self.over.is_set():
            async with self.worker():
                await asyncio.sleep(dice.uniform(0.3, 2.0))
            self.kills += 1
            if self.kills >= KILLS:
                self.over.set()

    async def books(self, entry: Entry) -> Rows:
        async with httpx.AsyncClient() as client:
            found = await client.get(f"{self.emulators_url}{prefix_of(entry)}/control/books")
            rows: Rows = found.json()["purchases"]
            return rows

    async def codes(self, entry: Entry) -> dict[str, list[str]]:
        """What was handed out, by the supplier's number."""
        async with httpx.AsyncClient() as client:
            found = await client.get(f"{self.emulators_url}{prefix_of(entry)}/control/books")
        codes: dict[str, list[str]] = {}
        for row in found.json()["codes"]:
            codes.setdefault(row["supplier_no"], []).append(f"{row['number']} {row['password']}".strip())
        return codes


@asynccontextmanager
async def running(
    module: str, *arguments: str, environment: Mapping[str, str]
) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments, cwd=ROOT, env={**os.environ, **environment},
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


@pytest.fixture
async def storm(database_url: str, tmp_path: Path) -> AsyncIterator[Storm]:
    (port,) = free_ports()
    environment = {
        "KAMENG_DATABASE_URL": database_url, "KAMENG_DATA": str(tmp_path), "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
    }  # fmt: skip
    keyring = settings_from(environment).keyring()
    async with (
        await open_pool(database_url, size=6) as pool,
        HttpClient() as http,
        running("tests.chaos.emulators", str(port), str(SEED), environment=environment),
        running("tests.chaos.dispatching", environment=environment) as nursery,
    ):
        db = Database(pool, following=FOLLOWING)
        shop = await a_shop(db, keyring, VirtualClock(datetime.now(UTC)))
        await let_everybody_through(shop)
        url = f"http://127.0.0.1:{port}/"
        storm = Storm(shop, suppliers_of(db, http, environment), url, nursery, environment)
        for entry in ENTRIES:
            supplier_id = await supplier_of(shop, storm.suppliers, entry, url=f"{url}{prefix_of(entry)}/")
            for ware in entry.wares:
                storm.goods.append((entry, ware, await on_sale(shop, supplier_id, entry, ware)))
        await until_it_answers(url)
        yield storm


async def until_it_answers(url: str) -> None:
    async with httpx.AsyncClient() as client:
        for _ in range(300):
            with suppress(httpx.HTTPError):
                await client.get(f"{url}s0/control/books")
                return
            await asyncio.sleep(0.1)
    pytest.fail("the emulators don't answer")


async def until_settled(storm: Storm) -> None:
    """What can't be asked about is looked up in the supplier's own books by a person."""
    ends = monotonic() + SETTLED_WITHIN_S
    while unsettled := await storm.shop.rows(UNSETTLED):
        assert monotonic() < ends, unsettled[:10]
        await asyncio.sleep(1)
        for row in await storm.shop.rows(STUCK):
            await decide(storm, row)


async def decide(storm: Storm, row: dict[str, Any]) -> None:
    entry = next(entry for entry in ENTRIES if prefix_of(entry) == row["code"])
    booked = entry.booked(row["number"])
    found = next((purchase for purchase in await storm.books(entry) if purchase["number"] == booked), None)
    if found is not None and found["state"] == "running":
        return
    is_there = found is not None and found["state"] == "delivered"
    codes = (await storm.codes(entry)).get(found["supplier_no"], []) if found else []
    with suppress(AttemptNotInDoubt):
        await decide_attempt(
            db=storm.shop.db, keyring=storm.shop.keyring, suppliers=storm.suppliers, attempt_id=row["id"],
            finding=Finding(is_there, "看过货源后台", codes=codes), login="wang",
        )  # fmt: skip


async def differences(storm: Storm, entry: Entry) -> list[str]:
    attempts = await storm.shop.rows(ATTEMPTS, prefix_of(entry))
    books = await storm.books(entry)
    ours = {entry.booked(str(row["number"])): row for row in attempts}
    found = [f"ordered {times} times: {n}" for n, times in Counter(p["number"] for p in books).items() if times > 1]
    found += [f"they have it, we don't: {p['number']}" for p in books if p["number"] not in ours]
    theirs = {purchase["number"]: purchase for purchase in books}
    for number, row in ours.items():
        purchase = theirs.get(number)
        arrived = 0
        if purchase is not None and purchase["state"] == "delivered":
            arrived = int(str(row["asked_for"]))
        if row["delivered"] != arrived:
            found.append(f"{number}: they delivered {arrived}, we say {row['delivered']} ({row['state']})")
        if purchase is None and row["state"] not in {"failed", "refused"}:
            found.append(f"{number}: never ordered, but {row['state']}")
        known_cost = entry.tells_cost and not row["by_staff"] and arrived
        if purchase is not None and known_cost and row["cost_fen"] != purchase["cost_fen"]:
            found.append(f"{number}: cost {purchase['cost_fen']}, we say {row['cost_fen']}")
    times = Counter(row["delivery_id"] for row in attempts if row["delivered"])
    return found + [f"delivery {delivery} was made {n} times" for delivery, n in times.items() if n > 1]


@pytest.mark.timeout(1800)
async def test_a_dying_worker_orders_nothing_twice_and_loses_nothing(storm: Storm) -> None:
    selling = [asyncio.create_task(storm.sell(random.Random(SEED + n))) for n in range(2)]
    await asyncio.gather(*(storm.live_and_die(random.Random(SEED + n)) for n in range(WORKERS)))
    await asyncio.gather(*selling)
    async with storm.worker():
        await until_settled(storm)
    log.info("%s kills: %s", storm.kills, {r["what"]: r["times"] for r in await storm.shop.rows(MADE_OF)})
    found = {f"{prefix_of(entry)} {entry.protocol}": await differences(storm, entry) for entry in ENTRIES}
    assert {protocol: one for protocol, one in found.items() if one} == {}
    states = {str(row["state"]): int(str(row["orders"])) for row in await storm.shop.rows(STATES)}
    assert set(states) <= {"delivered", "refunding"}
    violations = await check_invariants(storm.shop.db, now=storm.shop.db.clock.now())
    assert violations == []
    assert storm.kills >= KILLS
    assert states["delivered"] > len(ENTRIES)
