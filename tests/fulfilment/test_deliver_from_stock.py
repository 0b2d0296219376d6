"""Cards go out with the payment, or the money goes back."""

from datetime import date, timedelta

import pytest

from kameng.orders.lifecycle import Actor, ActorKind, OrderState
from kameng.payment.expire import expire_orders
from kameng.payment.refund import accept_payment
from kameng.stock.reveal import read_codes
from tests.builders.shop import Goods, Shop, a_paid_order, a_started_payment, a_stocked_sku, an_order, paid, stock_up

pytestmark = pytest.mark.anyio

TODAY = date(2026, 11, 22)


async def test_the_reserved_cards_are_the_ones_that_go_out(shop: Shop) -> None:
    goods = await a_stocked_sku(shop, cards=10)
    order = await an_order(shop, goods, quantity=3)
    reserved = await shop.rows("SELECT id FROM cards WHERE state = 'reserved' ORDER BY id")
    await paid(shop, await a_started_payment(shop, order.order_id))
    assert await shop.rows("SELECT id FROM cards WHERE state = 'sold' ORDER BY id") == reserved
    (delivered,) = await shop.rows("SELECT facts FROM order_events WHERE event = 'delivered'")
    assert delivered["facts"] == {"cards": 3}


async def test_late_money_for_several_gets_all_of_them_or_none(shop: Shop) -> None:
    goods = await a_stocked_sku(shop, cards=3)
    order = await an_order(shop, goods, quantity=3)
    attempt = await a_started_payment(shop, order.order_id)
    shop.clock.go_on(timedelta(minutes=15))
    await expire_orders(db=shop.db)
    await a_paid_order(shop, goods, contact="13900001234")
    await paid(shop, attempt)
    assert await shop.state(order.order_id) is OrderState.REFUNDING
    assert await shop.cards(goods.sku_id) == {"available": 2, "sold": 1}


async def test_late_money_gets_what_was_stocked_up_meanwhile(shop: Shop) -> None:
    goods = await a_stocked_sku(shop, cards=1)
    order = await an_order(shop, goods)
    attempt = await a_started_payment(shop, order.order_id)
    shop.clock.go_on(timedelta(minutes=15))
    await expire_orders(db=shop.db)
    await a_paid_order(shop, goods, contact="13900001234")
    await stock_up(shop, goods.sku_id, ["FRESH-1"])
    await paid(shop, attempt)
    async with shop.db.reading() as connection:
        assert await read_codes(connection, shop.keyring, order.order_id) == ["FRESH-1"]


async def test_late_money_gets_no_card_on_its_last_day(shop: Shop) -> None:
    goods = await a_stocked_sku(shop, cards=0)
    await stock_up(shop, goods.sku_id, ["SHORT-1"], expires_on=TODAY + timedelta(days=1))
    order = await an_order(shop, goods)
    attempt = await a_started_payment(shop, order.order_id)
    shop.clock.go_on(timedelta(days=1))
    await expire_orders(db=shop.db)
    await paid(shop, attempt)
    assert await shop.state(order.order_id) is OrderState.REFUNDING
    assert await shop.cards(goods.sku_id) == {"available": 1}


async def accepted_the_next_day(shop: Shop, goods: Goods) -> OrderState:
    order = await an_order(shop, goods, quantity=2)
    await paid(shop, await a_started_payment(shop, order.order_id), fen=1999)
    assert (await shop.cards(goods.sku_id))["reserved"] == 2
    shop.clock.go_on(timedelta(days=1))
    async with shop.db.transaction() as tx:
        staff = Actor(ActorKind.STAFF, "wang")
        return await accept_payment(tx, order_id=order.order_id, actor=staff, reason="差一分")


async def test_cards_that_ran_out_while_a_person_decided_do_not_go_out(shop: Shop) -> None:
    goods = await a_stocked_sku(shop, cards=0)
    await stock_up(shop, goods.sku_id, ["SHORT-1", "SHORT-2"], expires_on=TODAY + timedelta(days=1))
    assert await accepted_the_next_day(shop, goods) is OrderState.REFUNDING
    assert await shop.cards(goods.sku_id) == {"available": 2}


async def test_fresh_cards_go_out_in_their_place(shop: Shop) -> None:
    goods = await a_stocked_sku(shop, cards=0)
    await stock_up(shop, goods.sku_id, ["SHORT-1", "SHORT-2"], expires_on=TODAY + timedelta(days=1))
    order = await an_order(shop, goods, quantity=2)
    await paid(shop, await a_started_payment(shop, order.order_id), fen=1999)
    await stock_up(shop, goods.sku_id, ["FRESH-1", "FRESH-2"])
    shop.clock.go_on(timedelta(days=1))
    async with shop.db.transaction() as tx:
        staff = Actor(ActorKind.STAFF, "wang")
        await accept_payment(tx, order_id=order.order_id, actor=staff, reason="差一分")
    async with shop.db.reading() as connection:
        assert sorted(await read_codes(connection, shop.keyring, order.order_id)) == ["FRESH-1", "FRESH-2"]


async def test_cards_that_still_work_go_out_the_next_day(shop: Shop) -> None:
    goods = await a_stocked_sku(shop, cards=2)
    assert await accepted_the_next_day(shop, goods) is OrderState.DELIVERED
    assert await shop.cards(goods.sku_id) == {"sold": 2}
