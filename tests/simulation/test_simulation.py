"""Hundreds of buyers, two unreliable banks, processes that die at every commit; at the end every sum and card agrees.

`KAMENG_SIMULATION_SEEDS=1,2,3` or `1-50` and `KAMENG_SIMULATION_ORDERS=5000` choose other and longer runs.
"""

import logging
import os

import asyncpg
import pytest
from structlog.testing import capture_logs

from kameng.kernel.clock import VirtualClock
from kameng.kernel.crypto import Keyring
from tests.builders.bank import Mood
from tests.simulation.books import differences, summary
from tests.simulation.people import Buyer, Desk, Worker, refill
from tests.simulation.world import CrashingDatabase, World, a_world

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

HOUR_S = 3600.0
log = logging.getLogger(__name__)


def seeds() -> list[int]:
    text = os.environ.get("KAMENG_SIMULATION_SEEDS", "1,2,3")
    first, dash, last = text.partition("-")
    return list(range(int(first), int(last) + 1)) if dash else [int(part) for part in text.split(",")]


ORDERS = int(os.environ.get("KAMENG_SIMULATION_ORDERS", "200"))


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", seeds())
async def test_every_sum_and_every_card_agrees(
    pool: asyncpg.Pool, keyring: Keyring, clock: VirtualClock, seed: int
) -> None:
    world = await a_world(pool, keyring, clock, seed)
    rush_s = ORDERS * 12.0
    for number in range(1, ORDERS + 1):
        world.later(world.random.uniform(0, rush_s), Buyer(world, number).want)
    for _ in range(2):
        Worker(world, every_s=20, until_s=rush_s + HOUR_S).begin()
    for _ in range(ORDERS // 4):
        world.later(world.random.uniform(0, rush_s + HOUR_S), lambda: refill(world))
    for _ in range(ORDERS // 10):
        world.later(world.random.uniform(0, rush_s + 2 * HOUR_S), Desk(world).decide)
    with capture_logs():
        await world.run()
        await let_time_pass(world)
    made_of = await summary(world)
    log.info("seed %s: %s", seed, made_of)
    assert await differences(world) == [], f"seed {seed}, {ORDERS} buyers: {made_of}"
    assert made_of["delivered"] > ORDERS // 5
    assert made_of["refunded"] > 0


async def let_time_pass(world: World) -> None:
    """Days without new buyers: the banks answer again, a worker is awake, the desk looks in now and then."""
    for bank in world.banks:
        bank.mood_of = lambda _call: Mood.FINE
    for process in world.processes:
        assert isinstance(process.db, CrashingDatabase)
        process.db.crashes = 0
    Worker(world, every_s=600, until_s=60 * HOUR_S).begin()
    for hours in range(1, 60, 6):
        world.later(hours * HOUR_S, Desk(world).decide)
    await world.run()
