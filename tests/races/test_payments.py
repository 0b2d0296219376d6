"""One payment heard of many times at once, and payments racing each other, the clock and the buyer."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from kameng.checkout.cancel_order import OrderNotCancellable, cancel_order
from kameng.invariants.check import check_invariants
from kameng.orders.lifecycle import OrderState
from kameng.payment.expire import expire_orders
from kameng.payment.poll import poll_payments
from kameng.payment.sweep_refunds import sweep_refunds
from tests.builders.shop import Shop, a_started_payment, a_stocked_sku, an_order, hear

pytestmark = [pytest.mark.anyio, pytest.mark.races]

ROUNDS = 8


async def assert_sound(shop: Shop) -> None:
    await poll_payments(db=shop.db, gateways=shop.gateways)
    await sweep_refunds(db=shop.db, gateways=shop.gateways)
    assert await check_invariants(shop.db, now=shop.clock.now()) == []


async def test_without_the_key_two_notifies_are_two_receipts(shop: Shop) -> None:
    both_have_looked = asyncio.Barrier(2)
    async with shop.db.transaction() as tx:
        await tx.connection.execute("CREATE TABLE careless (trade_no text)")

    async def hear_it() -> None:
        async with shop.db.transaction() as tx:
            known = await tx.connection.fetchval("SELECT count(*) FROM careless WHERE trade_no = 'T1'")
            await both_have_looked.wait()
            if not known:
                await tx.connection.execute("INSERT INTO careless VALUES ('T1')")

    await asyncio.gather(hear_it(), hear_it())
    async with shop.db.transaction() as tx:
        assert await tx.connection.fetchval("SELECT count(*) FROM careless") == 2
        await tx.connection.execute("DROP TABLE careless")


async def test_without_the_compare_an_expiry_cancels_what_was_just_paid(shop: Shop) -> None:
    order = await an_order(shop, await a_stocked_sku(shop))
    both_have_looked = asyncio.Barrier(2)

    async def move(target: str) -> None:
        async with shop.db.transaction() as tx:
            state = await tx.connection.fetchval("SELECT state FROM orders WHERE id = $1", order.order_id)
            await both_have_looked.wait()
            if target == "cancelled":
                await asyncio.sleep(0.05)
            assert state == "awaiting_payment"
            await tx.connection.execute("UPDATE orders SET state = $2 WHERE id = $1", order.order_id, target)

    await asyncio.gather(move("paid"), move("cancelled"))
    assert await shop.state(order.order_id) is OrderState.CANCELLED


async def test_eight_notifies_at_once_pay_once(shop: Shop) -> None:
    goods = await a_stocked_sku(shop, cards=ROUNDS)
    for _ in range(ROUNDS):
        order = await an_order(shop, goods)
        trade = shop.bank.pay((await a_started_payment(shop, order.order_id)).reference)
        shop.clock.go_on(timedelta(seconds=20))
        polls = [poll_payments(db=shop.db, gateways=shop.gateways) for _ in range(2)]
        await asyncio.gather(*(hear(shop, trade) for _ in range(8)), *polls)
        assert await shop.state(order.order_id) is OrderState.DELIVERED
        assert (await shop.events(order.order_id)).count("payment_confirmed") == 1
    assert await shop.receipts() == [(1000, "applied")] * ROUNDS
    assert await shop.cards(goods.sku_id) == {"sold": ROUNDS}
    await assert_sound(shop)


async def test_money_and_the_last_second(shop: Shop) -> None:
    """Whoever is first, the order is delivered: late money still gets goods."""
    goods = await a_stocked_sku(shop, cards=ROUNDS)
    for _ in range(ROUNDS):
        order = await an_order(shop, goods)
        trade = shop.bank.pay((await a_started_payment(shop, order.order_id)).reference)
        shop.clock.go_on(timedelta(minutes=15))
        await asyncio.gather(expire_orders(db=shop.db), hear(shop, trade), expire_orders(db=shop.db))
        assert await shop.state(order.order_id) is OrderState.DELIVERED
        await assert_sound(shop)
    assert await shop.cards(goods.sku_id) == {"sold": ROUNDS}


async def test_money_and_a_change_of_mind(shop: Shop) -> None:
    goods = await a_stocked_sku(shop, cards=ROUNDS)
    outcomes: Counter[str] = Counter()
    for _ in range(ROUNDS):
        order = await an_order(shop, goods)
        trade = shop.bank.pay((await a_started_payment(shop, order.order_id)).reference)
        answers = await asyncio.gather(
            cancel_order(db=shop.db, order_id=order.order_id), hear(shop, trade), return_exceptions=True
        )
        assert isinstance(answers[0], OrderNotCancellable) or answers[0] is OrderState.CANCELLED
        assert answers[1] == "success"
        outcomes[str(answers[0])] += 1
        assert await shop.state(order.order_id) is OrderState.DELIVERED
    assert sum(outcomes.values()) == ROUNDS
    await assert_sound(shop)


async def test_two_payments_at_once_deliver_once_and_send_one_back(shop: Shop) -> None:
    goods = await a_stocked_sku(shop, cards=ROUNDS + 1)
    for _ in range(ROUNDS):
        order = await an_order(shop, goods)
        trades = [
            (bank, bank.pay((await a_started_payment(shop, order.order_id, bank=bank)).reference))
            for bank in (shop.bank, shop.other_bank)
        ]
        await asyncio.gather(*(hear(shop, trade, bank=bank) for bank, trade in trades))
        assert await shop.state(order.order_id) is OrderState.DELIVERED
    assert Counter(use for _, use in await shop.receipts()) == {"applied": ROUNDS, "surplus": ROUNDS}
    assert await shop.refund_lines() == [("paid_twice", 1000, "intended")] * ROUNDS
    assert await shop.cards(goods.sku_id) == {"sold": ROUNDS, "available": 1}
    await assert_sound(shop)


async def test_overlapping_payments_for_several_orders_do_not_wait_for_each_other_in_a_circle(shop: Shop) -> None:
    goods = [await a_stocked_sku(shop, cards=ROUNDS), await a_stocked_sku(shop, cards=ROUNDS)]
    for round_ in range(ROUNDS):
        contacts = [f"139{round_:08d}", f"138{round_:08d}"]
        orders = [(await an_order(shop, goods[n], contact=contacts[n])).order_id for n in (0, 1)]
        trades = []
        for order_ids, bank in ((orders, shop.bank), (orders[::-1], shop.other_bank)):
            trades.append((bank, bank.pay((await a_started_payment(shop, *order_ids, bank=bank)).reference)))
        shop.clock.go_on(timedelta(minutes=15))
        await asyncio.gather(*(hear(shop, trade, bank=bank) for bank, trade in trades), expire_orders(db=shop.db))
        assert [await shop.state(order_id) for order_id in orders] == [OrderState.DELIVERED] * 2
    await assert_sound(shop)
