"""Unpaid orders end, and their cards go back to stock."""

from datetime import timedelta

import pytest

from kameng.orders.lifecycle import OrderState
from kameng.payment.expire import AT_A_TIME, expire_orders
from tests.builders.shop import Shop, a_started_payment, a_stocked_sku, an_order, paid

pytestmark = pytest.mark.anyio


async def test_an_order_lives_to_its_last_second(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    order = await an_order(shop, goods, quantity=2)
    shop.clock.go_on(timedelta(minutes=15) - timedelta(microseconds=1))
    assert await expire_orders(db=shop.db) == 0
    assert await shop.state(order.order_id) is OrderState.AWAITING_PAYMENT
    shop.clock.go_on(timedelta(microseconds=1))
    assert await expire_orders(db=shop.db) == 1
    assert await shop.state(order.order_id) is OrderState.CANCELLED
    assert await shop.cards(goods.sku_id) == {"available": 5}
    assert await shop.events(order.order_id) == ["placed", "expired"]
    assert await expire_orders(db=shop.db) == 0


async def test_a_payment_before_the_sweep_comes_by_counts(shop: Shop) -> None:
    order = await an_order(shop, await a_stocked_sku(shop))
    attempt = await a_started_payment(shop, order.order_id)
    shop.clock.go_on(timedelta(hours=1))
    await paid(shop, attempt)
    assert await expire_orders(db=shop.db) == 0
    assert await shop.state(order.order_id) is OrderState.DELIVERED


async def test_an_order_somebody_holds_is_left_for_the_next_round(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    held, other = [(await an_order(shop, goods)).order_id for _ in range(2)]
    shop.clock.go_on(timedelta(minutes=15))
    async with shop.db.pool.acquire() as holder, holder.transaction():
        await holder.execute("SELECT FROM orders WHERE id = $1 FOR UPDATE", held)
        assert await expire_orders(db=shop.db) == 1
        assert await shop.state(other) is OrderState.CANCELLED
    assert await expire_orders(db=shop.db) == 1
    assert await shop.state(held) is OrderState.CANCELLED


async def test_many_are_done_in_rounds(shop: Shop) -> None:
    goods = await a_stocked_sku(shop, cards=AT_A_TIME + 3)
    for number in range(AT_A_TIME + 3):
        await an_order(shop, goods, contact=f"139{number:08d}")
    shop.clock.go_on(timedelta(minutes=15))
    assert [await expire_orders(db=shop.db) for _ in range(3)] == [AT_A_TIME, 3, 0]
    assert await shop.cards(goods.sku_id) == {"available": AT_A_TIME + 3}
