"""`kill -9` of web and worker at random moments under load: every paid order is delivered or sent back."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
import pytest

from kameng.cli.stack import Stack
from kameng.invariants.check import Violation, check_invariants
from kameng.journey import FOLLOWING
from kameng.kernel.database import Database, open_pool
from kameng.kernel.free_ports import free_ports
from kameng.kernel.supervisor import Supervisor
from kameng.settings import settings_from
from tests.chaos.fire import Fire

BUYERS = 5
FIRE_S = float(os.environ.get("KAMENG_TEST_FIRE_S", "15"))
SETTLED_WITHIN_S = 150.0
SEED = int(os.environ.get("KAMENG_TEST_SEED", "20261122"))

# What money was meant for and what became of it, order by order.
STATES = "SELECT state, count(*) AS orders FROM orders GROUP BY state"
RECEIPTS = "SELECT gateway_trade_no, amount_fen FROM receipts"
SENT_BACK = """
SELECT r.gateway_trade_no, sum(f.amount_fen)::bigint AS sent_back_fen
FROM refunds f JOIN receipts r ON r.id = f.receipt_id WHERE f.state = 'done' GROUP BY r.gateway_trade_no
"""
CARDS_TWICE = """
SELECT count(*) FROM (SELECT FROM cards WHERE state = 'sold' GROUP BY blind_index HAVING count(DISTINCT order_id) > 1) c
"""
UNSETTLED = """
SELECT (SELECT count(*) FROM orders WHERE state IN ('paid', 'refunding'))
     + (SELECT count(*) FROM refunds WHERE state <> 'done')
"""


@pytest.fixture
def fire(database_url: str, tmp_path: Path) -> Iterator[Fire]:
    port, sandbox_port, _suppliers_port = free_ports(3)
    settings = settings_from(
        {
            "KAMENG_DATABASE_URL": database_url,
            "KAMENG_DATA": str(tmp_path),
            "KAMENG_PORT": str(port),
            "KAMENG_PUBLIC_URL": f"http://127.0.0.1:{port}",
        }
    )
    stack = Stack(settings, sandbox_port=sandbox_port)
    supervisor = Supervisor(stack.prepare())
    supervisor.start()
    yield Fire(stack, supervisor)
    supervisor.stop()


def ask(database_url: str, statement: str) -> list[asyncpg.Record]:
    async def fetch() -> list[asyncpg.Record]:
        connection = await asyncpg.connect(database_url)
        try:
            return list(await connection.fetch(statement))
        finally:
            await connection.close()

    return asyncio.run(fetch())


def violations(database_url: str) -> list[Violation]:
    async def check() -> list[Violation]:
        async with await open_pool(database_url) as pool:
            db = Database(pool, following=FOLLOWING)
            return await check_invariants(db, now=db.clock.now())

    return asyncio.run(check())


def wait_until_settled(fire: Fire, database_url: str) -> None:
    """Every payment in the bank's books is a receipt in ours, and nothing is under way any more."""
    ends = time.monotonic() + SETTLED_WITHIN_S
    while True:
        taken = {payment["trade_no"] for payment in fire.books()["payments"]}
        known = {row["gateway_trade_no"] for row in ask(database_url, RECEIPTS)}
        [(unsettled,)] = ask(database_url, UNSETTLED)
        if taken == known and unsettled == 0:
            return
        assert time.monotonic() < ends, f"unknown: {len(taken - known)}, unsettled: {unsettled}"
        fire.supervisor.watch()
        time.sleep(0.5)


@pytest.mark.timeout(400)
def test_nothing_paid_is_lost_and_no_card_goes_twice(fire: Fire, database_url: str) -> None:
    supplied = {row["sku_id"] for row in ask(database_url, "SELECT sku_id FROM routes")}
    with ThreadPoolExecutor(BUYERS + 1) as threads:
        killing = threads.submit(fire.killer, SEED)
        buying = [threads.submit(fire.buyer, SEED + number, supplied) for number in range(BUYERS)]
        time.sleep(FIRE_S)
        fire.over.set()
        for done in (killing, *buying):
            done.result()
    fire.wait_until_ready()
    wait_until_settled(fire, database_url)

    books = fire.books()
    taken = {payment["trade_no"]: payment["paid_fen"] for payment in books["payments"]}
    assert {row["gateway_trade_no"]: row["amount_fen"] for row in ask(database_url, RECEIPTS)} == taken
    given_back: Counter[str] = Counter()
    for refund in books["refunds"]:
        given_back[refund["trade_no"]] += refund["fen"]
    assert {row["gateway_trade_no"]: row["sent_back_fen"] for row in ask(database_url, SENT_BACK)} == given_back
    assert ask(database_url, CARDS_TWICE)[0][0] == 0
    assert violations(database_url) == []
    states = {row["state"]: row["orders"] for row in ask(database_url, STATES)}
    assert set(states) <= {"delivered", "refunded", "cancelled", "awaiting_payment"}
    assert fire.kills >= 5
    assert states["delivered"] >= 20
