"""Paid and not seen, paid too late, not paid at all, sold out and there again."""

from datetime import timedelta

import pytest

from kameng.checkout.cancel_order import cancel_order
from kameng.orders.lifecycle import OrderState
from kameng.orders.snapshot import snapshot_of
from kameng.resubmission.desk import Desk
from kameng.resubmission.resubmission import Kind, ResubmissionState, Why
from tests.builders.bank import Call, Mood
from tests.builders.resubmitting import (
    PAST_PAYING,
    an_expired_order,
    assert_sound,
    kinds_offered,
    shown,
    tapped,
    tended,
)
from tests.builders.shop import Shop, a_started_payment, a_stocked_sku, an_order, hear, paid, stock_up

pytestmark = pytest.mark.anyio


async def test_money_that_nobody_told_us_of_is_found_by_one_tap(shop: Shop, desk: Desk) -> None:
    goods = await a_stocked_sku(shop)
    order = await an_order(shop, goods)
    shop.bank.pay((await a_started_payment(shop, order.order_id)).reference)
    assert await kinds_offered(desk, order.order_id) == [Kind.PAID_NOT_SEEN]
    one = await tapped(desk, order.order_id, Kind.PAID_NOT_SEEN, is_owner=False)
    assert one.state is ResubmissionState.DONE
    assert await shop.state(order.order_id) is OrderState.DELIVERED
    await assert_sound(shop)


async def test_money_that_came_after_the_order_expired_delivers_it(shop: Shop, desk: Desk) -> None:
    goods = await a_stocked_sku(shop)
    order = await an_expired_order(shop, goods, with_payment=True)
    assert await kinds_offered(desk, order.order_id) == [Kind.PAID_NOT_SEEN, Kind.PAY_AGAIN]
    [reference] = shop.bank.asks
    shop.bank.pay(reference)
    assert (await tapped(desk, order.order_id, Kind.PAY_AGAIN)).state is ResubmissionState.DONE
    assert await shop.state(order.order_id) is OrderState.DELIVERED
    assert len(await shop.rows("SELECT id FROM orders")) == 1
    await assert_sound(shop)


async def test_what_the_gateway_does_not_know_is_said_and_paying_again_offered(shop: Shop, desk: Desk) -> None:
    goods = await a_stocked_sku(shop)
    order = await an_expired_order(shop, goods, with_payment=True)
    one = await tapped(desk, order.order_id, Kind.PAID_NOT_SEEN, hint="2026112222001 4 13800001234")
    assert (one.state, one.why) == (ResubmissionState.DECLINED, (Why.NOT_PAID,))
    assert Kind.PAY_AGAIN in await kinds_offered(desk, order.order_id)
    assert await shop.receipts() == []
    [row] = await shop.rows("SELECT hint_sealed FROM resubmissions")
    assert b"2026112222001" not in bytes(row["hint_sealed"])  # type: ignore[call-overload]
    await assert_sound(shop)


async def test_a_gateway_that_does_not_answer_is_asked_again_and_then_a_person_looks(shop: Shop, desk: Desk) -> None:
    goods = await a_stocked_sku(shop)
    order = await an_expired_order(shop, goods, with_payment=True)
    shop.bank.will(Call.QUERY, *[Mood.DOUBT] * 60)
    one = await tapped(desk, order.order_id, Kind.PAY_AGAIN)
    assert (one.state, one.why) == (ResubmissionState.WAITING, (Why.GATEWAY_SILENT,))
    for _ in range(40):
        await tended(desk, seconds=31)
    newest = (await shown(desk, order.order_id)).newest
    assert newest is not None
    assert newest.state is ResubmissionState.WITH_STAFF
    assert len(await shop.rows("SELECT id FROM orders")) == 1
    assert "resubmission_left" in await shop.alarms()


async def test_an_expired_order_is_placed_again_on_its_own_snapshot(shop: Shop, desk: Desk) -> None:
    goods = await a_stocked_sku(shop, cards=2)
    order = await an_expired_order(shop, goods, quantity=2)
    await shop.db.pool.execute("UPDATE skus SET price_fen = 1100")
    assert await kinds_offered(desk, order.order_id) == [Kind.PAY_AGAIN]
    one = await tapped(desk, order.order_id, Kind.PAY_AGAIN)
    assert one.new_order_id is not None
    async with shop.db.reading() as connection:
        old = await snapshot_of(connection, shop.keyring, order.order_id)
        assert await snapshot_of(connection, shop.keyring, one.new_order_id) == old
    assert (await shown(desk, one.new_order_id)).replaces == order.order_id
    assert await shop.cards(goods.sku_id) == {"reserved": 2}
    # A second tap leads to the same order.
    assert (await tapped(desk, order.order_id, Kind.PAY_AGAIN)).new_order_id == one.new_order_id

    await paid(shop, await a_started_payment(shop, one.new_order_id))
    await tended(desk, seconds=31)
    newest = (await shown(desk, order.order_id)).newest
    assert newest is not None
    assert newest.state is ResubmissionState.DONE
    assert await shop.state(order.order_id) is OrderState.CANCELLED
    await assert_sound(shop)


async def test_when_the_old_order_is_paid_after_all_the_new_one_is_dropped(shop: Shop, desk: Desk) -> None:
    goods = await a_stocked_sku(shop)
    order = await an_expired_order(shop, goods, with_payment=True)
    one = await tapped(desk, order.order_id, Kind.PAY_AGAIN)
    assert one.new_order_id is not None
    [reference] = shop.bank.asks
    await hear(shop, shop.bank.pay(reference))
    await tended(desk, seconds=31)
    assert await shop.state(order.order_id) is OrderState.DELIVERED
    assert await shop.state(one.new_order_id) is OrderState.CANCELLED
    await assert_sound(shop)


async def test_sold_out_and_there_again(shop: Shop, desk: Desk) -> None:
    goods = await a_stocked_sku(shop, cards=1)
    order = await an_expired_order(shop, goods, with_payment=True)
    await an_order(shop, goods, contact="13900001111")
    [reference] = shop.bank.asks
    await hear(shop, shop.bank.pay(reference))
    assert await shop.state(order.order_id) is OrderState.REFUNDING
    assert await kinds_offered(desk, order.order_id) == []
    assert (await tapped(desk, order.order_id, Kind.BUY_AGAIN)).why == (Why.SOLD_OUT,)
    await stock_up(shop, goods.sku_id, ["NEW1", "NEW2"])
    shop.clock.go_on(timedelta(seconds=11))
    assert await kinds_offered(desk, order.order_id) == [Kind.BUY_AGAIN]
    one = await tapped(desk, order.order_id, Kind.BUY_AGAIN)
    assert one.state is ResubmissionState.UNDER_WAY
    await assert_sound(shop)


async def test_the_last_card_is_gone_and_nothing_is_left_behind(shop: Shop, desk: Desk) -> None:
    goods = await a_stocked_sku(shop, cards=1)
    order = await an_expired_order(shop, goods)
    await an_order(shop, goods, contact="13900001111")
    one = await tapped(desk, order.order_id, Kind.PAY_AGAIN)
    assert (one.state, one.why) == (ResubmissionState.DECLINED, (Why.SOLD_OUT,))
    assert len(await shop.rows("SELECT id FROM orders")) == 2
    await assert_sound(shop)


async def test_who_cancelled_is_offered_nothing_and_after_a_day_nobody_is(shop: Shop, desk: Desk) -> None:
    goods = await a_stocked_sku(shop)
    order = await an_order(shop, goods)
    await cancel_order(db=shop.db, order_id=order.order_id)
    assert await kinds_offered(desk, order.order_id) == []
    assert (await tapped(desk, order.order_id, Kind.PAY_AGAIN)).why == (Why.NOT_NOW,)
    expired = await an_expired_order(shop, goods)
    shop.clock.go_on(timedelta(hours=24, minutes=1))
    assert (await tapped(desk, expired.order_id, Kind.PAY_AGAIN)).why == (Why.TOO_LATE,)
    assert desk.checkout.pay_within < PAST_PAYING
