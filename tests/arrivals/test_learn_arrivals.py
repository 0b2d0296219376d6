"""From rows of attempts to what is expected of the next one."""

import random
from datetime import timedelta

import pytest

from kameng.arrivals.expected_arrival import UnderWay, expected_arrival, usual_arrivals
from kameng.arrivals.learn_arrivals import LEARN_EVERY, learn_arrivals
from kameng.kernel.clock import VirtualClock
from kameng.kernel.database import Database
from tests.builders.attempts import Attempts, Ending
from tests.builders.shop import Shop, a_paid_order, a_stocked_sku

pytestmark = pytest.mark.anyio


@pytest.fixture
async def attempts(db: Database) -> Attempts:
    return Attempts(db)


async def _history(attempts: Attempts, sku_id: int, supplier_id: int, *, median_s: float, count: int = 120) -> None:
    draw = random.Random(supplier_id)
    now = attempts.db.clock.now()
    for _ in range(count):
        begun = now - timedelta(hours=draw.uniform(2, 72))
        seconds = draw.lognormvariate(0, 0.4) * median_s
        await attempts.attempt(sku_id, supplier_id, begun, ending=Ending(after=timedelta(seconds=seconds)))


async def test_what_was_delivered_says_when_the_next_will_be(attempts: Attempts, clock: VirtualClock) -> None:
    db = attempts.db
    fast, slow = await attempts.supplier("fast"), await attempts.supplier("slow")
    sku_id, product_id = await attempts.sku()
    await _history(attempts, sku_id, fast, median_s=30)
    await _history(attempts, sku_id, slow, median_s=1800)
    assert await learn_arrivals(db=db) >= 5
    now = clock.now()
    quick = await expected_arrival(db=db, under_way=[UnderWay(product_id, fast, "移动", now)])
    long = await expected_arrival(db=db, under_way=[UnderWay(product_id, slow, "移动", now)])
    assert quick.known
    assert long.known
    assert quick.about is not None
    assert quick.at_latest is not None
    assert long.about is not None
    assert timedelta(seconds=20) < quick.about < timedelta(seconds=45)
    assert quick.about < quick.at_latest < timedelta(minutes=2)
    assert timedelta(minutes=20) < long.about < timedelta(minutes=40)
    async with db.reading() as connection:
        medians = await usual_arrivals(connection, product_id)
    assert medians[fast] < 60 < medians[slow]


async def test_whoever_waits_longer_than_nearly_all_is_told_so(attempts: Attempts, clock: VirtualClock) -> None:
    supplier_id = await attempts.supplier()
    sku_id, product_id = await attempts.sku()
    await _history(attempts, sku_id, supplier_id, median_s=60)
    await learn_arrivals(db=attempts.db)
    begun = clock.now()
    clock.go_on(timedelta(minutes=5))
    late = await expected_arrival(db=attempts.db, under_way=[UnderWay(product_id, supplier_id, "移动", begun)])
    assert late.late
    clock.go_on(timedelta(days=3))
    lost = await expected_arrival(db=attempts.db, under_way=[UnderWay(product_id, supplier_id, "移动", begun)])
    assert lost.late
    assert lost.about is None
    assert lost.at_latest is None


async def test_of_a_new_route_no_more_is_said_than_is_known(attempts: Attempts, clock: VirtualClock) -> None:
    now = clock.now()
    nothing = await expected_arrival(db=attempts.db, under_way=[UnderWay(1, 1, None, now)])
    assert not nothing.known
    assert nothing.about is not None
    supplier_id, new = await attempts.supplier("known"), await attempts.supplier("new")
    sku_id, product_id = await attempts.sku()
    await _history(attempts, sku_id, supplier_id, median_s=30)
    await learn_arrivals(db=attempts.db)
    clock.go_on(timedelta(minutes=1))
    waiting = await expected_arrival(db=attempts.db, under_way=[UnderWay(product_id, None, None, clock.now())])
    other = await expected_arrival(db=attempts.db, under_way=[UnderWay(product_id, new, "移动", clock.now())])
    assert not waiting.known
    assert not other.known
    assert other.about is not None
    assert other.about < timedelta(minutes=1), "the product is known, though not from this supplier"


async def test_several_workers_learn_once(attempts: Attempts, clock: VirtualClock) -> None:
    supplier_id = await attempts.supplier()
    sku_id, _ = await attempts.sku()
    await _history(attempts, sku_id, supplier_id, median_s=30, count=20)
    assert await learn_arrivals(db=attempts.db) > 0
    assert await learn_arrivals(db=attempts.db) == 0
    clock.go_on(LEARN_EVERY)
    assert await learn_arrivals(db=attempts.db) > 0
    assert await attempts.db.pool.fetchval("SELECT count(DISTINCT learned_at) FROM arrival_curves") == 1


async def test_what_still_runs_is_counted_and_so_is_every_day(
    shop: Shop, attempts: Attempts, clock: VirtualClock
) -> None:
    supplier_id = await attempts.supplier()
    sku_id, product_id = await attempts.sku()
    now = clock.now()
    for _ in range(30):
        await attempts.attempt(sku_id, supplier_id, now - timedelta(hours=3), ending=Ending())
    await learn_arrivals(db=attempts.db)
    before = await attempts.db.pool.fetchval("SELECT max(p95_s) FROM arrival_curves WHERE supplier_id > 0")
    for _ in range(30):
        await attempts.attempt(sku_id, supplier_id, now - timedelta(hours=2), ending=Ending("placed"))
    clock.go_on(LEARN_EVERY)
    await learn_arrivals(db=attempts.db)
    after = await attempts.db.pool.fetchval("SELECT min(p95_s) FROM arrival_curves WHERE supplier_id > 0")
    assert after > 10 * before
    days = await attempts.db.pool.fetch("SELECT product_id, delivered, median_s FROM arrival_days")
    assert [dict(day) for day in days] == [], "nobody ordered these"
    order = await a_paid_order(shop, await a_stocked_sku(shop))
    await attempts.attempt(sku_id, supplier_id, now, ending=Ending(), order_id=order.order_id)
    clock.go_on(LEARN_EVERY)
    await learn_arrivals(db=attempts.db)
    days = await attempts.db.pool.fetch("SELECT product_id, delivered, median_s FROM arrival_days")
    assert [tuple(day) for day in days] == [(product_id, 1, 60)]
