"""Money is here: written down whatever the order's state; it pays, waits for a person, or goes back."""

from datetime import timedelta

import pytest

from kameng.checkout.cancel_order import cancel_order
from kameng.invariants.check import check_invariants
from kameng.orders.lifecycle import OrderState
from kameng.payment.expire import expire_orders
from kameng.payment.hear_notify import hear_notify
from kameng.payment.sweep_refunds import sweep_refunds
from tests.builders.shop import Goods, Shop, a_paid_order, a_started_payment, a_stocked_sku, an_order, hear, paid

pytestmark = pytest.mark.anyio

ALARMED = "SELECT kind, subject FROM alarms"


async def assert_sound(shop: Shop) -> None:
    assert await check_invariants(shop.db, now=shop.clock.now()) == []


async def settle_refunds(shop: Shop) -> None:
    await sweep_refunds(db=shop.db, gateways=shop.gateways)


async def let_expire(shop: Shop) -> None:
    shop.clock.go_on(timedelta(minutes=15))
    assert await expire_orders(db=shop.db) > 0


async def test_the_exact_sum_delivers(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    order = await a_paid_order(shop, goods, quantity=2)
    assert await shop.state(order.order_id) is OrderState.DELIVERED
    assert await shop.receipts() == [(2000, "applied")]
    assert await shop.refunds() == []
    await assert_sound(shop)


@pytest.mark.parametrize("how", ["expired", "cancelled"])
async def test_late_money_still_gets_goods_while_there_are_any(shop: Shop, how: str) -> None:
    goods = await a_stocked_sku(shop, cards=2)
    order = await an_order(shop, goods, quantity=2)
    attempt = await a_started_payment(shop, order.order_id)
    if how == "expired":
        await let_expire(shop)
    else:
        await cancel_order(db=shop.db, order_id=order.order_id)
    assert await shop.cards(goods.sku_id) == {"available": 2}
    await paid(shop, attempt)
    assert await shop.state(order.order_id) is OrderState.DELIVERED
    assert await shop.cards(goods.sku_id) == {"sold": 2}
    (fact,) = await shop.rows("SELECT facts FROM order_events WHERE event = 'payment_confirmed'")
    assert fact["facts"]["late"] is True  # type: ignore[index]
    await assert_sound(shop)


async def sold_out_meanwhile(shop: Shop, *, cards: int = 2, quantity: int = 2, fen: int | None = None) -> Goods:
    """An order that expired, whose cards somebody else bought, and whose money comes now."""
    goods = await a_stocked_sku(shop, cards=cards)
    order = await an_order(shop, goods, quantity=quantity)
    attempt = await a_started_payment(shop, order.order_id)
    await let_expire(shop)
    await a_paid_order(shop, goods, contact="13900001234")
    await paid(shop, attempt, fen=fen)
    assert await shop.state(order.order_id) is OrderState.REFUNDING
    assert (await shop.events(order.order_id))[-2:] == ["payment_confirmed", "sold_out"]
    return goods


async def test_late_money_goes_back_when_nothing_is_left(shop: Shop) -> None:
    goods = await sold_out_meanwhile(shop)
    assert await shop.cards(goods.sku_id) == {"available": 1, "sold": 1}
    assert await shop.refund_lines() == [("sold_out", 2000, "intended")]
    await assert_sound(shop)
    await settle_refunds(shop)
    assert await shop.refund_lines() == [("sold_out", 2000, "done")]
    assert await shop.rows("SELECT state FROM orders ORDER BY id") == [{"state": "refunded"}, {"state": "delivered"}]
    await assert_sound(shop)


async def test_too_much_for_sold_out_goods_goes_back_in_one_piece(shop: Shop) -> None:
    await sold_out_meanwhile(shop, fen=2500)
    assert await shop.refund_lines() == [("sold_out", 2500, "intended")]
    await settle_refunds(shop)
    await assert_sound(shop)


async def test_the_same_payment_twice_at_one_gateway_goes_back_once(shop: Shop) -> None:
    order = await an_order(shop, await a_stocked_sku(shop))
    attempt = await a_started_payment(shop, order.order_id)
    await paid(shop, attempt)
    second = await paid(shop, attempt)
    assert await shop.receipts() == [(1000, "applied"), (1000, "surplus")]
    assert await shop.refund_lines() == [("paid_twice", 1000, "intended")]
    await settle_refunds(shop)
    assert second.parts_sent_back == [1000]
    assert await shop.state(order.order_id) is OrderState.DELIVERED
    assert (await shop.events(order.order_id))[-2:] == ["surplus_received", "surplus_returned"]
    await assert_sound(shop)


async def test_of_payments_at_two_gateways_the_first_counts(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    order = await an_order(shop, goods)
    here = await a_started_payment(shop, order.order_id)
    there = await a_started_payment(shop, order.order_id, bank=shop.other_bank)
    first = await paid(shop, there, bank=shop.other_bank)
    second = await paid(shop, here)
    await settle_refunds(shop)
    assert (first.parts_sent_back, second.parts_sent_back) == ([], [1000])
    assert await shop.cards(goods.sku_id) == {"available": 4, "sold": 1}
    await assert_sound(shop)


async def test_one_trade_number_of_two_gateways_is_two_sums(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    for bank in (shop.bank, shop.other_bank):
        order = await an_order(shop, goods)
        trade = bank.pay((await a_started_payment(shop, order.order_id, bank=bank)).reference)
        bank.trades = {"000001": trade}
        trade.trade_no = "000001"
        await hear(shop, trade, bank=bank)
        assert await shop.state(order.order_id) is OrderState.DELIVERED
    assert await shop.receipts() == [(1000, "applied")] * 2


async def test_one_trade_number_for_two_payments_is_one_sum_and_an_alarm(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    one, two = [await an_order(shop, goods) for _ in range(2)]
    trade = await paid(shop, await a_started_payment(shop, one.order_id))
    attempt = await a_started_payment(shop, two.order_id)
    trade.reference = attempt.reference
    await hear(shop, trade)
    assert await shop.state(two.order_id) is OrderState.AWAITING_PAYMENT
    assert await shop.receipts() == [(1000, "applied")]
    assert await shop.rows(ALARMED) == [{"kind": "notice_contradicted", "subject": f"payment:{attempt.reference}"}]


async def test_too_much_is_delivered_and_the_rest_goes_back(shop: Shop) -> None:
    order = await a_paid_order(shop, await a_stocked_sku(shop), fen=1234)
    assert await shop.state(order.order_id) is OrderState.DELIVERED
    assert await shop.refund_lines() == [("paid_too_much", 234, "intended")]
    await settle_refunds(shop)
    assert await shop.refund_lines() == [("paid_too_much", 234, "done")]
    assert await shop.state(order.order_id) is OrderState.DELIVERED
    await assert_sound(shop)


async def test_too_little_waits_for_a_person_with_its_cards(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    order = await a_paid_order(shop, goods, fen=999)
    assert await shop.state(order.order_id) is OrderState.UNDER_REVIEW
    assert await shop.receipts() == [(999, "held")]
    assert await shop.rows(ALARMED) == [{"kind": "paid_too_little", "subject": f"order:{order.order_id}"}]
    assert await shop.cards(goods.sku_id) == {"available": 4, "reserved": 1}
    shop.clock.go_on(timedelta(minutes=16))
    assert await expire_orders(db=shop.db) == 0
    await assert_sound(shop)


async def test_too_little_and_then_the_whole_delivers_and_sends_the_first_back(shop: Shop) -> None:
    order = await an_order(shop, await a_stocked_sku(shop))
    one = await a_started_payment(shop, order.order_id)
    two = await a_started_payment(shop, order.order_id, bank=shop.other_bank)
    little = await paid(shop, one, fen=400)
    await paid(shop, two, bank=shop.other_bank)
    assert await shop.state(order.order_id) is OrderState.DELIVERED
    assert await shop.receipts() == [(400, "surplus"), (1000, "applied")]
    assert "surplus_received" in await shop.events(order.order_id)
    await settle_refunds(shop)
    assert little.parts_sent_back == [400]
    await assert_sound(shop)


async def test_too_little_for_goods_that_are_gone_waits_and_is_refunded_when_accepted(shop: Shop) -> None:
    goods = await a_stocked_sku(shop, cards=1)
    order = await an_order(shop, goods)
    attempt = await a_started_payment(shop, order.order_id)
    await let_expire(shop)
    await a_paid_order(shop, goods, contact="13900001234")
    await paid(shop, attempt, fen=900)
    assert await shop.state(order.order_id) is OrderState.UNDER_REVIEW
    await assert_sound(shop)


async def test_one_payment_for_several_orders_pays_them_all(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    orders = [await an_order(shop, goods, quantity=n) for n in (1, 2)]
    attempt = await a_started_payment(shop, *(order.order_id for order in orders))
    trade = await paid(shop, attempt, fen=3300)
    assert [await shop.state(order.order_id) for order in orders] == [OrderState.DELIVERED] * 2
    await settle_refunds(shop)
    assert trade.parts_sent_back == [300]
    await assert_sound(shop)


@pytest.mark.parametrize(("fen", "cause"), [(3000, "paid_twice"), (2999, "paid_too_little")])
async def test_for_several_orders_it_is_all_or_nothing(shop: Shop, fen: int, cause: str) -> None:
    goods = await a_stocked_sku(shop)
    orders = [await an_order(shop, goods, quantity=n) for n in (1, 2)]
    together = await a_started_payment(shop, *(order.order_id for order in orders))
    states = [OrderState.AWAITING_PAYMENT] * 2
    if cause == "paid_twice":
        await paid(shop, await a_started_payment(shop, orders[0].order_id))
        states[0] = OrderState.DELIVERED
    trade = await paid(shop, together, fen=fen)
    assert [await shop.state(order.order_id) for order in orders] == states
    assert await shop.refund_lines() == [(cause, fen, "intended")]
    await settle_refunds(shop)
    assert trade.sent_back_fen == fen
    await assert_sound(shop)


async def test_of_several_orders_one_may_be_sold_out(shop: Shop) -> None:
    plenty, rare = await a_stocked_sku(shop), await a_stocked_sku(shop, cards=1)
    orders = [await an_order(shop, goods) for goods in (rare, plenty)]
    attempt = await a_started_payment(shop, *(order.order_id for order in orders))
    await let_expire(shop)
    await a_paid_order(shop, rare, contact="13900001234")
    trade = await paid(shop, attempt, fen=2500)
    assert [await shop.state(o.order_id) for o in orders] == [OrderState.REFUNDING, OrderState.DELIVERED]
    await settle_refunds(shop)
    assert sorted(trade.parts_sent_back) == [500, 1000]
    assert [await shop.state(o.order_id) for o in orders] == [OrderState.REFUNDED, OrderState.DELIVERED]
    await assert_sound(shop)


@pytest.mark.parametrize("state", [OrderState.REFUNDING, OrderState.REFUNDED, OrderState.UNDER_REVIEW])
async def test_whatever_the_state_money_is_written_down(shop: Shop, state: OrderState) -> None:
    goods = await a_stocked_sku(shop, cards=1)
    order = await an_order(shop, goods)
    attempt = await a_started_payment(shop, order.order_id)
    if state is OrderState.UNDER_REVIEW:
        await paid(shop, attempt, fen=1)
        await paid(shop, attempt, fen=2)
        assert await shop.receipts() == [(1, "held"), (2, "held")]
    else:
        await let_expire(shop)
        await a_paid_order(shop, goods, contact="13900001234")
        await paid(shop, attempt)
        if state is OrderState.REFUNDED:
            await settle_refunds(shop)
        await paid(shop, attempt, fen=5)
        assert (await shop.receipts())[-1] == (5, "surplus")
    assert await shop.state(order.order_id) is state
    await settle_refunds(shop)
    await assert_sound(shop)


async def test_an_expired_attempt_still_takes_money(shop: Shop) -> None:
    order = await an_order(shop, await a_stocked_sku(shop))
    attempt = await a_started_payment(shop, order.order_id)
    async with shop.db.transaction() as tx:
        await tx.connection.execute("UPDATE payment_attempts SET state = 'expired', ask_at = NULL")
    fields = shop.bank.notify(shop.bank.pay(attempt.reference))
    assert await hear_notify(db=shop.db, gateways=shop.gateways, gateway_code="bank", fields=fields) == "success"
    assert await shop.state(order.order_id) is OrderState.DELIVERED
    assert await shop.rows("SELECT state FROM payment_attempts") == [{"state": "confirmed"}]
