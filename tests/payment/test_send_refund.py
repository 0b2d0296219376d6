"""Money goes back once: claimed, asked about, sent, recorded."""

from datetime import timedelta

import pytest

from kameng.invariants.check import check_invariants
from kameng.orders.lifecycle import Actor, ActorKind, OrderState
from kameng.orders.number import OrderId
from kameng.payment.attempt import REFUND_AGAIN_AFTER, REFUND_CALL_TAKES, RefundState
from kameng.payment.send_refund import send_refund
from kameng.payment.sweep_refunds import sweep_refunds
from tests.builders.bank import Call, Mood, Trade
from tests.builders.refunds import request_refund
from tests.builders.shop import Shop, a_paid_order, a_started_payment, a_stocked_sku, an_order, paid

pytestmark = pytest.mark.anyio

STAFF = Actor(ActorKind.STAFF, "wang")


async def a_refund_is_owed(shop: Shop) -> tuple[OrderId, Trade]:
    """All of an order's money is to go back."""
    order = await an_order(shop, await a_stocked_sku(shop))
    trade = await paid(shop, await a_started_payment(shop, order.order_id), fen=900)
    async with shop.db.transaction() as tx:
        await request_refund(tx, order_id=order.order_id, actor=STAFF, reason="买家要求")
    return order.order_id, trade


async def sweep(shop: Shop) -> int:
    return await sweep_refunds(db=shop.db, gateways=shop.gateways)


async def sweep_for(shop: Shop, time: timedelta) -> None:
    until = shop.clock.now() + time
    while shop.clock.now() < until:
        shop.clock.go_on(timedelta(minutes=5))
        await sweep(shop)


async def assert_sound(shop: Shop) -> None:
    found = await check_invariants(shop.db, now=shop.clock.now())
    # Nobody polls in these tests, nor looks for what is stuck.
    assert [violation for violation in found if violation.name not in {"sweeps_asleep", "stood_unseen"}] == []


async def test_a_refund_is_sent_and_the_order_is_told(shop: Shop) -> None:
    order_id, trade = await a_refund_is_owed(shop)
    assert await shop.state(order_id) is OrderState.REFUNDING
    assert await send_refund(db=shop.db, gateways=shop.gateways, refund_id=1) is RefundState.DONE
    assert trade.parts_sent_back == [900]
    assert await shop.state(order_id) is OrderState.REFUNDED
    assert await send_refund(db=shop.db, gateways=shop.gateways, refund_id=1) is None
    assert await send_refund(db=shop.db, gateways=shop.gateways, refund_id=2) is None
    assert await sweep(shop) == 0
    assert shop.bank.called(Call.REFUND) == 1
    await assert_sound(shop)


async def test_a_refund_leaves_a_job_behind(shop: Shop) -> None:
    await a_refund_is_owed(shop)
    assert (await shop.counts())["pgqueuer"] == 1


async def test_a_refusal_goes_to_a_person_at_once(shop: Shop) -> None:
    order_id, trade = await a_refund_is_owed(shop)
    shop.bank.will(Call.REFUND, Mood.REFUSES)
    await sweep(shop)
    assert await shop.refund_lines() == [("staff", 900, "refused")]
    assert await shop.state(order_id) is OrderState.EXCEPTION
    assert "refund_stuck" in await shop.alarms()
    await sweep_for(shop, timedelta(days=1))
    assert shop.bank.called(Call.REFUND) == 1
    assert trade.parts_sent_back == []
    await assert_sound(shop)


@pytest.mark.parametrize("mood", [Mood.DOUBT, Mood.LOST, Mood.BREAKS])
async def test_in_doubt_is_settled_by_asking_and_sent_once(shop: Shop, mood: Mood) -> None:
    order_id, trade = await a_refund_is_owed(shop)
    shop.bank.will(Call.REFUND, mood)
    await sweep(shop)
    assert await shop.refund_lines() == [("staff", 900, "in_doubt")]
    assert await shop.state(order_id) is OrderState.REFUNDING
    await assert_sound(shop)
    assert await sweep(shop) == 0
    shop.clock.go_on(REFUND_AGAIN_AFTER[0])
    assert await sweep(shop) == 1
    assert trade.parts_sent_back == [900]
    assert shop.bank.called(Call.REFUND) == (1 if mood is Mood.LOST else 2)
    assert await shop.state(order_id) is OrderState.REFUNDED
    await assert_sound(shop)


async def test_in_doubt_for_a_day_goes_to_a_person(shop: Shop) -> None:
    order_id, trade = await a_refund_is_owed(shop)
    shop.bank.mood_of = lambda _call: Mood.DOUBT
    await sweep(shop)
    await sweep_for(shop, timedelta(days=2))
    assert await shop.state(order_id) is OrderState.EXCEPTION
    (refund,) = await shop.refunds()
    assert (refund["state"], refund["try_at"], refund["tries"]) == ("in_doubt", None, len(REFUND_AGAIN_AFTER) + 1)
    assert "refund_stuck" in await shop.alarms()
    assert trade.parts_sent_back == []
    await assert_sound(shop)


async def test_a_call_that_never_came_back_is_asked_about_before_it_is_made_again(shop: Shop) -> None:
    """The process died between the call and its record."""
    order_id, trade = await a_refund_is_owed(shop)
    async with shop.db.transaction() as tx:
        await tx.connection.execute(
            "UPDATE refunds SET state = 'calling', tries = 1, try_at = $1", tx.now + REFUND_CALL_TAKES
        )
    trade.parts_sent_back.append(900)
    assert await sweep(shop) == 0
    shop.clock.go_on(REFUND_CALL_TAKES)
    await sweep(shop)
    assert trade.parts_sent_back == [900]
    assert shop.bank.called(Call.REFUND) == 0
    assert await shop.state(order_id) is OrderState.REFUNDED


async def test_a_part_in_doubt_is_never_sent_again_by_itself(shop: Shop) -> None:
    order = await a_paid_order(shop, await a_stocked_sku(shop), fen=1500)
    (trade,) = shop.bank.trades.values()
    shop.bank.will(Call.REFUND, Mood.DOUBT)
    await sweep(shop)
    shop.clock.go_on(REFUND_AGAIN_AFTER[0])
    await sweep(shop)
    assert trade.parts_sent_back == []
    assert await shop.refund_lines() == [("paid_too_much", 500, "in_doubt")]
    assert await shop.alarms() == ["refund_stuck"]
    assert await shop.state(order.order_id) is OrderState.DELIVERED
    await sweep_for(shop, timedelta(days=1))
    assert shop.bank.called(Call.REFUND) == 1
    await assert_sound(shop)


async def test_staff_may_try_again_what_was_refused(shop: Shop) -> None:
    order_id, trade = await a_refund_is_owed(shop)
    shop.bank.will(Call.REFUND, Mood.REFUSES)
    await sweep(shop)
    async with shop.db.transaction() as tx:
        await request_refund(tx, order_id=order_id, actor=STAFF, reason="账户已充值")
    assert await shop.state(order_id) is OrderState.REFUNDING
    await assert_sound(shop)
    await sweep(shop)
    assert trade.parts_sent_back == [900]
    assert await shop.state(order_id) is OrderState.REFUNDED
    assert await shop.refund_lines() == [("staff", 900, "done")]


async def test_a_refund_made_by_hand_at_the_gateway_is_found_when_tried_again(shop: Shop) -> None:
    order_id, trade = await a_refund_is_owed(shop)
    shop.bank.will(Call.REFUND, Mood.REFUSES)
    await sweep(shop)
    trade.parts_sent_back.append(900)
    async with shop.db.transaction() as tx:
        await request_refund(tx, order_id=order_id, actor=STAFF, reason="已在渠道后台退款")
    await sweep(shop)
    assert trade.parts_sent_back == [900]
    assert await shop.state(order_id) is OrderState.REFUNDED


async def test_an_order_is_refunded_when_all_of_it_is(shop: Shop) -> None:
    order = await an_order(shop, await a_stocked_sku(shop))
    banks = (shop.bank, shop.other_bank)
    for attempt, bank in [(await a_started_payment(shop, order.order_id, bank=bank), bank) for bank in banks]:
        await paid(shop, attempt, fen=300, bank=bank)
    async with shop.db.transaction() as tx:
        await request_refund(tx, order_id=order.order_id, actor=STAFF, reason="买家要求")
    shop.other_bank.will(Call.REFUND, Mood.DOUBT)
    await sweep(shop)
    assert await shop.state(order.order_id) is OrderState.REFUNDING
    shop.clock.go_on(REFUND_AGAIN_AFTER[0])
    await sweep(shop)
    assert await shop.state(order.order_id) is OrderState.REFUNDED
    await assert_sound(shop)


async def test_one_that_can_not_be_sent_does_not_stop_the_others(shop: Shop) -> None:
    await a_refund_is_owed(shop)
    _, second = await a_refund_is_owed(shop)
    async with shop.db.transaction() as tx:
        await tx.connection.execute("UPDATE receipts SET gateway_id = 99 WHERE id = 1")
    assert await sweep(shop) == 2
    assert second.parts_sent_back == [900]
