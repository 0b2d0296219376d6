"""Hundreds of orders at four suppliers who lie, stall, forget and repeat themselves, by workers that die at every
commit and in the midst of calls; at the end the suppliers' books and ours agree one by one.

`KAMENG_SIMULATION_SEEDS=1,2,3` or `1-50` and `KAMENG_SIMULATION_ORDERS=5000` choose other and longer runs.
"""

import logging
import os

import asyncpg
import pytest
from structlog.testing import capture_logs

from kameng.kernel.clock import VirtualClock
from kameng.kernel.crypto import Keyring
from tests.simulation.books import differences, summary
from tests.simulation.carriers import Carrier
from tests.simulation.people import Desk, Worker
from tests.simulation.supplied import AccountBuyer, BackOffice, Overseer, SuppliedWorld, a_supplied_world
from tests.simulation.supplier_books import made_of, supplier_differences
from tests.simulation.test_simulation import HOUR_S, let_time_pass, seeds
from tests.simulation.world import a_world

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

ORDERS = int(os.environ.get("KAMENG_SIMULATION_ORDERS", "100"))
log = logging.getLogger(__name__)


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("seed", seeds())
async def test_every_purchase_agrees(pool: asyncpg.Pool, keyring: Keyring, clock: VirtualClock, seed: int) -> None:
    world = await a_world(pool, keyring, clock, seed)
    supplied = await a_supplied_world(world)
    overseer = Overseer(supplied)
    rush_s = ORDERS * 12.0
    for number in range(1, ORDERS + 1):
        buyer = AccountBuyer(world, number, top_ups=supplied.top_ups)
        world.later(world.random.uniform(0, rush_s), buyer.want)
    Worker(world, every_s=30, until_s=rush_s + HOUR_S).begin()
    carriers = [Carrier(supplied, process) for process in world.processes[:2]]
    for carrier in carriers:
        carrier.begin(every_s=10, until_s=rush_s + HOUR_S)
    for at in range(0, int(rush_s + HOUR_S), 300):
        world.later(at, overseer.refresh)
    for at in range(0, int(rush_s + HOUR_S), 1200):
        world.later(at, overseer.look)
        world.later(at, BackOffice(supplied).decide)
        world.later(at, Desk(world).decide)
        world.later(at, overseer.restock)
    with capture_logs() as logs:
        await world.run()
        await let_the_truth_come_out(supplied, carriers, overseer)
    made = {**await summary(world), **await made_of(supplied)}
    log.info("seed %s: %s", seed, made)
    broken = [entry for entry in logs if entry["event"] in {"dispatcher.failed", "answer.unrecordable"}]
    assert broken == []
    assert overseer.found == []
    assert await differences(world) + await supplier_differences(supplied) == [], f"seed {seed}: {made}"
    assert made["delivered"] > ORDERS // 3  # type: ignore[operator]
    assert world.happened["process died"] > 5


async def let_the_truth_come_out(supplied: SuppliedWorld, carriers: list[Carrier], overseer: Overseer) -> None:
    """Days without new buyers: suppliers do as they should, and the back office looks in now and then."""
    for one in supplied.moody.values():
        one.honest = True
    for carrier in carriers:
        carrier.begin(every_s=120, until_s=4 * HOUR_S)
        carrier.begin(every_s=900, until_s=60 * HOUR_S)
    for hours in range(1, 58, 3):
        supplied.world.later(hours * HOUR_S, BackOffice(supplied).decide)
        supplied.world.later(hours * HOUR_S, overseer.look)
    await let_time_pass(supplied.world)
