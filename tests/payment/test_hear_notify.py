"""What a gateway says is stored, and believed only once the gateway confirms it when asked."""

from datetime import timedelta

import pytest

from kameng.invariants.check import check_invariants
from kameng.orders.lifecycle import OrderState
from kameng.payment.expire import expire_orders
from kameng.payment.gateways import GatewayUnknown
from kameng.payment.hear_notify import hear_notify
from kameng.payment.poll import poll_payments
from tests.builders.bank import Call, Mood
from tests.builders.shop import Shop, a_started_payment, a_stocked_sku, an_order, hear

pytestmark = pytest.mark.anyio

NOTICES = "SELECT genuine, times, attempt_id, fields FROM gateway_notices ORDER BY id"


async def poll_until(shop: Shop, *, within: timedelta) -> None:
    """Time passes, with a worker awake."""
    until = shop.clock.now() + within
    while shop.clock.now() < until:
        shop.clock.go_on(timedelta(seconds=20))
        await poll_payments(db=shop.db, gateways=shop.gateways)


async def test_a_genuine_notify_delivers(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    order = await an_order(shop, goods, quantity=2)
    attempt = await a_started_payment(shop, order.order_id)
    assert await hear(shop, shop.bank.pay(attempt.reference)) == "success"
    assert await shop.state(order.order_id) is OrderState.DELIVERED
    assert await shop.events(order.order_id) == ["placed", "payment_started", "payment_confirmed", "delivered"]
    assert await shop.cards(goods.sku_id) == {"available": 3, "sold": 2}
    assert await shop.receipts() == [(2000, "applied")]


async def test_a_repeat_is_counted_and_changes_nothing(shop: Shop) -> None:
    order = await an_order(shop, await a_stocked_sku(shop))
    trade = shop.bank.pay((await a_started_payment(shop, order.order_id)).reference)
    await hear(shop, trade)
    before = await shop.counts()
    assert [await hear(shop, trade) for _ in range(3)] == ["success"] * 3
    assert await shop.counts() == before
    assert [notice["times"] for notice in await shop.rows(NOTICES)] == [4]


async def test_a_forgery_is_rejected_noted_and_never_asked_about(shop: Shop) -> None:
    order = await an_order(shop, await a_stocked_sku(shop))
    attempt = await a_started_payment(shop, order.order_id)
    fields = shop.bank.notify(shop.bank.pay(attempt.reference)) | {"money": "0.01"}
    before = await shop.counts()
    for _ in range(50):
        answer = await hear_notify(db=shop.db, gateways=shop.gateways, gateway_code="bank", fields=fields)
        assert answer == "fail"
    assert shop.bank.called(Call.QUERY) == 0
    assert await shop.counts() == before
    assert await shop.alarms() == ["forged_notice"]
    assert [(notice["genuine"], notice["times"]) for notice in await shop.rows(NOTICES)] == [(False, 50)]


async def test_liars_fill_neither_the_disk_nor_the_database_with_contacts(shop: Shop) -> None:
    shop.clock.go_on(timedelta(seconds=5))
    fields = {f"name{n}": f"{n} 13800001234 li.lei@example.com {'x' * 10_000}" for n in range(100)} | {
        "13900001111": ""
    }
    for _ in range(20):
        fields["sign"] = shop.clock.now().isoformat()
        await hear_notify(db=shop.db, gateways=shop.gateways, gateway_code="bank", fields=fields)
        shop.clock.go_on(timedelta(seconds=1))
    notices = await shop.rows(NOTICES)
    assert len(notices) == 1
    assert len(str(notices[0]["fields"])) < 25_000
    assert await check_invariants(shop.db, now=shop.clock.now()) == []


async def test_what_a_gateway_says_of_the_buyer_is_not_kept(shop: Shop) -> None:
    order = await an_order(shop, await a_stocked_sku(shop))
    trade = shop.bank.pay((await a_started_payment(shop, order.order_id)).reference)
    await hear(shop, trade, buyer="13800001234", mail="li.lei@example.com")
    assert await shop.state(order.order_id) is OrderState.DELIVERED
    (notice,) = await shop.rows(NOTICES)
    assert isinstance(notice["fields"], dict)
    assert notice["fields"]["buyer"] == notice["fields"]["mail"] == "***"
    assert notice["fields"]["trade_no"] == trade.trade_no


async def test_a_notify_about_nothing_of_ours_is_acknowledged_with_an_alarm(shop: Shop) -> None:
    trade = shop.bank.pay("P261122143055123456", 1000)
    assert await hear(shop, trade) == "success"
    trade = shop.bank.pay("somebody else's", 1000)
    assert await hear(shop, trade) == "success"
    assert await shop.alarms() == ["unknown_payment"]
    assert await shop.receipts() == []


async def test_another_gateway_can_not_speak_for_this_one(shop: Shop) -> None:
    order = await an_order(shop, await a_stocked_sku(shop))
    attempt = await a_started_payment(shop, order.order_id)
    trade = shop.other_bank.pay(attempt.reference, 1000)
    assert await hear(shop, trade, bank=shop.other_bank) == "success"
    assert await shop.state(order.order_id) is OrderState.AWAITING_PAYMENT
    assert shop.bank.called(Call.QUERY) == shop.other_bank.called(Call.QUERY) == 0
    assert await shop.alarms() == ["unknown_payment"]


async def test_an_unknown_gateway_is_refused(shop: Shop) -> None:
    with pytest.raises(GatewayUnknown):
        await hear_notify(db=shop.db, gateways=shop.gateways, gateway_code="nobody", fields={})


async def test_a_notify_that_says_unpaid_is_stored_only(shop: Shop) -> None:
    order = await an_order(shop, await a_stocked_sku(shop))
    trade = shop.bank.pay((await a_started_payment(shop, order.order_id)).reference)
    assert await hear(shop, trade, trade_status="WAIT_BUYER_PAY") == "success"
    assert shop.bank.called(Call.QUERY) == 0
    assert await shop.state(order.order_id) is OrderState.AWAITING_PAYMENT


async def test_of_two_amounts_the_one_found_when_asking_counts(shop: Shop) -> None:
    order = await an_order(shop, await a_stocked_sku(shop))
    trade = shop.bank.pay((await a_started_payment(shop, order.order_id)).reference, 10)
    assert await hear(shop, trade, money="10.00") == "success"
    assert await shop.state(order.order_id) is OrderState.UNDER_REVIEW
    assert await shop.receipts() == [(10, "held")]
    assert set(await shop.alarms()) == {"notice_contradicted", "paid_too_little"}


async def test_a_payment_the_gateway_denies_is_not_believed_and_asked_about_again(shop: Shop) -> None:
    order = await an_order(shop, await a_stocked_sku(shop))
    attempt = await a_started_payment(shop, order.order_id)
    trade = shop.bank.pay(attempt.reference)
    del shop.bank.trades[trade.trade_no]
    assert await hear(shop, trade) == "fail"
    assert await shop.state(order.order_id) is OrderState.AWAITING_PAYMENT
    assert await shop.receipts() == []
    assert await shop.alarms() == ["notice_contradicted"]
    shop.bank.trades[trade.trade_no] = trade
    await poll_until(shop, within=timedelta(minutes=1))
    assert await shop.state(order.order_id) is OrderState.DELIVERED


@pytest.mark.parametrize("mood", [Mood.DOUBT, Mood.BREAKS])
async def test_in_doubt_it_is_acknowledged_and_asked_about_until_settled(shop: Shop, mood: Mood) -> None:
    order = await an_order(shop, await a_stocked_sku(shop))
    trade = shop.bank.pay((await a_started_payment(shop, order.order_id)).reference)
    shop.bank.will(Call.QUERY, Mood.DOUBT, mood, mood, mood)
    assert await hear(shop, trade) == "success"
    assert await shop.state(order.order_id) is OrderState.AWAITING_PAYMENT
    await poll_until(shop, within=timedelta(minutes=3))
    assert await shop.state(order.order_id) is OrderState.DELIVERED


async def test_a_second_payment_in_doubt_is_not_forgotten(shop: Shop) -> None:
    """The attempt itself is settled by then: only the notify knows the second trade number."""
    order = await an_order(shop, await a_stocked_sku(shop))
    attempt = await a_started_payment(shop, order.order_id)
    await hear(shop, shop.bank.pay(attempt.reference))
    shop.bank.will(Call.QUERY, Mood.DOUBT, Mood.DOUBT)
    assert await hear(shop, shop.bank.pay(attempt.reference)) == "success"
    assert await shop.receipts() == [(1000, "applied")]
    await poll_until(shop, within=timedelta(minutes=3))
    assert await shop.receipts() == [(1000, "applied"), (1000, "surplus")]
    assert await shop.refund_lines() == [("paid_twice", 1000, "intended")]


async def test_a_notify_that_stays_in_doubt_ends_in_an_alarm(shop: Shop) -> None:
    order = await an_order(shop, await a_stocked_sku(shop))
    attempt = await a_started_payment(shop, order.order_id)
    trade = shop.bank.pay(attempt.reference)
    shop.bank.mood_of = lambda _call: Mood.DOUBT
    await hear(shop, trade)
    for _ in range(60):
        shop.clock.go_on(timedelta(hours=1))
        await poll_payments(db=shop.db, gateways=shop.gateways)
        await expire_orders(db=shop.db)
    assert await shop.alarms() == ["payment_unsettled"]
    assert await check_invariants(shop.db, now=shop.clock.now()) == []
