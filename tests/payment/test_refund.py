"""A person decides about an order's money that waits: send it back, or take it as enough."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from kameng.invariants.check import check_invariants
from kameng.kernel.errors import InvalidInput
from kameng.orders.lifecycle import Actor, ActorKind, OrderState
from kameng.orders.lock import OrderMissing
from kameng.orders.number import OrderId
from kameng.payment.expire import expire_orders
from kameng.payment.refund import NotNow, accept_payment
from kameng.payment.sweep_refunds import sweep_refunds
from kameng.supply.answer import Code, Delivered, Reason, Refused
from kameng.tracking.view import view_order
from tests.builders.dispatching import a_dispatcher, worked
from tests.builders.refunds import request_refund
from tests.builders.shop import Goods, Shop, a_paid_order, a_started_payment, a_stocked_sku, an_order, paid
from tests.builders.supplier import a_depot, a_route, a_supplied_sku

pytestmark = pytest.mark.anyio

Decision = Callable[..., Awaitable[OrderState]]
STAFF = Actor(ActorKind.STAFF, "wang")


async def accept(shop: Shop, order_id: OrderId, *, reason: str = "差几分钱") -> OrderState:
    async with shop.db.transaction() as tx:
        return await accept_payment(tx, order_id=order_id, actor=STAFF, reason=reason)


async def refund(shop: Shop, order_id: OrderId, *, reason: str = "买家要求") -> OrderState:
    async with shop.db.transaction() as tx:
        return await request_refund(tx, order_id=order_id, actor=STAFF, reason=reason)


async def assert_sound(shop: Shop) -> None:
    assert await check_invariants(shop.db, now=shop.clock.now()) == []


async def sums(shop: Shop, goods: Goods, *fen: int) -> OrderId:
    """An order paid in several sums, each too little."""
    order = await an_order(shop, goods)
    attempts = [await a_started_payment(shop, order.order_id, bank=b) for b in (shop.bank, shop.other_bank)]
    for attempt, bank, part in zip(attempts, (shop.bank, shop.other_bank), fen, strict=False):
        await paid(shop, attempt, fen=part, bank=bank)
    return order.order_id


async def test_what_is_accepted_is_delivered(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    order_id = await sums(shop, goods, 999)
    assert await accept(shop, order_id) is OrderState.DELIVERED
    assert await shop.cards(goods.sku_id) == {"available": 4, "sold": 1}
    assert await shop.receipts() == [(999, "applied")]
    assert (await view_order(db=shop.db, keyring=shop.keyring, order_id=order_id)).state is OrderState.DELIVERED
    await assert_sound(shop)


async def test_what_is_too_much_goes_back_though_suppliers_deliver_later(shop: Shop) -> None:
    depot = await a_depot(shop)
    goods = await a_supplied_sku(shop)
    await a_route(depot, goods.sku_id)
    order_id = await sums(shop, goods, 700, 800)
    assert await accept(shop, order_id) is OrderState.DELIVERING
    assert await shop.refund_lines() == [("paid_too_much", 500, "intended")]
    depot["north"].will("place", Delivered(codes=(Code("A1"),)))
    await worked(a_dispatcher(depot))
    assert await shop.state(order_id) is OrderState.DELIVERED
    await assert_sound(shop)


async def test_of_what_no_supplier_delivers_all_goes_back(shop: Shop) -> None:
    depot = await a_depot(shop)
    goods = await a_supplied_sku(shop)
    await a_route(depot, goods.sku_id)
    order_id = await sums(shop, goods, 700, 800)
    await accept(shop, order_id)
    depot["north"].will("place", Refused(Reason.BALANCE_LOW, "余额不足"))
    await worked(a_dispatcher(depot))
    assert await shop.state(order_id) is OrderState.REFUNDING
    await sweep_refunds(db=shop.db, gateways=shop.gateways)
    assert await shop.state(order_id) is OrderState.REFUNDED
    assert sum(trade.sent_back_fen for bank in (shop.bank, shop.other_bank) for trade in bank.trades.values()) == 1500
    await assert_sound(shop)


async def test_what_is_refunded_gives_its_cards_back(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    order_id = await sums(shop, goods, 400, 500)
    assert await refund(shop, order_id) is OrderState.REFUNDING
    assert await shop.cards(goods.sku_id) == {"available": 5}
    assert await shop.refund_lines() == [("staff", 400, "intended"), ("staff", 500, "intended")]
    await sweep_refunds(db=shop.db, gateways=shop.gateways)
    assert await shop.state(order_id) is OrderState.REFUNDED
    await assert_sound(shop)


async def test_sums_that_are_too_much_together_are_accepted_for_the_price(shop: Shop) -> None:
    order_id = await sums(shop, await a_stocked_sku(shop), 900, 900)
    assert await accept(shop, order_id) is OrderState.DELIVERED
    assert await shop.refund_lines() == [("paid_too_much", 800, "intended")]
    await assert_sound(shop)
    await sweep_refunds(db=shop.db, gateways=shop.gateways)
    assert (await shop.events(order_id))[-2:] == ["surplus_received", "surplus_returned"]
    await assert_sound(shop)


async def test_accepted_when_nothing_is_left_everything_goes_back(shop: Shop) -> None:
    goods = await a_stocked_sku(shop, cards=1)
    order = await an_order(shop, goods)
    attempts = [await a_started_payment(shop, order.order_id, bank=b) for b in (shop.bank, shop.other_bank)]
    shop.clock.go_on(timedelta(minutes=15))
    await expire_orders(db=shop.db)
    await a_paid_order(shop, goods, contact="13900001234")
    await paid(shop, attempts[0], fen=600)
    await paid(shop, attempts[1], fen=700, bank=shop.other_bank)
    assert await accept(shop, order.order_id) is OrderState.REFUNDING
    assert await shop.refund_lines() == [("sold_out", 600, "intended"), ("sold_out", 700, "intended")]
    await sweep_refunds(db=shop.db, gateways=shop.gateways)
    assert await shop.state(order.order_id) is OrderState.REFUNDED
    await assert_sound(shop)


@pytest.mark.parametrize("decide", [accept, refund])
@pytest.mark.parametrize("state", ["awaiting_payment", "delivered", "refunding"])
async def test_a_decision_that_comes_too_late_changes_nothing(shop: Shop, state: str, decide: Decision) -> None:
    goods = await a_stocked_sku(shop)
    if state == "awaiting_payment":
        order_id = (await an_order(shop, goods)).order_id
    elif state == "delivered":
        order_id = (await a_paid_order(shop, goods)).order_id
    else:
        order_id = await sums(shop, goods, 999)
        await refund(shop, order_id)
    before = await shop.counts(), await shop.receipts(), await shop.cards(goods.sku_id)
    with pytest.raises(NotNow):
        await decide(shop, order_id)
    assert (await shop.counts(), await shop.receipts(), await shop.cards(goods.sku_id)) == before


@pytest.mark.parametrize("decide", [accept, refund])
@pytest.mark.parametrize("reason", ["", "  ", "x" * 301])
async def test_a_reason_is_needed(shop: Shop, reason: str, decide: Decision) -> None:
    order_id = await sums(shop, await a_stocked_sku(shop), 999)
    with pytest.raises(InvalidInput) as refusal:
        await decide(shop, order_id, reason=reason)
    assert list(refusal.value.fields) == ["reason"]
    assert await shop.state(order_id) is OrderState.UNDER_REVIEW


@pytest.mark.parametrize("decide", [accept, refund])
async def test_an_unknown_order_is_missing(shop: Shop, decide: Decision) -> None:
    with pytest.raises(OrderMissing):
        await decide(shop, OrderId(261122143055123456))
