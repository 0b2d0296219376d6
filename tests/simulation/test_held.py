"""The same world where something speaks against many orders: proofs, decisions and deadlines cross."""

from datetime import timedelta
from functools import partial

import asyncpg
import pytest
from structlog.testing import capture_logs

from kameng.fulfilment.end_holds import end_holds
from kameng.kernel.clock import VirtualClock
from kameng.kernel.crypto import Keyring
from kameng.kernel.errors import Refusal
from kameng.orders.contact import unseal_contact
from kameng.orders.number import OrderId
from kameng.risk.guard import GuardRules
from kameng.risk.scorecard import Listed, Thresholds
from kameng.risk.weights import save_thresholds
from kameng.tracking.prove import ProveAsk, prove
from tests.builders.risk import listed
from tests.builders.shop import ADDRESS
from tests.simulation.books import differences, summary
from tests.simulation.people import Buyer, Desk, Worker, refill
from tests.simulation.test_simulation import HOUR_S, let_time_pass
from tests.simulation.world import World, a_world

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

ORDERS = 120
ASKED = """
SELECT o.id, o.contact_sealed FROM orders o JOIN order_events e ON e.order_id = o.id AND e.event = 'proof_asked'
WHERE o.state = 'under_review'
"""
# Nobody guesses here; what guessing leads to is tested elsewhere.
PATIENT = GuardRules(order_proof_after=10**6, address_proof_after=10**6, address_waits_after=10**6)


class Provers:
    """Buyers who come back to their page: most know what they typed, some tap twice, some come too late."""

    def __init__(self, world: World, contacts: list[str]) -> None:
        self.world = world
        self.contacts = contacts

    async def come_back(self) -> None:
        for row in await self.world.shop.rows(ASKED):
            for _ in range(self.world.random.choice([0, 1, 1, 2])):
                await self._try(OrderId(int(str(row["id"]))), bytes(row["contact_sealed"]))  # type: ignore[call-overload]

    async def _try(self, order_id: OrderId, sealed: bytes) -> None:
        own = unseal_contact(self.world.shop.keyring, order_id, sealed).text
        for contact in [own] if self.world.happens(0.5) else self.world.random.sample(self.contacts, 2):
            process = self.world.process()
            try:
                ask = ProveAsk(order_id, ADDRESS, contact)
                await prove(db=process.db, keyring=process.keyring, rules=PATIENT, ask=ask)
            except Refusal as refusal:
                self.world.happened[refusal.code] += 1
            else:
                self.world.happened["proved"] += 1


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", [1, 2])
async def test_no_held_order_is_lost(pool: asyncpg.Pool, keyring: Keyring, clock: VirtualClock, seed: int) -> None:
    world = await a_world(pool, keyring, clock, seed)
    buyers = [Buyer(world, number) for number in range(1, ORDERS + 1)]
    watched = sorted({buyer.contact for buyer in buyers if buyer.number % 3 == 0})
    for contact in watched:
        await listed(world.shop, Listed.WATCH, contact)
    rush_s = ORDERS * 12.0
    for buyer in buyers:
        world.later(world.random.uniform(0, rush_s), buyer.want)
    Worker(world, every_s=20, until_s=rush_s + HOUR_S).begin()
    for _ in range(ORDERS):
        at = world.random.uniform(0, rush_s + HOUR_S)
        world.later(at, Provers(world, watched).come_back)
    for _ in range(ORDERS // 4):
        world.later(world.random.uniform(0, rush_s + HOUR_S), lambda: refill(world))
    changes = ORDERS // 10
    for number in range(changes):
        # By turns, so that some orders wait for their buyers and some for a person whatever the seed.
        high = 50 if number % 3 == 2 else 100
        world.later(rush_s * number / changes, partial(vary, world, high))
        world.later(world.random.uniform(0, rush_s + 2 * HOUR_S), Desk(world).decide)
    for hours in range(80):
        world.later(hours * HOUR_S, lambda: end_holds(db=world.process().db))
    with capture_logs():
        await world.run()
        await let_time_pass(world)
        for _ in range(4):
            clock.go_on(timedelta(days=1))
            await end_holds(db=world.shop.db)
        await let_time_pass(world)
    made_of = await summary(world)
    assert await differences(world) == [], f"seed {seed}: {made_of}"
    told = {row["event"] for row in await world.shop.rows("SELECT DISTINCT event FROM order_events")}
    assert {"proof_asked", "proof_given", "held_for_review"} <= told, told
    assert await world.shop.rows("SELECT id FROM orders WHERE state = 'under_review'") == []


async def vary(world: World, high: int) -> None:
    """Where the line to a person's desk is drawn moves during the day."""
    async with world.shop.db.transaction() as tx:
        await save_thresholds(tx, Thresholds(50, high, timedelta(hours=world.random.choice([1, 24]))))
