"""A balance pays at once, never twice and never more than it holds; what goes back goes back to it."""

import asyncio

import pytest

from kameng.invariants.check import check_invariants
from kameng.kernel.errors import InvalidInput
from kameng.ledger.balance import balance_of
from kameng.ledger.post import BalanceTooLow
from kameng.orders.lifecycle import BUYER, Actor, ActorKind, OrderState
from kameng.orders.number import OrderId
from kameng.payment.gateways import GatewayUnknown
from kameng.payment.pay_from_balance import pay_from_balance
from kameng.payment.send_refund import send_refund
from kameng.payment.top_up import ToppedUpBefore, top_up
from tests.builders.shop import Goods, Shop, a_stocked_sku, an_order

pytestmark = pytest.mark.anyio

OWNER = 3
STAFF = Actor(ActorKind.STAFF, "ann")


async def topped_up(shop: Shop, fen: int, reference: str = "T1") -> int:
    async with shop.db.transaction() as tx:
        return await top_up(tx, owner=OWNER, amount_fen=fen, reference=reference, reason="bank transfer", actor=STAFF)


async def balance(shop: Shop) -> int:
    async with shop.db.reading() as connection:
        return await balance_of(connection, OWNER)


async def pay(shop: Shop, order_id: OrderId) -> OrderState:
    return await pay_from_balance(db=shop.db, order_id=order_id, owner=OWNER, payer=BUYER)


async def all_is_well(shop: Shop) -> bool:
    return await check_invariants(shop.db, now=shop.clock.now()) == []


async def test_the_order_is_paid_and_delivered_at_once(shop: Shop) -> None:
    goods = await a_stocked_sku(shop, price_fen=1000)
    await topped_up(shop, 5000)
    order = await an_order(shop, goods, quantity=2)
    assert await pay(shop, order.order_id) is OrderState.DELIVERED
    assert await balance(shop) == 3000
    assert await shop.receipts() == [(2000, "applied")]
    assert (await shop.cards(goods.sku_id))["sold"] == 2
    assert await shop.events(order.order_id) == ["placed", "payment_started", "payment_confirmed", "delivered"]
    assert await all_is_well(shop)


async def test_paying_again_changes_nothing(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    await topped_up(shop, 5000)
    order = await an_order(shop, goods)
    states = await asyncio.gather(*(pay(shop, order.order_id) for _ in range(6)))
    assert set(states) == {OrderState.DELIVERED}
    assert await balance(shop) == 4000
    assert len(await shop.receipts()) == 1


async def test_too_little_cancels_the_order_and_frees_its_cards(shop: Shop) -> None:
    goods = await a_stocked_sku(shop, cards=5)
    await topped_up(shop, 999)
    order = await an_order(shop, goods)
    with pytest.raises(BalanceTooLow):
        await pay(shop, order.order_id)
    assert await shop.state(order.order_id) is OrderState.CANCELLED
    assert await shop.cards(goods.sku_id) == {"available": 5}
    assert await balance(shop) == 999
    assert await shop.receipts() == []
    assert await pay(shop, order.order_id) is OrderState.CANCELLED, "asking again pays nothing"
    assert await all_is_well(shop)


async def test_many_orders_at_once_spend_no_fen_twice(shop: Shop) -> None:
    goods = await a_stocked_sku(shop, cards=10, price_fen=1000)
    await topped_up(shop, 3500)
    orders = [(await an_order(shop, goods, contact=f"1380000{n:04}")).order_id for n in range(8)]
    told = await asyncio.gather(*(pay(shop, order_id) for order_id in orders), return_exceptions=True)
    assert told.count(OrderState.DELIVERED) == 3
    assert sum(isinstance(one, BalanceTooLow) for one in told) == 5
    assert await balance(shop) == 500
    assert await shop.cards(goods.sku_id) == {"sold": 3, "available": 7}
    assert await all_is_well(shop)


async def sold_out_after_paying(shop: Shop, goods: Goods) -> OrderId:
    """Its cards vanish between order and payment."""
    order = await an_order(shop, goods)
    async with shop.db.transaction() as tx:
        await tx.connection.execute("DELETE FROM cards")
    return order.order_id


async def test_a_refund_goes_back_to_the_balance_with_nobody_asked(shop: Shop) -> None:
    goods = await a_stocked_sku(shop, cards=1)
    await topped_up(shop, 5000)
    order_id = await sold_out_after_paying(shop, goods)
    assert await pay(shop, order_id) is OrderState.REFUNDING
    assert await balance(shop) == 4000
    [refund] = await shop.refunds()
    refund_id = int(str(refund["id"]))
    sent = await asyncio.gather(
        *(send_refund(db=shop.db, gateways=shop.gateways, refund_id=refund_id) for _ in range(4))
    )
    assert [str(one) for one in sent if one is not None] == ["done"]
    assert await balance(shop) == 5000
    assert await shop.state(order_id) is OrderState.REFUNDED
    assert await shop.refund_lines() == [("sold_out", 1000, "done")]
    assert await all_is_well(shop)


async def test_a_transfer_is_booked_once(shop: Shop) -> None:
    await topped_up(shop, 1000, "T1")
    with pytest.raises(ToppedUpBefore):
        await topped_up(shop, 1000, "T1")
    await topped_up(shop, 1000, "T2")
    assert await balance(shop) == 2000
    with pytest.raises(InvalidInput) as refused:
        await topped_up(shop, 0, " ")
    assert set(refused.value.fields) == {"amount", "reference"}


async def test_nobody_is_offered_the_gateway_of_balances(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    await topped_up(shop, 5000)
    await pay(shop, (await an_order(shop, goods)).order_id)
    assert "balance" not in {channel.code for channel in await shop.gateways.listed()}
    with pytest.raises(GatewayUnknown):
        await shop.gateways.named("balance")
