"""Discontented buyers tap whatever there is, staff refund and replace, processes die: all of it comes to an end, no
money goes back twice, and no piece is both paid back and exchanged.

`KAMENG_SIMULATION_SEEDS` and `KAMENG_SIMULATION_ORDERS` as for the others.
"""

import logging

import asyncpg
import pytest
from structlog.testing import capture_logs

from kameng.invariants.check import check_invariants
from kameng.kernel.clock import VirtualClock
from kameng.kernel.crypto import Keyring
from tests.builders.cases import somebody
from tests.simulation.after_sales import AfterSalesDesk, Malcontents, look_after
from tests.simulation.books import UNFINISHED, against_the_banks, summary
from tests.simulation.people import Buyer, Desk, Worker, refill
from tests.simulation.test_simulation import HOUR_S, ORDERS, let_time_pass, seeds
from tests.simulation.world import World, a_world

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
log = logging.getLogger(__name__)

STILL_OPEN = """
SELECT 'case ' || id || ' ' || state AS what FROM cases WHERE state <> 'closed'
UNION ALL SELECT 'resubmission ' || id || ' ' || state FROM resubmissions WHERE ended_at IS NULL
UNION ALL SELECT 'remedy ' || id || ' ' || stage FROM case_remedies WHERE ended_at IS NULL
UNION ALL SELECT 'request ' || id || ' ' || state FROM refund_requests WHERE ended_at IS NULL
UNION ALL SELECT 'order ' || id || ' ' || state FROM orders
WHERE state NOT IN ('delivered', 'completed', 'cancelled', 'refunded', 'under_review')
"""
BOTH = """
SELECT 'order ' || o.id || ' is both paid back and exchanged' AS what FROM orders o
WHERE EXISTS (SELECT FROM cards c WHERE c.order_id = o.id AND c.state = 'replaced')
  AND (SELECT coalesce(sum(f.amount_fen), 0) FROM refunds f
       WHERE f.order_id = o.id AND f.cause = 'goods_faulty') > o.amount_fen - o.unit_price_fen
  AND o.quantity = 1
"""


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", seeds())
async def test_everything_that_is_begun_ends_and_once(
    pool: asyncpg.Pool, keyring: Keyring, clock: VirtualClock, seed: int
) -> None:
    world = await a_world(pool, keyring, clock, seed)
    desk = AfterSalesDesk(world, await somebody(world.shop, "an"))
    buyers, rush_s = ORDERS // 2, ORDERS * 12.0
    for number in range(1, buyers + 1):
        world.later(world.random.uniform(0, rush_s), Buyer(world, number).want)
    for _ in range(ORDERS * 2):
        world.later(world.random.uniform(0, rush_s + HOUR_S), Malcontents(world).act)
    for _ in range(ORDERS // 4):
        world.later(world.random.uniform(0, rush_s + HOUR_S), lambda: refill(world))
        world.later(world.random.uniform(0, rush_s + 2 * HOUR_S), desk.handle)
    for _ in range(ORDERS // 10):
        world.later(world.random.uniform(0, rush_s + 2 * HOUR_S), Desk(world).decide)
    Worker(world, every_s=30, until_s=rush_s + HOUR_S).begin()
    begin_looking_after(world, every_s=20, until_s=rush_s + HOUR_S)
    with capture_logs():
        await world.run()
        await let_time_pass(world)
        for _ in range(3):
            await desk.handle(to_the_end=True)
            begin_looking_after(world, every_s=1800, until_s=60 * HOUR_S)
            await let_time_pass(world)
    made_of = await summary(world)
    log.info("seed %s: %s", seed, made_of)
    assert await differences(world) == [], f"seed {seed}: {made_of}"
    # Some ten of each, as chance has it.
    assert made_of["case refund"] + made_of.get("case replace", 0) > 5


def begin_looking_after(world: World, *, every_s: float, until_s: float) -> None:
    at = 0.0
    while at < until_s:
        for _ in range(2):
            world.later(at, lambda: look_after(world))
        at += every_s


async def differences(world: World) -> list[str]:
    found = [str(one) for one in await check_invariants(world.shop.db, now=world.shop.clock.now())]
    found += await against_the_banks(world)
    found += [f"refund unfinished: {row}" for row in await world.shop.rows(UNFINISHED)]
    return found + [str(row["what"]) for row in [*await world.shop.rows(STILL_OPEN), *await world.shop.rows(BOTH)]]
