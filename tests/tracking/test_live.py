"""Whoever listens hears every event of their order once, in order, whatever the order of commits."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from kameng.checkout.cancel_order import cancel_order
from kameng.orders.number import OrderId
from kameng.tracking.live import LiveEvent, LiveEvents
from tests.builders.shop import Shop, a_started_payment, a_stocked_sku, an_order, paid

pytestmark = pytest.mark.anyio

TELL = """
INSERT INTO order_events (order_id, event, from_state, to_state, actor_kind, at)
VALUES ($1, 'revealed', 'delivered', 'delivered', 'buyer', now()) RETURNING id
"""


@pytest.fixture
async def live(shop: Shop) -> AsyncIterator[LiveEvents]:
    live = LiveEvents(shop.db)
    following = asyncio.create_task(live.follow())
    yield live
    following.cancel()
    with suppress(asyncio.CancelledError):
        await following


async def next_event(events: AsyncIterator[LiveEvent]) -> LiveEvent:
    return await asyncio.wait_for(anext(events), 20)


async def silence(events: AsyncIterator[LiveEvent]) -> None:
    """Long enough for several looks at the table."""
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(anext(events), 0.5)


async def test_the_past_first_and_then_what_happens(shop: Shop, live: LiveEvents) -> None:
    order = await an_order(shop, await a_stocked_sku(shop))
    async with live.listen(order.order_id, after=0) as events:
        assert (await next_event(events)).event == "placed"
        await paid(shop, await a_started_payment(shop, order.order_id))
        heard = [await next_event(events) for _ in range(3)]
    assert [event.event for event in heard] == ["payment_started", "payment_confirmed", "delivered"]
    assert [event.state for event in heard] == ["awaiting_payment", "paid", "delivered"]
    assert sorted({event.id for event in heard}) == [event.id for event in heard]


async def test_whoever_comes_back_hears_only_what_is_new(shop: Shop, live: LiveEvents) -> None:
    order = await an_order(shop, await a_stocked_sku(shop))
    async with live.listen(order.order_id, after=0) as events:
        last = (await next_event(events)).id
    await cancel_order(db=shop.db, order_id=order.order_id)
    async with live.listen(order.order_id, after=last) as events:
        assert (await next_event(events)).event == "cancelled_by_buyer"
        await silence(events)


async def test_nobody_hears_of_others_orders(shop: Shop, live: LiveEvents) -> None:
    goods = await a_stocked_sku(shop)
    mine, theirs = await an_order(shop, goods), await an_order(shop, goods)
    async with live.listen(mine.order_id, after=0) as events:
        assert (await next_event(events)).order_id == mine.order_id
        await cancel_order(db=shop.db, order_id=theirs.order_id)
        await cancel_order(db=shop.db, order_id=mine.order_id)
        assert (await next_event(events)).order_id == mine.order_id


async def test_two_listeners_of_one_order_hear_the_same(shop: Shop, live: LiveEvents) -> None:
    order = await an_order(shop, await a_stocked_sku(shop))
    async with live.listen(order.order_id, after=0) as one, live.listen(order.order_id, after=0) as two:
        assert live.listeners == 2
        await cancel_order(db=shop.db, order_id=order.order_id)
        for events in (one, two):
            assert [(await next_event(events)).event for _ in range(2)] == ["placed", "cancelled_by_buyer"]
    assert live.listeners == 0


async def told(shop: Shop, order_id: OrderId) -> int:
    async with shop.db.transaction() as tx:
        number: int = await tx.connection.fetchval(TELL, order_id)
    return number


async def test_an_event_that_becomes_visible_late_is_not_skipped(shop: Shop, live: LiveEvents) -> None:
    """Two connections: the lower number commits after the higher one has been seen."""
    goods = await a_stocked_sku(shop)
    slow, quick = [(await an_order(shop, goods)).order_id for _ in range(2)]
    async with live.listen(slow, after=0) as slow_events, live.listen(quick, after=0) as quick_events:
        assert (await next_event(slow_events)).event == (await next_event(quick_events)).event == "placed"
        async with shop.db.pool.acquire() as connection:
            block = connection.transaction()
            await block.start()
            lower = await connection.fetchval(TELL, slow)
            higher = await told(shop, quick)
            assert lower < higher
            assert (await next_event(quick_events)).id == higher
            await asyncio.sleep(0.5)
            await block.commit()
        assert (await next_event(slow_events)).id == lower
        await silence(quick_events)


async def test_numbers_that_were_rolled_back_do_not_hold_anything_up(shop: Shop, live: LiveEvents) -> None:
    order = await an_order(shop, await a_stocked_sku(shop))
    async with live.listen(order.order_id, after=0) as events:
        await next_event(events)
        async with shop.db.pool.acquire() as connection:
            block = connection.transaction()
            await block.start()
            await connection.fetchval(TELL, order.order_id)
            await block.rollback()
        number = await told(shop, order.order_id)
        assert (await next_event(events)).id == number


async def test_a_jump_of_the_numbers_is_survived(shop: Shop, live: LiveEvents) -> None:
    order = await an_order(shop, await a_stocked_sku(shop))
    async with live.listen(order.order_id, after=0) as events:
        await next_event(events)
        async with shop.db.transaction() as tx:
            await tx.connection.execute("SELECT setval('order_events_id_seq', 1000000000)")
        number = await told(shop, order.order_id)
        assert number > 10**9
        assert (await next_event(events)).id == number
        assert len(live._missing) < 20_000


async def test_a_database_that_is_away_only_delays(shop: Shop, live: LiveEvents) -> None:
    order = await an_order(shop, await a_stocked_sku(shop))
    async with live.listen(order.order_id, after=0) as events:
        await next_event(events)
        await shop.db.pool.expire_connections()
        async with shop.db.pool.acquire() as connection:
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        await told(shop, order.order_id)
        assert (await next_event(events)).event == "revealed"
