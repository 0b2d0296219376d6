"""Reserving: all or nothing, from a random slot round the whole circle, never the same card twice."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta

import asyncpg
import pytest

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database, Transaction
from kameng.stock import store
from kameng.stock.allocate import allocate
from kameng.stock.release import release
from kameng.stock.reserve import SLOTS, reserve
from tests.stock.builders import TODAY, a_sku, some_cards, some_orders, states

pytestmark = pytest.mark.anyio

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"

Reserving = Callable[[Transaction, int, int], Awaitable[int]]


async def held_by(db: Database, order_id: int) -> int:
    async with db.reading() as connection:
        count: int = await connection.fetchval("SELECT count(*) FROM cards WHERE order_id = $1", order_id)
    return count


async def guarded(tx: Transaction, order_id: int, sku_id: int) -> int:
    return await reserve(tx, order_id=order_id, sku_id=sku_id, quantity=1, on=TODAY)


async def naive(tx: Transaction, order_id: int, sku_id: int) -> int:
    """What many a shop does: look, then write."""
    card_id = await tx.connection.fetchval(
        "SELECT id FROM cards WHERE sku_id = $1 AND state = 'available' ORDER BY id LIMIT 1", sku_id
    )
    if card_id is None:
        return 0
    await asyncio.sleep(0)
    await tx.connection.execute("UPDATE cards SET state = 'reserved', order_id = $2 WHERE id = $1", card_id, order_id)
    return 1


async def race(db: Database, sku_id: int, orders: list[int], reserving: Reserving) -> list[int]:
    """All at once, each in its own transaction; the orders that were told they had a card."""

    async def one(order_id: int) -> int | None:
        async with db.transaction() as tx:
            return order_id if await reserving(tx, order_id, sku_id) else None

    return [order_id for order_id in await asyncio.gather(*map(one, orders)) if order_id]


async def test_without_the_guard_two_buyers_are_promised_one_card(db: Database, keyring: Keyring) -> None:
    sku_id = await a_sku(db)
    await some_cards(db, keyring, sku_id, [f"C{n}" for n in range(100)])
    told = await race(db, sku_id, await some_orders(db, 64), naive)
    assert len(told) == 64
    assert (await states(db, sku_id))["reserved"] < 64


async def test_64_buyers_for_100_cards_hold_64_different_ones(db: Database, keyring: Keyring) -> None:
    sku_id = await a_sku(db)
    await some_cards(db, keyring, sku_id, [f"C{n}" for n in range(100)])
    told = await race(db, sku_id, await some_orders(db, 64), guarded)
    assert len(told) == 64
    assert await states(db, sku_id) == {"reserved": 64, "available": 36}
    assert [await held_by(db, order_id) for order_id in told] == [1] * 64


async def test_of_160_buyers_for_100_cards_exactly_100_get_one(db: Database, keyring: Keyring) -> None:
    sku_id = await a_sku(db)
    await some_cards(db, keyring, sku_id, [f"C{n}" for n in range(100)])
    told = await race(db, sku_id, await some_orders(db, 160), guarded)
    assert len(told) == 100
    assert await states(db, sku_id) == {"reserved": 100}


async def test_buyers_of_several_share_the_last_cards_without_anyone_being_sent_away_for_nothing(
    db: Database, keyring: Keyring
) -> None:
    """Each holds a part of what the other needs for a moment; still exactly as many are served as can be."""
    orders = await some_orders(db, 160)
    for turn in range(20):
        sku_id = await a_sku(db)
        await some_cards(db, keyring, sku_id, [f"{turn}-{n}" for n in range(9)])

        async def three(tx: Transaction, order_id: int, sku_id: int) -> int:
            return await reserve(tx, order_id=order_id, sku_id=sku_id, quantity=3, on=TODAY)

        told = await race(db, sku_id, orders[turn * 8 : turn * 8 + 8], three)
        assert len(told) == 3
        assert await states(db, sku_id) == {"reserved": 9}


async def test_passing_over_locked_cards_alone_sends_buyers_away_while_cards_are_left(
    db: Database, keyring: Keyring
) -> None:
    """Why `reserve` goes on waiting: two transactions, each holding a part, both short."""
    sku_id = await a_sku(db)
    first, second = await some_orders(db, 2)
    await some_cards(db, keyring, sku_id, ["A", "B", "C"], slots=[10, 20, 30])
    async with db.pool.acquire() as holder, holder.transaction():
        await holder.execute("SELECT FROM cards WHERE slot = 20 FOR UPDATE")
        async with db.transaction() as tx:
            pick = await store.reserve(tx, store.Wanted(second, sku_id, 3, start_slot=0, on=TODAY))
    assert pick == store.Pick(held=0, in_sight=3)
    async with db.transaction() as tx:
        assert await reserve(tx, order_id=first, sku_id=sku_id, quantity=3, on=TODAY) == 3


@pytest.mark.parametrize("quantity", [1, 2])
async def test_a_short_buyer_waits_for_cards_that_may_come_back(db: Database, keyring: Keyring, quantity: int) -> None:
    sku_id = await a_sku(db)
    (order_id,) = await some_orders(db, 1)
    await some_cards(db, keyring, sku_id, [f"C{n}" for n in range(quantity)])
    async with db.pool.acquire() as holder:
        block = holder.transaction()
        await block.start()
        await holder.execute("SELECT FROM cards FOR UPDATE")

        async def buyer() -> int:
            async with db.transaction() as tx:
                return await reserve(tx, order_id=order_id, sku_id=sku_id, quantity=quantity, on=TODAY)

        waiting = asyncio.create_task(buyer())
        await _until_somebody_waits(db)
        await block.rollback()
    assert await waiting == quantity


async def _until_somebody_waits(db: Database) -> None:
    async with db.reading() as connection:
        while not await connection.fetchval(WAITING):  # noqa: ASYNC110 - only the server knows
            await asyncio.sleep(0.01)


async def test_too_few_cards_reserve_none(db: Database, keyring: Keyring) -> None:
    sku_id = await a_sku(db)
    (order_id,) = await some_orders(db, 1)
    await some_cards(db, keyring, sku_id, ["A", "B"])
    async with db.transaction() as tx:
        assert await reserve(tx, order_id=order_id, sku_id=sku_id, quantity=3, on=TODAY) == 0
    assert await states(db, sku_id) == {"available": 2}


@pytest.mark.parametrize("start", [0, 15, 20, 31, SLOTS - 1])
async def test_the_pick_goes_round_the_circle(db: Database, keyring: Keyring, start: int) -> None:
    sku_id = await a_sku(db)
    (order_id,) = await some_orders(db, 1)
    await some_cards(db, keyring, sku_id, ["A", "B", "C"], slots=[10, 20, 30])
    async with db.transaction() as tx:
        pick = await store.reserve(tx, store.Wanted(order_id, sku_id, 3, start_slot=start, on=TODAY))
    assert pick.held == 3
    assert await states(db, sku_id) == {"reserved": 3}


async def test_the_pick_begins_at_the_start_slot(db: Database, keyring: Keyring) -> None:
    sku_id = await a_sku(db)
    (order_id,) = await some_orders(db, 1)
    await some_cards(db, keyring, sku_id, ["A", "B", "C"], slots=[10, 20, 30])
    async with db.transaction() as tx:
        await store.reserve(tx, store.Wanted(order_id, sku_id, 2, start_slot=25, on=TODAY))
        slots = await tx.connection.fetch("SELECT slot FROM cards WHERE state = 'reserved' ORDER BY slot")
    assert [row["slot"] for row in slots] == [10, 30]


@pytest.mark.parametrize(("days", "given"), [(-1, 0), (0, 0), (1, 1)])
async def test_a_card_on_its_last_day_is_not_sold(db: Database, keyring: Keyring, days: int, given: int) -> None:
    sku_id = await a_sku(db)
    (order_id,) = await some_orders(db, 1)
    await some_cards(db, keyring, sku_id, ["A"], expires_on=TODAY + timedelta(days=days))
    async with db.transaction() as tx:
        assert await reserve(tx, order_id=order_id, sku_id=sku_id, quantity=1, on=TODAY) == given
    assert await held_by(db, order_id) == given


async def test_another_skus_cards_are_left_alone(db: Database, keyring: Keyring) -> None:
    wanted, other = await a_sku(db), await a_sku(db)
    (order_id,) = await some_orders(db, 1)
    await some_cards(db, keyring, other, ["A"])
    async with db.transaction() as tx:
        assert await reserve(tx, order_id=order_id, sku_id=wanted, quantity=1, on=TODAY) == 0
    assert await states(db, other) == {"available": 1}


async def test_release_gives_back_exactly_the_orders_cards(db: Database, keyring: Keyring) -> None:
    sku_id = await a_sku(db)
    gone, stays = await some_orders(db, 2)
    await some_cards(db, keyring, sku_id, [f"C{n}" for n in range(10)])
    async with db.transaction() as tx:
        await reserve(tx, order_id=gone, sku_id=sku_id, quantity=4, on=TODAY)
        await reserve(tx, order_id=stays, sku_id=sku_id, quantity=3, on=TODAY)
    async with db.transaction() as tx:
        assert await release(tx, gone) == 4
    assert await held_by(db, gone) == 0
    assert await held_by(db, stays) == 3
    async with db.transaction() as tx:
        assert await release(tx, gone) == 0
    assert await states(db, sku_id) == {"available": 7, "reserved": 3}


async def test_what_is_sold_stays_sold(db: Database, keyring: Keyring) -> None:
    sku_id = await a_sku(db)
    (order_id,) = await some_orders(db, 1)
    await some_cards(db, keyring, sku_id, ["A", "B"])
    async with db.transaction() as tx:
        await reserve(tx, order_id=order_id, sku_id=sku_id, quantity=2, on=TODAY)
        assert await allocate(tx, order_id) == 2
        assert await allocate(tx, order_id) == 0
        assert await release(tx, order_id) == 0
    assert await states(db, sku_id) == {"sold": 2}


async def test_a_card_cannot_belong_to_an_order_and_be_available(db: Database, keyring: Keyring) -> None:
    sku_id = await a_sku(db)
    (order_id,) = await some_orders(db, 1)
    await some_cards(db, keyring, sku_id, ["A"])
    with pytest.raises(asyncpg.CheckViolationError):
        async with db.transaction() as tx:
            await tx.connection.execute("UPDATE cards SET order_id = $1", order_id)
    assert Counter(await states(db, sku_id)) == {"available": 1}
