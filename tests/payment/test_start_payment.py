"""The buyer chooses how to pay: intended, called, recorded."""

from datetime import timedelta

import pytest

from kameng.checkout.cancel_order import cancel_order
from kameng.kernel.errors import Refusal
from kameng.orders.lifecycle import OrderState
from kameng.orders.lock import OrderMissing
from kameng.orders.number import OrderId
from kameng.payment.add_gateway import GatewayDraft, add_gateway
from kameng.payment.attempt import AttemptState
from kameng.payment.gateway import PayByLink
from kameng.payment.gateways import Gateways, GatewayUnknown
from kameng.payment.poll import poll_payments
from kameng.payment.start_payment import OrderNotPayable, PaymentRefused, PaymentUnavailable, start_payment
from tests.builders.bank import Call, Mood
from tests.builders.shop import PAYER, Shop, a_paid_order, a_started_payment, a_stocked_sku, an_order, paid

pytestmark = pytest.mark.anyio

ATTEMPTS = "SELECT state, ask_at, pay_by IS NOT NULL AS has_place FROM payment_attempts ORDER BY id"


async def test_a_payment_has_a_place_and_a_share_for_each_order(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    orders = [await an_order(shop, goods, quantity=n) for n in (1, 2)]
    attempt = await a_started_payment(shop, *(order.order_id for order in orders))
    assert attempt.amount_fen == 3000
    assert attempt.pay_by == PayByLink(f"https://bank/{attempt.reference}")
    assert shop.bank.asks[attempt.reference].amount_fen == 3000
    for order in orders:
        assert await shop.events(order.order_id) == ["placed", "payment_started"]
        assert await shop.state(order.order_id) is OrderState.AWAITING_PAYMENT


async def test_choosing_the_same_way_again_goes_on_with_the_waiting_payment(shop: Shop) -> None:
    order = await an_order(shop, await a_stocked_sku(shop))
    first = await a_started_payment(shop, order.order_id)
    assert (await a_started_payment(shop, order.order_id)).id == first.id
    assert shop.bank.called(Call.START) == 1
    assert (await a_started_payment(shop, order.order_id, bank=shop.other_bank)).id != first.id


async def test_together_with_another_order_is_another_payment(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    one, two = [(await an_order(shop, goods)).order_id for _ in range(2)]
    alone = await a_started_payment(shop, one)
    together = await a_started_payment(shop, one, two)
    assert alone.id != together.id
    assert (await a_started_payment(shop, two, one)).id == together.id


async def test_an_order_named_twice_is_paid_once(shop: Shop) -> None:
    order = await an_order(shop, await a_stocked_sku(shop))
    assert (await a_started_payment(shop, order.order_id, order.order_id)).amount_fen == order.amount_fen


async def test_a_refusal_is_told_and_not_asked_about(shop: Shop) -> None:
    order = await an_order(shop, await a_stocked_sku(shop))
    shop.bank.will(Call.START, Mood.REFUSES)
    with pytest.raises(PaymentRefused) as refusal:
        await a_started_payment(shop, order.order_id)
    assert refusal.value.values == {"gateway_words": "渠道维护"}
    assert await shop.rows(ATTEMPTS) == [{"state": "refused", "ask_at": None, "has_place": False}]
    attempt = await a_started_payment(shop, order.order_id)
    assert attempt.pay_by is not None


@pytest.mark.parametrize("mood", [Mood.DOUBT, Mood.LOST])
async def test_in_doubt_the_buyer_may_try_again_and_the_poller_goes_on(shop: Shop, mood: Mood) -> None:
    order = await an_order(shop, await a_stocked_sku(shop))
    shop.bank.will(Call.START, mood)
    with pytest.raises(PaymentUnavailable):
        await a_started_payment(shop, order.order_id)
    assert [(row["state"], row["has_place"]) for row in await shop.rows(ATTEMPTS)] == [("started", False)]
    shop.clock.go_on(timedelta(seconds=20))
    assert await poll_payments(db=shop.db, gateways=shop.gateways) == 1
    await paid(shop, await a_started_payment(shop, order.order_id))
    assert await shop.state(order.order_id) is OrderState.DELIVERED


@pytest.mark.parametrize("how", ["paid", "cancelled", "overdue"])
async def test_what_is_not_waiting_for_money_is_not_payable(shop: Shop, how: str) -> None:
    goods = await a_stocked_sku(shop)
    if how == "paid":
        order = await a_paid_order(shop, goods)
    else:
        order = await an_order(shop, goods)
        if how == "cancelled":
            await cancel_order(db=shop.db, order_id=order.order_id)
        else:
            shop.clock.go_on(timedelta(minutes=15))
    other, before, calls = await an_order(shop, goods), await shop.counts(), shop.bank.called(Call.START)
    with pytest.raises(OrderNotPayable):
        await a_started_payment(shop, other.order_id, order.order_id)
    assert await shop.counts() == {**before, "order_events": before["order_events"]}
    assert shop.bank.called(Call.START) == calls


@pytest.mark.parametrize(
    ("gateway", "method", "missing", "refusal"),
    [
        ("bank", "usdt", False, GatewayUnknown),
        ("nobody", "alipay", False, GatewayUnknown),
        ("bank", "alipay", True, OrderMissing),
    ],
)
async def test_what_does_not_exist_is_refused(
    shop: Shop, gateway: str, method: str, missing: bool, refusal: type[Refusal]
) -> None:
    order = await an_order(shop, await a_stocked_sku(shop))
    order_id = OrderId(order.order_id + 1) if missing else order.order_id
    with pytest.raises(refusal):
        await start_payment(
            db=shop.db, gateways=shop.gateways, order_ids=[order_id], gateway_code=gateway, method=method, payer=PAYER
        )
    assert (await shop.counts())["payment_attempts"] == 0
    assert shop.bank.calls == []


async def test_a_disabled_gateway_takes_no_new_payment_but_still_brings_money(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    order = await an_order(shop, goods)
    attempt = await a_started_payment(shop, order.order_id)
    async with shop.db.transaction() as tx:
        draft = GatewayDraft("bank", "Bank", "bank", ("alipay",), {"bank": "bank"}, enabled=False)
        await add_gateway(tx, shop.keyring, shop.gateways.makers, draft)
    shop.clock.go_on(timedelta(seconds=5))
    with pytest.raises(GatewayUnknown):
        await a_started_payment(shop, order.order_id)
    await paid(shop, attempt)
    assert await shop.state(order.order_id) is OrderState.DELIVERED


async def test_a_gateway_nobody_can_read_does_not_stop_the_others(shop: Shop) -> None:
    async with shop.db.transaction() as tx:
        await tx.connection.execute("UPDATE gateways SET config_sealed = 'nonsense' WHERE code = 'other'")
    gateways = Gateways(shop.db, shop.keyring, shop.gateways.makers)
    assert [channel.code for channel in await gateways.offered()] == ["bank"]


async def test_an_attempt_that_was_paid_before_its_place_was_known_stays_paid(shop: Shop) -> None:
    order = await an_order(shop, await a_stocked_sku(shop))
    shop.bank.will(Call.START, Mood.LOST)
    with pytest.raises(PaymentUnavailable):
        await a_started_payment(shop, order.order_id)
    reference = next(iter(shop.bank.asks))
    shop.bank.pay(reference)
    shop.clock.go_on(timedelta(seconds=20))
    await poll_payments(db=shop.db, gateways=shop.gateways)
    assert await shop.state(order.order_id) is OrderState.DELIVERED
    assert [row["state"] for row in await shop.rows(ATTEMPTS)] == [AttemptState.CONFIRMED]
