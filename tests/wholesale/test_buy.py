"""One number, one order, paid once, whatever happens at the same time."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from kameng.checkout.place_order import OutOfStock, SkuUnavailable
from kameng.invariants.check import check_invariants
from kameng.kernel.errors import InvalidInput
from kameng.merchants.merchant import Caller
from kameng.orders.lifecycle import OrderState
from kameng.orders.lock import OrderMissing
from kameng.wholesale.buy import CostsTooMuch, NotPaid, OutOrderNoConflict, WholesaleRules, buy
from kameng.wholesale.order import MerchantOrder, codes_of, find_order, find_orders
from kameng.wholesale.purchase import CallbackNotAllowed, Protocol, Purchase
from tests.builders.merchant import a_merchant, balance
from tests.builders.shop import SITE, Goods, Shop, a_stocked_sku

pytestmark = pytest.mark.anyio


def a_purchase(goods: Goods, **changes: Any) -> Purchase:
    return replace(Purchase(SITE, goods.sku_id, 1, "M1", Protocol.KM1), **changes)


async def bought(shop: Shop, caller: Caller, purchase: Purchase) -> MerchantOrder:
    rules = WholesaleRules(shop.checkout)
    return await buy(db=shop.db, keyring=shop.keyring, rules=rules, caller=caller, purchase=purchase)


async def codes(shop: Shop, order: MerchantOrder) -> list[str]:
    return await codes_of(shop.db, shop.keyring, order)


async def all_is_well(shop: Shop) -> bool:
    return await check_invariants(shop.db, now=shop.clock.now()) == []


async def test_an_order_is_placed_paid_and_delivered_in_one_call(shop: Shop) -> None:
    goods = await a_stocked_sku(shop, price_fen=1000)
    caller = await a_merchant(shop.db, shop.keyring, balance_fen=10_000, price_percent=95)
    order = await bought(shop, caller, a_purchase(goods, quantity=2))
    assert (order.state, order.unit_price_fen, order.amount_fen) == (OrderState.DELIVERED, 950, 1900)
    assert await balance(shop.db, caller) == 8100
    assert len(await codes(shop, order)) == 2
    assert await all_is_well(shop)


async def test_the_first_look_at_the_codes_is_part_of_the_story(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    caller = await a_merchant(shop.db, shop.keyring)
    order = await bought(shop, caller, a_purchase(goods))
    for _ in range(3):
        order = await find_order(shop.db, caller.merchant.id, order_id=order.order_id)
        assert len(await codes(shop, order)) == 1
    assert (await shop.events(order.order_id)).count("revealed") == 1


async def test_twenty_at_once_are_one_order_with_one_answer(shop: Shop) -> None:
    goods = await a_stocked_sku(shop, cards=20)
    caller = await a_merchant(shop.db, shop.keyring, balance_fen=100_000)
    orders = await asyncio.gather(*(bought(shop, caller, a_purchase(goods)) for _ in range(20)))
    assert {order.order_no for order in orders} == {orders[0].order_no}
    assert {order.state for order in orders} == {OrderState.DELIVERED}
    assert await balance(shop.db, caller) == 99_000
    assert await shop.cards(goods.sku_id) == {"sold": 1, "available": 19}
    assert (await shop.counts())["orders"] == 1
    assert await all_is_well(shop)


async def test_the_last_card_bought_twice_under_one_number_is_one_order(shop: Shop) -> None:
    goods = await a_stocked_sku(shop, cards=1)
    caller = await a_merchant(shop.db, shop.keyring)
    orders = await asyncio.gather(*(bought(shop, caller, a_purchase(goods)) for _ in range(6)))
    assert len({order.order_no for order in orders}) == 1


async def test_a_number_is_its_merchants_own(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    one, other = await a_merchant(shop.db, shop.keyring), await a_merchant(shop.db, shop.keyring, code="other")
    first, second = await bought(shop, one, a_purchase(goods)), await bought(shop, other, a_purchase(goods))
    assert first.order_no != second.order_no
    with pytest.raises(OrderMissing):
        await find_order(shop.db, other.merchant.id, order_id=first.order_id)
    assert await find_orders(shop.db, other.merchant.id, order_ids=[first.order_id], out_order_nos=["M9"]) == []


async def test_the_same_number_for_something_else_is_a_conflict(shop: Shop) -> None:
    goods, others = await a_stocked_sku(shop), await a_stocked_sku(shop)
    caller = await a_merchant(shop.db, shop.keyring)
    await bought(shop, caller, a_purchase(goods))
    for changed in (a_purchase(others), a_purchase(goods, quantity=2), a_purchase(goods, account={"account": "1"})):
        with pytest.raises(OutOrderNoConflict):
            await bought(shop, caller, changed)
    assert (await shop.counts())["orders"] == 1


async def test_too_little_on_the_balance_cancels_and_a_repeat_is_told_the_same(shop: Shop) -> None:
    goods = await a_stocked_sku(shop, cards=3, price_fen=1000)
    caller = await a_merchant(shop.db, shop.keyring, balance_fen=999)
    tries = await asyncio.gather(*(bought(shop, caller, a_purchase(goods)) for _ in range(3)), return_exceptions=True)
    assert [type(told) for told in tries] == [NotPaid] * 3
    assert {told.values["order_no"] for told in tries if isinstance(told, NotPaid)} == {
        (await find_order(shop.db, caller.merchant.id, out_order_no="M1")).order_no
    }
    assert await shop.cards(goods.sku_id) == {"available": 3}
    assert await balance(shop.db, caller) == 999
    assert await all_is_well(shop)


async def test_a_hundred_orders_at_once_spend_what_is_there_and_no_fen_more(shop: Shop) -> None:
    goods = await a_stocked_sku(shop, cards=30, price_fen=1000)
    caller = await a_merchant(shop.db, shop.keyring, balance_fen=7500)
    tries = await asyncio.gather(
        *(bought(shop, caller, a_purchase(goods, out_order_no=f"M{n}")) for n in range(25)), return_exceptions=True
    )
    assert sum(isinstance(told, MerchantOrder) for told in tries) == 7
    assert sum(isinstance(told, NotPaid) for told in tries) == 18
    assert await balance(shop.db, caller) == 500
    assert await shop.cards(goods.sku_id) == {"sold": 7, "available": 23}
    assert await all_is_well(shop)


async def test_what_was_refused_before_it_was_ordered_leaves_the_number_free(shop: Shop) -> None:
    goods = await a_stocked_sku(shop, cards=1, price_fen=1000)
    caller = await a_merchant(shop.db, shop.keyring, balance_fen=5000)
    with pytest.raises(OutOfStock):
        await bought(shop, caller, a_purchase(goods, quantity=2))
    with pytest.raises(CostsTooMuch) as told:
        await bought(shop, caller, a_purchase(goods, cost_max_fen=999))
    assert told.value.values == {"amount_fen": 1000}
    with pytest.raises(SkuUnavailable):
        await bought(shop, caller, a_purchase(goods, sku_id=999))
    assert (await shop.counts())["orders"] == 0
    assert (await bought(shop, caller, a_purchase(goods, cost_max_fen=1000))).state is OrderState.DELIVERED


@pytest.mark.parametrize("number", ["", " ", "a b", "订单", "x" * 65, "\0"])
async def test_a_number_is_short_and_plain(shop: Shop, number: str) -> None:
    goods = await a_stocked_sku(shop)
    caller = await a_merchant(shop.db, shop.keyring)
    with pytest.raises(InvalidInput):
        await bought(shop, caller, a_purchase(goods, out_order_no=number))
    assert (await shop.counts())["orders"] == 0


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/cb",
        "http://127.0.0.1:8000/cb",
        "http://10.1.2.3/cb",
        "http://192.168.0.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]/cb",
        "http://[::ffff:127.0.0.1]/cb",
        "http://[fd00::1]/cb",
        "http://0.0.0.0/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://127.1/",
        "http://localhost/cb",
        "http://localhost./cb",
        "http://router.local/cb",
        "http://db.internal/cb",
        "http://intranet/cb",
        "ftp://example.com/",
        "file:///etc/passwd",
        "https://user:pass@example.com/",
        "https://example.com/#x",
        "https://exa mple.com/",
        "https:///x",
        "https://example.com:99999/",
        "not an address",
        "",
    ],
)
async def test_no_callback_goes_inside(shop: Shop, url: str) -> None:
    goods = await a_stocked_sku(shop)
    caller = await a_merchant(shop.db, shop.keyring)
    with pytest.raises(CallbackNotAllowed):
        await bought(shop, caller, a_purchase(goods, callback_url=url))
    assert (await shop.counts())["orders"] == 0


async def test_callbacks_go_to_the_merchants_own_hosts_where_they_are_named(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    caller = await a_merchant(shop.db, shop.keyring)
    bound = replace(caller, merchant=replace(caller.merchant, callback_hosts=("cb.example.com",)))
    with pytest.raises(CallbackNotAllowed):
        await bought(shop, bound, a_purchase(goods, callback_url="https://other.example.com/cb"))
    await bought(shop, bound, a_purchase(goods, callback_url="https://cb.example.com/cb?x=1"))
    rows = await shop.rows("SELECT * FROM merchant_webhooks")
    assert len(rows) == 1
    assert "example" not in str(rows)
