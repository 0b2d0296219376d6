"""No notify ever came: ask, ever more rarely, for a day."""

from datetime import datetime, timedelta

import pytest

from kameng.orders.lifecycle import OrderState
from kameng.payment.attempt import ASK_AFTER
from kameng.payment.expire import expire_orders
from kameng.payment.gateways import Gateways
from kameng.payment.poll import poll_payments
from tests.builders.bank import Call, Mood
from tests.builders.shop import Shop, a_started_payment, a_stocked_sku, an_order, hear

pytestmark = pytest.mark.anyio


async def poll(shop: Shop) -> int:
    return await poll_payments(db=shop.db, gateways=shop.gateways)


async def asked_at(shop: Shop, *, until: timedelta) -> list[timedelta]:
    """When the gateway was asked, counted from now, with the poller looking every second question's time."""
    start: datetime = shop.clock.now()
    found: list[timedelta] = []
    while shop.clock.now() - start < until:
        (row,) = await shop.rows("SELECT ask_at FROM payment_attempts")
        if not isinstance(row["ask_at"], datetime):
            break
        shop.clock.go_on(row["ask_at"] - shop.clock.now())
        assert await poll(shop) == 1
        assert await poll(shop) == 0
        found.append(shop.clock.now() - start)
    return found


async def test_the_questions_come_ever_more_rarely_and_end_after_a_day(shop: Shop) -> None:
    order = await an_order(shop, await a_stocked_sku(shop))
    await a_started_payment(shop, order.order_id)
    found = await asked_at(shop, until=timedelta(days=3))
    pauses = [later - earlier for earlier, later in zip([timedelta(0), *found], found, strict=False)]
    assert pauses == list(ASK_AFTER)
    assert timedelta(hours=20) < found[-1] < timedelta(days=1)
    assert shop.bank.called(Call.QUERY) == len(ASK_AFTER)
    assert await shop.rows("SELECT state, ask_at FROM payment_attempts") == [{"state": "expired", "ask_at": None}]
    assert await shop.alarms() == []


async def test_money_nobody_told_us_of_is_found(shop: Shop) -> None:
    order = await an_order(shop, await a_stocked_sku(shop))
    attempt = await a_started_payment(shop, order.order_id)
    shop.bank.pay(attempt.reference)
    assert await poll(shop) == 0
    shop.clock.go_on(ASK_AFTER[0])
    assert await poll(shop) == 1
    assert await shop.state(order.order_id) is OrderState.DELIVERED
    assert await shop.rows("SELECT heard_from FROM receipts") == [{"heard_from": "poll"}]
    shop.clock.go_on(timedelta(days=2))
    assert await poll(shop) == 0


async def test_what_a_notify_settled_is_not_asked_about(shop: Shop) -> None:
    order = await an_order(shop, await a_stocked_sku(shop))
    attempt = await a_started_payment(shop, order.order_id)
    await hear(shop, shop.bank.pay(attempt.reference))
    calls = shop.bank.called(Call.QUERY)
    for _ in range(3):
        shop.clock.go_on(timedelta(hours=1))
        assert await poll(shop) == 0
    assert shop.bank.called(Call.QUERY) == calls
    assert await shop.rows("SELECT ask_at FROM gateway_notices") == [{"ask_at": None}]


@pytest.mark.parametrize("mood", [Mood.DOUBT, Mood.BREAKS])
async def test_a_gateway_that_never_answers_ends_in_an_alarm(shop: Shop, mood: Mood) -> None:
    order = await an_order(shop, await a_stocked_sku(shop))
    await a_started_payment(shop, order.order_id)
    shop.bank.mood_of = lambda _call: mood
    await asked_at(shop, until=timedelta(days=3))
    await expire_orders(db=shop.db)
    assert await shop.alarms() == ["payment_unsettled"]


async def test_one_broken_gateway_does_not_keep_the_others_waiting(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    orders = [await an_order(shop, goods) for _ in range(3)]
    for order, bank in zip(orders, (shop.bank, shop.other_bank, shop.bank), strict=True):
        bank.pay((await a_started_payment(shop, order.order_id, bank=bank)).reference)
    shop.bank.mood_of = lambda _call: Mood.BREAKS
    shop.clock.go_on(ASK_AFTER[0])
    assert await poll(shop) == 3
    assert await shop.state(orders[1].order_id) is OrderState.DELIVERED


async def test_a_channel_that_is_gone_does_not_stop_the_poller(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    orders = [await an_order(shop, goods) for _ in range(2)]
    for order, bank in zip(orders, (shop.bank, shop.other_bank), strict=True):
        bank.pay((await a_started_payment(shop, order.order_id, bank=bank)).reference)
    async with shop.db.transaction() as tx:
        await tx.connection.execute("DELETE FROM gateways WHERE code = 'bank'")
    shop.clock.go_on(ASK_AFTER[0])
    gateways = Gateways(shop.db, shop.keyring, shop.gateways.makers)
    assert await poll_payments(db=shop.db, gateways=gateways) == 2
    assert await shop.state(orders[1].order_id) is OrderState.DELIVERED
