"""No held order is forgotten: its money goes back, or staff are told once more and then it goes back."""

from datetime import timedelta

import pytest

from kameng.attention.find_stuck import find_stuck
from kameng.fulfilment.end_holds import end_holds
from kameng.invariants.check import check_invariants
from kameng.orders.lifecycle import OrderState
from kameng.payment.poll import poll_payments
from kameng.payment.sweep_refunds import sweep_refunds
from kameng.risk.scorecard import Thresholds, Verdict
from kameng.risk.weights import save_thresholds
from tests.builders.risk import a_held_order, scores
from tests.builders.shop import Shop, a_paid_order, a_stocked_sku

pytestmark = pytest.mark.anyio
DAY = timedelta(days=1)


async def swept(shop: Shop) -> int:
    await find_stuck(db=shop.db)
    count = await end_holds(db=shop.db)
    while await poll_payments(db=shop.db, gateways=shop.gateways):
        pass
    assert await check_invariants(shop.db, now=shop.clock.now()) == []
    return count


async def test_without_a_proof_the_money_goes_back_after_a_day(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    order = await a_held_order(shop, goods, Verdict.MIDDLE)
    shop.clock.go_on(DAY - timedelta(seconds=1))
    assert await swept(shop) == 0
    shop.clock.go_on(timedelta(seconds=1))
    assert await swept(shop) == 1
    assert await shop.state(order.order_id) is OrderState.REFUNDING
    assert await shop.refund_lines() == [("unproven", 1000, "intended")]
    assert await shop.cards(goods.sku_id) == {"available": 5}
    assert await swept(shop) == 0
    await sweep_refunds(db=shop.db, gateways=shop.gateways)
    assert await shop.state(order.order_id) is OrderState.REFUNDED
    assert (await shop.events(order.order_id))[-2:] == ["hold_expired", "refunded"]


async def test_staff_are_told_again_and_at_last_the_money_goes_back(shop: Shop) -> None:
    order = await a_held_order(shop, await a_stocked_sku(shop), Verdict.HIGH)
    shop.clock.go_on(DAY)
    assert await swept(shop) == 1
    assert await shop.state(order.order_id) is OrderState.UNDER_REVIEW
    told = "SELECT kind, times, facts ->> 'again' AS again FROM alarms WHERE kind = 'order_held'"
    assert await shop.rows(told) == [{"kind": "order_held", "times": 2, "again": "true"}]
    assert [score.stage for score in await scores(shop, order.order_id)] == ["placed", "paid", "reminded"]
    assert await swept(shop) == 0
    shop.clock.go_on(2 * DAY)
    assert await swept(shop) == 1
    assert await shop.state(order.order_id) is OrderState.REFUNDING


async def test_the_time_is_a_setting(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    async with shop.db.transaction() as tx:
        await save_thresholds(tx, Thresholds(50, 100, timedelta(hours=1)), site_id=1)
    await a_held_order(shop, goods, Verdict.MIDDLE)
    shop.clock.go_on(timedelta(hours=1))
    assert await swept(shop) == 1


async def test_what_waits_for_other_reasons_is_left_alone(shop: Shop) -> None:
    order = await a_paid_order(shop, await a_stocked_sku(shop), fen=1)
    shop.clock.go_on(3 * DAY)
    assert await swept(shop) == 0
    assert await shop.state(order.order_id) is OrderState.UNDER_REVIEW
