"""The buyer changes their mind before paying."""

import pytest

from kameng.checkout.cancel_order import OrderNotCancellable, cancel_order
from kameng.orders.lifecycle import OrderState
from kameng.orders.lock import OrderMissing
from kameng.orders.number import OrderId
from tests.builders.shop import Shop, a_paid_order, a_stocked_sku, an_order

pytestmark = pytest.mark.anyio


async def test_cancelling_puts_the_cards_back(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    order = await an_order(shop, goods, quantity=3)
    assert await cancel_order(db=shop.db, order_id=order.order_id) is OrderState.CANCELLED
    assert await shop.cards(goods.sku_id) == {"available": 5}
    assert await shop.events(order.order_id) == ["placed", "cancelled_by_buyer"]


async def test_twice_is_once(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    order = await an_order(shop, goods)
    await cancel_order(db=shop.db, order_id=order.order_id)
    before = await shop.counts()
    assert await cancel_order(db=shop.db, order_id=order.order_id) is OrderState.CANCELLED
    assert await shop.counts() == before


@pytest.mark.parametrize(("fen", "state"), [(None, OrderState.DELIVERED), (900, OrderState.UNDER_REVIEW)])
async def test_what_was_paid_is_not_cancelled(shop: Shop, fen: int | None, state: OrderState) -> None:
    goods = await a_stocked_sku(shop)
    order = await a_paid_order(shop, goods, fen=fen)
    before = await shop.counts(), await shop.cards(goods.sku_id)
    with pytest.raises(OrderNotCancellable):
        await cancel_order(db=shop.db, order_id=order.order_id)
    assert await shop.state(order.order_id) is state
    assert (await shop.counts(), await shop.cards(goods.sku_id)) == before


async def test_an_unknown_order_is_missing(shop: Shop) -> None:
    with pytest.raises(OrderMissing):
        await cancel_order(db=shop.db, order_id=OrderId(261122143055123456))
