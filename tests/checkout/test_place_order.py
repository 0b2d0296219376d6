"""A wish becomes an order, all or nothing, once a key."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from kameng.catalogue.edit import ProductDraft, SkuDraft, save_product, save_sku
from kameng.checkout.cancel_order import cancel_order
from kameng.checkout.place_order import (
    IdempotencyConflict,
    OutOfStock,
    PlacedOrder,
    PriceChanged,
    SkuUnavailable,
    TooManyOpenOrders,
    Wish,
    forget_old_requests,
    place_order,
)
from kameng.invariants.check import check_invariants
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.orders.lifecycle import OrderState
from kameng.payment.expire import expire_orders
from tests.builders.shop import PHONE, Goods, Shop, a_paid_order, a_stocked_sku, a_wish, an_order

pytestmark = pytest.mark.anyio


async def place(shop: Shop, wish: Wish, key: str | None = None) -> PlacedOrder:
    return await place_order(db=shop.db, keyring=shop.keyring, rules=shop.checkout, wish=wish, idempotency_key=key)


async def test_an_order_promises_price_time_and_cards(shop: Shop) -> None:
    goods = await a_stocked_sku(shop, cards=5, price_fen=1250)
    order = await place(shop, a_wish(goods, quantity=3))
    assert (order.state, order.amount_fen) == (OrderState.AWAITING_PAYMENT, 3750)
    assert order.pay_until == shop.clock.now() + timedelta(minutes=15)
    assert await shop.cards(goods.sku_id) == {"available": 2, "reserved": 3}
    assert await shop.events(order.order_id) == ["placed"]


async def test_neither_contact_nor_key_stands_anywhere_in_clear(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    await place(shop, a_wish(goods, contact=PHONE), "my request")
    await place(shop, a_wish(goods, contact="li.lei@example.com"))
    secrets = [PHONE, "lei@example", "my request", *goods.codes]
    assert await check_invariants(shop.db, now=shop.clock.now(), secrets=secrets) == []


REFUSED = [
    ({"contact": ""}, InvalidInput),
    ({"contact": "1380000"}, InvalidInput),
    ({"terms_accepted": False}, InvalidInput),
    ({"quantity": 0}, InvalidInput),
    ({"quantity": -1}, InvalidInput),
    ({"quantity": 101}, InvalidInput),
    ({"sku_id": 999}, SkuUnavailable),
    ({"unit_price_fen": 999}, PriceChanged),
    ({"unit_price_fen": 1001}, PriceChanged),
    ({"quantity": 6}, OutOfStock),
]


@pytest.mark.parametrize("key", [None, "a key"])
@pytest.mark.parametrize(("change", "refusal"), REFUSED)
async def test_a_refusal_leaves_nothing_behind(
    shop: Shop, change: dict[str, object], refusal: type[Refusal], key: str | None
) -> None:
    goods = await a_stocked_sku(shop, cards=5)
    before = await shop.counts()
    with pytest.raises(refusal):
        await place(shop, replace(a_wish(goods), **change), key)  # type: ignore[arg-type]
    assert await shop.counts() == before
    assert await shop.cards(goods.sku_id) == {"available": 5}


@pytest.mark.parametrize("key", ["", "k" * 256])
async def test_a_key_has_a_length(shop: Shop, key: str) -> None:
    goods = await a_stocked_sku(shop)
    with pytest.raises(InvalidInput) as refusal:
        await place(shop, a_wish(goods), key)
    assert list(refusal.value.fields) == ["Idempotency-Key"]
    assert (await shop.counts())["orders"] == 0


async def test_a_changed_price_is_told_and_not_charged(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    async with shop.db.transaction() as tx:
        await save_sku(tx, SkuDraft(goods.slug, "10元", 1100, 100))
    with pytest.raises(PriceChanged) as refusal:
        await an_order(shop, goods)
    assert refusal.value.values == {"now_fen": 1100}
    assert (await place(shop, a_wish(goods, price_fen=1100))).amount_fen == 1100


@pytest.mark.parametrize("what", ["sku", "product"])
async def test_what_is_taken_off_sale_is_not_sold(shop: Shop, what: str) -> None:
    goods = await a_stocked_sku(shop)
    async with shop.db.transaction() as tx:
        if what == "sku":
            await save_sku(tx, SkuDraft(goods.slug, "10元", 1000, on_sale=False))
        else:
            await save_product(tx, ProductDraft(goods.slug, "games", "点卡", on_sale=False))
    with pytest.raises(SkuUnavailable):
        await an_order(shop, goods)
    assert await shop.cards(goods.sku_id) == {"available": 5}


async def test_the_same_key_gives_the_first_order_again(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    first = await place(shop, a_wish(goods), "a key")
    assert await place(shop, a_wish(goods), "a key") == first
    assert await place(shop, a_wish(goods, contact="+86 138 0000 1234"), "a key") == first
    assert await place(shop, a_wish(goods), "another key") != first
    assert await shop.cards(goods.sku_id) == {"available": 3, "reserved": 2}


async def test_a_repeat_is_answered_although_the_order_has_gone_on(shop: Shop) -> None:
    goods = await a_stocked_sku(shop, cards=1)
    first = await place(shop, a_wish(goods), "a key")
    await cancel_order(db=shop.db, order_id=first.order_id)
    async with shop.db.transaction() as tx:
        await save_sku(tx, SkuDraft(goods.slug, "10元", 2000, on_sale=False))
    assert await place(shop, a_wish(goods), "a key") == first
    assert (await shop.counts())["orders"] == 1


@pytest.mark.parametrize("change", [{"quantity": 2}, {"contact": "13900001234"}, {"unit_price_fen": 1}, {"site_id": 2}])
async def test_a_key_used_for_something_else_is_refused(shop: Shop, change: dict[str, object]) -> None:
    goods = await a_stocked_sku(shop)
    await place(shop, a_wish(goods), "a key")
    before = await shop.counts()
    with pytest.raises(IdempotencyConflict):
        await place(shop, replace(a_wish(goods), **change), "a key")  # type: ignore[arg-type]
    assert await shop.counts() == before


async def test_a_refused_wish_does_not_use_up_its_key(shop: Shop) -> None:
    goods = await a_stocked_sku(shop, cards=1)
    with pytest.raises(OutOfStock):
        await place(shop, a_wish(goods, quantity=2), "a key")
    assert (await place(shop, a_wish(goods), "a key")).amount_fen == 1000


async def test_keys_are_forgotten_after_three_days(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    first = await place(shop, a_wish(goods), "a key")
    shop.clock.go_on(timedelta(days=2, hours=23))
    await forget_old_requests(shop.db)
    assert await place(shop, a_wish(goods), "a key") == first
    shop.clock.go_on(timedelta(hours=2))
    await forget_old_requests(shop.db)
    assert await place(shop, a_wish(goods), "a key") != first


def most(shop: Shop) -> int:
    assert shop.checkout.open_orders_max is not None
    return shop.checkout.open_orders_max


async def hoard(shop: Shop, goods: Goods) -> list[PlacedOrder]:
    return [await an_order(shop, goods) for _ in range(most(shop))]


async def test_a_contact_holds_no_more_than_a_few_open_orders(shop: Shop) -> None:
    goods = await a_stocked_sku(shop, cards=10)
    await hoard(shop, goods)
    with pytest.raises(TooManyOpenOrders):
        await an_order(shop, goods)
    assert await shop.cards(goods.sku_id) == {"available": 5, "reserved": 5}
    await an_order(shop, goods, contact="13900001234")


@pytest.mark.parametrize("how", ["cancelled", "expired"])
async def test_what_is_no_longer_open_does_not_count(shop: Shop, how: str) -> None:
    goods = await a_stocked_sku(shop, cards=10)
    orders = await hoard(shop, goods)
    if how == "cancelled":
        await cancel_order(db=shop.db, order_id=orders[0].order_id)
    else:
        shop.clock.go_on(timedelta(minutes=15, seconds=1))
        await expire_orders(db=shop.db)
    await an_order(shop, goods)


async def test_paid_orders_do_not_count(shop: Shop) -> None:
    goods = await a_stocked_sku(shop, cards=10)
    for _ in range(most(shop) + 1):
        await a_paid_order(shop, goods)


async def test_asking_for_many_at_once_does_not_get_more(shop: Shop) -> None:
    goods = await a_stocked_sku(shop, cards=30)
    answers = await asyncio.gather(*(an_order(shop, goods) for _ in range(20)), return_exceptions=True)
    assert sum(isinstance(answer, PlacedOrder) for answer in answers) == most(shop)
    assert sum(isinstance(answer, TooManyOpenOrders) for answer in answers) == 20 - most(shop)


async def test_a_repeat_at_the_limit_is_still_a_repeat(shop: Shop) -> None:
    goods = await a_stocked_sku(shop, cards=30)
    for _ in range(most(shop) - 1):
        await an_order(shop, goods)
    answers = await asyncio.gather(*(an_order(shop, goods, key="a key") for _ in range(20)))
    assert len(set(answers)) == 1
    assert (await shop.counts())["orders"] == most(shop)
