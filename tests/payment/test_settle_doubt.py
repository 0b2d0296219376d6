"""A part of a payment may be back or not: settled where the gateway says how much it has sent back."""

import pytest

from kameng.invariants.check import check_invariants
from kameng.orders.lifecycle import Actor, ActorKind
from kameng.orders.number import OrderId
from kameng.payment.ask_refund import RefundWish, ask_refund
from kameng.payment.attempt import REFUND_AGAIN_AFTER, RefundCause, RefundState
from kameng.payment.request import RefundRules
from kameng.payment.sweep_refunds import sweep_refunds
from tests.builders.bank import Call, Mood
from tests.builders.shop import Shop, a_paid_order, a_stocked_sku

pytestmark = pytest.mark.anyio


async def ask(shop: Shop, order_id: OrderId, fen: int) -> None:
    wish = RefundWish(order_id, RefundCause.GOODWILL, "协商", Actor(ActorKind.STAFF, "li"), amount_fen=fen)
    async with shop.db.transaction() as tx:
        await ask_refund(tx, rules=RefundRules(), wish=wish)


async def sweep(shop: Shop) -> int:
    return await sweep_refunds(db=shop.db, gateways=shop.gateways)


async def delivered(shop: Shop) -> OrderId:
    return (await a_paid_order(shop, await a_stocked_sku(shop))).order_id


async def assert_sound(shop: Shop) -> None:
    found = await check_invariants(shop.db, now=shop.clock.now())
    assert [violation for violation in found if violation.name != "sweeps_asleep"] == []


@pytest.mark.parametrize("mood", [Mood.LOST, Mood.DOUBT])
async def test_a_part_in_doubt_is_settled_where_the_gateway_tells_how_much_went_back(shop: Shop, mood: Mood) -> None:
    shop.bank.tells_parts = True
    order_id = await delivered(shop)
    await ask(shop, order_id, 300)
    await sweep(shop)
    await ask(shop, order_id, 200)
    shop.bank.will(Call.REFUND, mood)
    await sweep(shop)
    for pause in REFUND_AGAIN_AFTER:
        shop.clock.go_on(pause)
        await sweep(shop)
    (trade,) = shop.bank.trades.values()
    assert trade.parts_sent_back == [300, 200]
    assert {line[2] for line in await shop.refund_lines()} == {RefundState.DONE}
    assert await shop.alarms() == []
    await assert_sound(shop)


async def test_the_first_part_in_doubt_is_sent_again_only_when_asked_often_enough(shop: Shop) -> None:
    shop.bank.tells_parts = True
    order_id = await delivered(shop)
    await ask(shop, order_id, 300)
    shop.bank.will(Call.REFUND, Mood.DOUBT)
    await sweep(shop)
    (trade,) = shop.bank.trades.values()
    for pause in REFUND_AGAIN_AFTER[:2]:
        shop.clock.go_on(pause)
        await sweep(shop)
        assert trade.parts_sent_back == []
    shop.clock.go_on(REFUND_AGAIN_AFTER[2])
    await sweep(shop)
    assert trade.parts_sent_back == [300]


async def test_money_that_went_back_without_us_is_for_a_person(shop: Shop) -> None:
    shop.bank.tells_parts = True
    order_id = await delivered(shop)
    await ask(shop, order_id, 300)
    (trade,) = shop.bank.trades.values()
    trade.parts_sent_back.append(50)
    shop.bank.will(Call.REFUND, Mood.DOUBT)
    await sweep(shop)
    shop.clock.go_on(REFUND_AGAIN_AFTER[0])
    await sweep(shop)
    assert trade.parts_sent_back == [50]
    assert await shop.alarms() == ["refund_stuck"]


async def test_two_parts_in_doubt_at_once_are_told_apart_or_left_to_a_person(shop: Shop) -> None:
    shop.bank.tells_parts = True
    order_id = await delivered(shop)
    await ask(shop, order_id, 300)
    await ask(shop, order_id, 200)
    shop.bank.will(Call.REFUND, Mood.LOST, Mood.DOUBT)
    await sweep(shop)
    (trade,) = shop.bank.trades.values()
    (lost_fen,) = trade.parts_sent_back
    for pause in (*REFUND_AGAIN_AFTER, REFUND_AGAIN_AFTER[-1]):
        shop.clock.go_on(pause)
        await sweep(shop)
    # Neither is known to be back, so nothing is sent a second time.
    assert trade.parts_sent_back == [lost_fen]
    assert await shop.alarms() == ["refund_stuck"]
    assert {refund["try_at"] for refund in await shop.refunds()} == {None}
    await assert_sound(shop)
