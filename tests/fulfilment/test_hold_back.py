"""Between money and goods: low flows, middle asks the buyer, high waits for a person, and others wait for nobody."""

from dataclasses import replace
from typing import cast

import pytest

from kameng.fulfilment.hold_back import hold_back
from kameng.invariants.check import check_invariants
from kameng.kernel.database import Transaction
from kameng.orders.lifecycle import Actor, ActorKind, OrderState, PaymentConfirmed
from kameng.orders.lock import lock_order
from kameng.payment.refund import accept_payment
from kameng.payment.start_payment import OrderNotPayable
from kameng.risk.score_order import Stage
from kameng.risk.scorecard import Listed, Verdict
from kameng.risk.scores import list_held
from tests.builders.refunds import request_refund
from tests.builders.risk import a_held_order, listed, scores
from tests.builders.shop import PHONE, Shop, a_paid_order, a_started_payment, a_stocked_sku, an_order, hear, paid

pytestmark = pytest.mark.anyio
STAFF = Actor(ActorKind.STAFF, "wang")


async def intact(shop: Shop) -> None:
    assert await check_invariants(shop.db, now=shop.clock.now(), secrets=[PHONE]) == []


@pytest.mark.parametrize(("verdict", "event"), [(Verdict.MIDDLE, "proof_asked"), (Verdict.HIGH, "held_for_review")])
async def test_it_is_paid_and_held_with_its_cards(shop: Shop, verdict: Verdict, event: str) -> None:
    goods = await a_stocked_sku(shop)
    order = await a_held_order(shop, goods, verdict)
    assert await shop.state(order.order_id) is OrderState.UNDER_REVIEW
    assert (await shop.events(order.order_id))[-2:] == ["payment_confirmed", event]
    assert await shop.cards(goods.sku_id) == {"reserved": 1, "available": 4}
    assert await shop.receipts() == [(1000, "applied")]
    newest = (await scores(shop, order.order_id))[-1]
    assert (newest.stage, newest.verdict) == (Stage.PAID, verdict)
    assert newest.decide_by is not None
    assert await shop.alarms() == (["order_held"] if verdict is Verdict.HIGH else [])
    async with shop.db.reading() as connection:
        assert [held.order_id for held in await list_held(connection)] == [order.order_id]
    await intact(shop)


async def test_of_an_ordinary_order_nothing_is_asked(shop: Shop) -> None:
    """No transaction is given, and none is missed."""
    placed = await an_order(shop, await a_stocked_sku(shop))
    async with shop.db.transaction() as tx:
        order = await lock_order(tx, placed.order_id)
    nothing = cast("Transaction", None)
    facts = {"receipt_fen": 1000, "trade_no": "T1", "late": False}
    assert await hold_back(nothing, order, PaymentConfirmed(STAFF, facts=facts)) is None
    with pytest.raises(AttributeError):
        await hold_back(nothing, replace(order, risk=1), PaymentConfirmed(STAFF, facts=facts))


async def test_others_are_not_delayed(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    await a_held_order(shop, goods, Verdict.HIGH)
    other = await a_paid_order(shop, goods, contact="13900005678")
    assert (await shop.events(other.order_id))[-1] == "delivered"


@pytest.mark.parametrize("verdict", [Verdict.MIDDLE, Verdict.HIGH])
async def test_a_person_lets_it_go(shop: Shop, verdict: Verdict) -> None:
    goods = await a_stocked_sku(shop)
    order = await a_held_order(shop, goods, verdict)
    async with shop.db.transaction() as tx:
        state = await accept_payment(tx, order_id=order.order_id, actor=STAFF, reason="电话核对过")
    assert state is OrderState.DELIVERED
    assert (await shop.events(order.order_id))[-2:] == ["accepted_by_staff", "delivered"]
    assert await shop.refunds() == []
    async with shop.db.reading() as connection:
        assert await list_held(connection) == []
    await intact(shop)


@pytest.mark.parametrize("verdict", [Verdict.MIDDLE, Verdict.HIGH])
async def test_a_person_sends_the_money_back(shop: Shop, verdict: Verdict) -> None:
    goods = await a_stocked_sku(shop)
    order = await a_held_order(shop, goods, verdict)
    async with shop.db.transaction() as tx:
        await request_refund(tx, order_id=order.order_id, actor=STAFF, reason="盗刷")
    assert await shop.state(order.order_id) is OrderState.REFUNDING
    assert await shop.refund_lines() == [("staff", 1000, "intended")]
    assert await shop.cards(goods.sku_id) == {"available": 5}
    await intact(shop)


@pytest.mark.parametrize("fen", [1000, 1, 5000])
async def test_a_second_payment_does_not_release_it_and_goes_back_whole(shop: Shop, fen: int) -> None:
    goods = await a_stocked_sku(shop)
    await listed(shop, Listed.WATCH)
    order = await an_order(shop, goods)
    attempts = [await a_started_payment(shop, order.order_id, bank=bank) for bank in (shop.bank, shop.other_bank)]
    await paid(shop, attempts[0])
    await paid(shop, attempts[1], fen=fen, bank=shop.other_bank)
    assert await shop.state(order.order_id) is OrderState.UNDER_REVIEW
    assert await shop.receipts() == [(1000, "applied"), (fen, "surplus")]
    assert [line[1:] for line in await shop.refund_lines()] == [(fen, "intended")]
    await intact(shop)


async def test_its_buyer_can_not_pay_again(shop: Shop) -> None:
    order = await a_held_order(shop, await a_stocked_sku(shop), Verdict.MIDDLE)
    with pytest.raises(OrderNotPayable):
        await a_started_payment(shop, order.order_id)


async def test_too_little_waits_for_a_person_and_the_rest_for_its_buyer(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    await listed(shop, Listed.WATCH)
    order = await an_order(shop, goods)
    attempts = [await a_started_payment(shop, order.order_id, bank=bank) for bank in (shop.bank, shop.other_bank)]
    await paid(shop, attempts[0], fen=400)
    assert (await shop.events(order.order_id))[-1] == "paid_too_little"
    await paid(shop, attempts[1], bank=shop.other_bank)
    assert (await shop.events(order.order_id))[-1] == "proof_asked"
    assert await shop.receipts() == [(400, "surplus"), (1000, "applied")]
    await intact(shop)


async def test_of_several_orders_paid_at_once_only_the_suspicious_one_waits(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    await listed(shop, Listed.WATCH)
    orders = [await an_order(shop, goods, contact=contact) for contact in (PHONE, "13900005678")]
    await paid(shop, await a_started_payment(shop, *(order.order_id for order in orders)))
    states = [await shop.state(order.order_id) for order in orders]
    assert states == [OrderState.UNDER_REVIEW, OrderState.DELIVERED]
    async with shop.db.transaction() as tx:
        await request_refund(tx, order_id=orders[0].order_id, actor=STAFF, reason="盗刷")
    assert await shop.refund_lines() == [("staff", 1000, "intended")]
    await intact(shop)


async def test_who_was_blocked_after_ordering_waits_for_a_person(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    await listed(shop, Listed.WATCH)
    order = await an_order(shop, goods)
    await listed(shop, Listed.BLOCK)
    await paid(shop, await a_started_payment(shop, order.order_id))
    assert (await shop.events(order.order_id))[-1] == "held_for_review"


async def test_a_repeated_notify_changes_nothing(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    await listed(shop, Listed.WATCH)
    order = await an_order(shop, goods)
    trade = await paid(shop, await a_started_payment(shop, order.order_id))
    before = await shop.events(order.order_id), await shop.counts()
    assert await hear(shop, trade) == "success"
    assert (await shop.events(order.order_id), await shop.counts()) == before
