"""A paid order is taken back within minutes, while it costs nobody anything."""

from datetime import timedelta

import pytest

from kameng.checkout.cancel_paid import NoLongerCancellable, cancel_paid
from kameng.fulfilment.confirm_arrival import NothingToConfirm, confirm_arrival, confirm_by_itself
from kameng.orders.lifecycle import OrderState
from kameng.tracking.access import Access
from kameng.tracking.reveal import RevealAsk, reveal
from tests.builders.dispatching import a_bench
from tests.builders.resubmitting import assert_sound
from tests.builders.shop import ADDRESS, Shop, a_paid_order, a_stocked_sku, an_order

pytestmark = pytest.mark.anyio

WEEK = timedelta(days=7)


async def test_cards_go_back_and_so_does_the_money(shop: Shop) -> None:
    goods = await a_stocked_sku(shop, cards=2)
    order = await a_paid_order(shop, goods, quantity=2)
    shop.clock.go_on(timedelta(minutes=4))
    assert await cancel_paid(db=shop.db, order_id=order.order_id) is OrderState.REFUNDING
    assert await shop.cards(goods.sku_id) == {"available": 2}
    assert await shop.refund_lines() == [("cancelled", 2000, "intended")]
    # Twice is once.
    await cancel_paid(db=shop.db, order_id=order.order_id)
    assert len(await shop.refunds()) == 1
    await assert_sound(shop)
    assert await shop.state(order.order_id) is OrderState.REFUNDED


async def test_what_no_supplier_was_asked_for_yet(shop: Shop) -> None:
    bench = await a_bench(shop, top_up=True)
    assert await cancel_paid(db=shop.db, order_id=bench.order_id) is OrderState.REFUNDING
    await bench.work()
    assert bench["north"].placed == []
    await assert_sound(shop)


async def test_not_what_is_on_its_way(shop: Shop) -> None:
    bench = await a_bench(shop, top_up=True)
    await bench.work()
    with pytest.raises(NoLongerCancellable):
        await cancel_paid(db=shop.db, order_id=bench.order_id)
    assert await shop.refunds() == []


@pytest.mark.parametrize("what", ["read", "late", "unpaid"])
async def test_not_what_was_read_is_late_or_was_never_paid(shop: Shop, what: str) -> None:
    goods = await a_stocked_sku(shop)
    order = await (an_order if what == "unpaid" else a_paid_order)(shop, goods)
    if what == "read":
        ask = RevealAsk(order.order_id, Access.OWNER, ADDRESS)
        await reveal(db=shop.db, keyring=shop.keyring, rules=shop.guard, ask=ask)
    if what == "late":
        shop.clock.go_on(timedelta(minutes=5, seconds=1))
    before = await shop.state(order.order_id)
    with pytest.raises(NoLongerCancellable):
        await cancel_paid(db=shop.db, order_id=order.order_id)
    assert await shop.state(order.order_id) is before
    assert await shop.refunds() == []


async def test_the_buyer_confirms_or_a_week_does(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    first, second = await a_paid_order(shop, goods), await a_paid_order(shop, goods)
    assert await confirm_arrival(db=shop.db, order_id=first.order_id) is OrderState.COMPLETED
    assert await confirm_arrival(db=shop.db, order_id=first.order_id) is OrderState.COMPLETED
    shop.clock.go_on(WEEK - timedelta(seconds=1))
    assert await confirm_by_itself(db=shop.db, after=WEEK) == 0
    shop.clock.go_on(timedelta(seconds=1))
    assert await confirm_by_itself(db=shop.db, after=WEEK) == 1
    assert await shop.state(second.order_id) is OrderState.COMPLETED
    with pytest.raises(NothingToConfirm):
        await confirm_arrival(db=shop.db, order_id=(await an_order(shop, goods)).order_id)
    await assert_sound(shop)
