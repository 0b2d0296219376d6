"""What stands in the exception queue, counted and listed alike."""

from datetime import timedelta

import pytest

from kameng.desk.exceptions import (
    SLOW_MIN,
    USUAL,
    ExceptionKind,
    count_exceptions,
    count_wanting,
    list_exceptions,
)
from kameng.desk.suppliers import SupplierDay, supplier_days
from kameng.kernel.clock import VirtualClock
from kameng.kernel.database import Database
from tests.builders.attempts import Attempts, Ending

pytestmark = pytest.mark.anyio

_K = ExceptionKind
OPEN = """
UPDATE deliveries SET state = $2, closed_at = NULL
WHERE id = (SELECT delivery_id FROM delivery_attempts WHERE id = $1)
"""
ANOTHER = """
INSERT INTO delivery_attempts (delivery_id, n, sku_id, route_id, supplier_id, goods, number, quantity, asked_for, state,
                               cost_max_fen, called_at)
SELECT delivery_id, 2, sku_id, route_id, supplier_id, goods, 'N-2', 1, 1, 'placed', 0, called_at
FROM delivery_attempts WHERE id = $1
"""


@pytest.fixture
def attempts(db: Database) -> Attempts:
    return Attempts(db)


async def an_attempt(attempts: Attempts, state: str, *, ago: timedelta, delivery: str = "open") -> int:
    """Of a delivery of its own in that state."""
    supplier, sku = await attempts.supplier(f"s{attempts.made}"), (await attempts.sku(f"p{attempts.made}"))[0]
    called_at = attempts.db.clock.now() - ago
    attempt_id = await attempts.attempt(sku, supplier, called_at, ending=Ending(state, after=timedelta(0)))
    await attempts.db.pool.execute(OPEN, attempt_id, delivery)
    return attempt_id


async def kinds(db: Database) -> dict[int | None, ExceptionKind]:
    lines = await list_exceptions(db)
    counts = await count_exceptions(db, owner_id=1)
    assert counts.all == len(lines)
    async with db.reading() as connection:
        wanting = await count_wanting(connection)
    assert wanting == sum(line.kind in {_K.IN_DOUBT, _K.STUCK, _K.HELD} for line in lines)
    return {line.attempt_id: line.kind for line in lines}


async def test_each_kind_is_known_from_what_is_written(db: Database, attempts: Attempts) -> None:
    long = timedelta(hours=3)
    doubted = await an_attempt(attempts, "in_doubt", ago=timedelta(0))
    stuck_in_doubt = await an_attempt(attempts, "in_doubt", ago=long, delivery="stuck")
    stuck = await an_attempt(attempts, "placed", ago=long, delivery="stuck")
    held = await an_attempt(attempts, "failed", ago=long, delivery="stuck")
    slow = await an_attempt(attempts, "placed", ago=long)
    await an_attempt(attempts, "placed", ago=timedelta(minutes=1))
    await an_attempt(attempts, "failed", ago=long)
    await an_attempt(attempts, "delivered", ago=long, delivery="done")
    assert await kinds(db) == {
        doubted: _K.IN_DOUBT, stuck_in_doubt: _K.STUCK, stuck: _K.STUCK, held: _K.HELD, slow: _K.SLOW,
        None: _K.WAITING,
    }  # fmt: skip
    for kind in _K:
        assert {line.kind for line in await list_exceptions(db, kind=kind)} == {kind}


async def test_a_stuck_delivery_stands_there_once(db: Database, attempts: Attempts) -> None:
    """With one attempt in doubt and others under way."""
    doubted = await an_attempt(attempts, "in_doubt", ago=timedelta(hours=1), delivery="stuck")
    await db.pool.execute(ANOTHER, doubted)
    assert await kinds(db) == {doubted: _K.STUCK}


async def test_what_is_slow_depends_on_what_is_usual(db: Database, clock: VirtualClock, attempts: Attempts) -> None:
    attempt_id = await an_attempt(attempts, "placed", ago=timedelta(0))
    clock.go_on(2 * USUAL - timedelta(seconds=1))
    assert await kinds(db) == {}
    clock.go_on(timedelta(seconds=1))
    assert await kinds(db) == {attempt_id: _K.SLOW}
    quick = clock.now() - 2 * USUAL + timedelta(hours=12)
    await db.pool.execute("INSERT INTO radar_watched (attempt_id, due_at) VALUES ($1, $2)", attempt_id, quick)
    assert await kinds(db) == {}


async def test_nothing_young_is_slow(db: Database, clock: VirtualClock, attempts: Attempts) -> None:
    attempt_id = await an_attempt(attempts, "placed", ago=timedelta(0))
    due = clock.now() + timedelta(seconds=3)
    await db.pool.execute("INSERT INTO radar_watched (attempt_id, due_at) VALUES ($1, $2)", attempt_id, due)
    clock.go_on(SLOW_MIN - timedelta(seconds=1))
    assert await kinds(db) == {}
    clock.go_on(timedelta(seconds=1))
    assert await kinds(db) == {attempt_id: _K.SLOW}


async def test_the_oldest_stands_first(db: Database, attempts: Attempts) -> None:
    ages = (timedelta(hours=1), timedelta(hours=5), timedelta(hours=2))
    first, second, third = [await an_attempt(attempts, "in_doubt", ago=ago) for ago in ages]
    assert [line.attempt_id for line in await list_exceptions(db)] == [second, third, first]


async def test_a_suppliers_day_counts_what_ended_within_it(
    db: Database, clock: VirtualClock, attempts: Attempts
) -> None:
    supplier, (sku, _) = await attempts.supplier(), await attempts.sku()
    now = clock.now()
    for state, minutes, hours_ago in (
        ("delivered", 1, 2), ("delivered", 3, 3), ("delivered", 9, 30), ("failed", 1, 1), ("refused", 0, 1),
    ):  # fmt: skip
        ending = Ending(state, after=timedelta(minutes=minutes))
        await attempts.attempt(sku, supplier, now - timedelta(hours=hours_ago), ending=ending)
    await attempts.attempt(sku, supplier, now, ending=Ending("in_doubt"))
    await attempts.attempt(sku, supplier, now, ending=Ending("placed"))
    day = (await supplier_days(db))[supplier]
    assert day == SupplierDay(ended=4, delivered=2, median_s=120.0, under_way=2, in_doubt=1)
    assert day.percent == 50
    assert SupplierDay().percent is None
