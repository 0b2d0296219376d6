"""Larger sums go back only when others agree: one above the first limit, two different people above the second."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from kameng.invariants.check import check_invariants
from kameng.kernel.errors import InvalidInput
from kameng.orders.lifecycle import SYSTEM, Actor, ActorKind, OrderState
from kameng.orders.number import OrderId
from kameng.payment.approve_refund import approve_refund
from kameng.payment.ask_refund import RefundWish, ask_refund
from kameng.payment.attempt import RefundCause
from kameng.payment.decline_refund import decline_refund
from kameng.payment.lapse_requests import lapse_requests
from kameng.payment.request import (
    LAPSES_AFTER,
    AgreedBefore,
    OwnRequest,
    RefundRules,
    RequestEnded,
    RequestMissing,
    RequestState,
)
from kameng.payment.sweep_refunds import sweep_refunds
from tests.builders.refunds import request_refund
from tests.builders.shop import Shop, a_paid_order, a_stocked_sku

pytestmark = pytest.mark.anyio

LI, WANG, ZHAO = (Actor(ActorKind.STAFF, login) for login in ("li", "wang", "zhao"))
ONE, TWO = RefundRules(100, 5000), RefundRules(100, 200)


async def asked(
    shop: Shop, rules: RefundRules, fen: int | None = 300, *, order_id: OrderId | None = None, asker: Actor = LI
) -> tuple[OrderId, int]:
    """The order and the request."""
    if order_id is None:
        order_id = (await a_paid_order(shop, await a_stocked_sku(shop))).order_id
    wish = RefundWish(order_id, RefundCause.GOODWILL, "协商", asker, amount_fen=fen)
    async with shop.db.transaction() as tx:
        return order_id, (await ask_refund(tx, rules=rules, wish=wish)).id


async def approve(shop: Shop, request_id: int, approver: Actor = WANG, *, reason: str = "核对过") -> RequestState:
    async with shop.db.transaction() as tx:
        return (await approve_refund(tx, request_id=request_id, approver=approver, reason=reason)).state


async def decline(shop: Shop, request_id: int, decider: Actor = WANG, *, reason: str = "卡密有效") -> RequestState:
    async with shop.db.transaction() as tx:
        return (await decline_refund(tx, request_id=request_id, decider=decider, reason=reason)).state


async def states(shop: Shop) -> list[object]:
    return [row["state"] for row in await shop.rows("SELECT state FROM refund_requests ORDER BY id")]


async def assert_sound(shop: Shop) -> None:
    found = await check_invariants(shop.db, now=shop.clock.now())
    assert [violation for violation in found if violation.name != "sweeps_asleep"] == []


async def test_one_agrees_and_the_money_goes(shop: Shop) -> None:
    order_id, request_id = await asked(shop, ONE)
    assert await shop.refunds() == []
    assert await approve(shop, request_id) is RequestState.APPROVED
    await sweep_refunds(db=shop.db, gateways=shop.gateways)
    assert await shop.refund_lines() == [("goodwill", 300, "done")]
    assert await shop.state(order_id) is OrderState.DELIVERED
    await assert_sound(shop)


async def test_two_different_people_agree(shop: Shop) -> None:
    _, request_id = await asked(shop, TWO)
    assert await approve(shop, request_id) is RequestState.AGREED_ONCE
    with pytest.raises(AgreedBefore):
        await approve(shop, request_id)
    assert await shop.refunds() == []
    assert await approve(shop, request_id, ZHAO) is RequestState.APPROVED
    assert await shop.refund_lines() == [("goodwill", 300, "intended")]
    await assert_sound(shop)


@pytest.mark.parametrize("rules", [ONE, TWO])
async def test_nobody_agrees_to_their_own(shop: Shop, rules: RefundRules) -> None:
    _, request_id = await asked(shop, rules)
    with pytest.raises(OwnRequest):
        await approve(shop, request_id, LI)
    if rules is TWO:
        await approve(shop, request_id, WANG)
        with pytest.raises(OwnRequest):
            await approve(shop, request_id, LI)
    assert await shop.refunds() == []
    assert await shop.rows("SELECT login FROM refund_approvals WHERE login = 'li'") == []


async def test_what_the_system_asks_for_anybody_may_agree_to(shop: Shop) -> None:
    _, request_id = await asked(shop, ONE, asker=SYSTEM)
    assert await approve(shop, request_id, LI) is RequestState.APPROVED


@pytest.mark.parametrize("after_one", [False, True])
async def test_what_is_declined_is_not_sent_and_may_be_asked_for_anew(shop: Shop, after_one: bool) -> None:
    order_id, request_id = await asked(shop, TWO, 1000)
    if after_one:
        await approve(shop, request_id, ZHAO)
    assert await decline(shop, request_id) is RequestState.DECLINED
    for verb in (approve, decline):
        with pytest.raises(RequestEnded):
            await verb(shop, request_id, ZHAO)
    assert await shop.refunds() == []
    _, again = await asked(shop, TWO, 1000, order_id=order_id)
    assert await states(shop) == ["declined", "waiting"]
    assert again != request_id
    await assert_sound(shop)


async def test_whoever_asked_takes_it_back(shop: Shop) -> None:
    _, request_id = await asked(shop, ONE)
    assert await decline(shop, request_id, LI, reason="填错了") is RequestState.DECLINED


async def test_what_is_agreed_to_is_agreed_to_once(shop: Shop) -> None:
    _, request_id = await asked(shop, ONE)
    await approve(shop, request_id)
    for approver in (WANG, ZHAO):
        with pytest.raises(RequestEnded):
            await approve(shop, request_id, approver)
    assert len(await shop.refunds()) == 1


@pytest.mark.parametrize("verb", [approve, decline])
async def test_a_reason_and_a_request_are_needed(shop: Shop, verb: Callable[..., Awaitable[RequestState]]) -> None:
    _, request_id = await asked(shop, ONE)
    with pytest.raises(InvalidInput):
        await verb(shop, request_id, reason=" ")
    with pytest.raises(RequestMissing):
        await verb(shop, request_id + 1)
    assert await states(shop) == ["waiting"]


async def test_a_whole_refund_of_what_is_under_review_waits_too(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    order_id = (await a_paid_order(shop, goods, fen=900)).order_id
    _, request_id = await asked(shop, ONE, None, order_id=order_id)
    assert await shop.state(order_id) is OrderState.UNDER_REVIEW
    await approve(shop, request_id)
    assert await shop.state(order_id) is OrderState.REFUNDING
    assert await shop.cards(goods.sku_id) == {"available": 5}
    assert await shop.refund_lines() == [("goodwill", 900, "intended")]
    await assert_sound(shop)


async def test_what_went_back_another_way_is_overtaken(shop: Shop) -> None:
    order_id = (await a_paid_order(shop, await a_stocked_sku(shop), fen=900)).order_id
    _, request_id = await asked(shop, ONE, None, order_id=order_id)
    async with shop.db.transaction() as tx:
        await request_refund(tx, order_id=order_id, actor=WANG, reason="买家要求")
    assert await states(shop) == ["overtaken"]
    with pytest.raises(RequestEnded):
        await approve(shop, request_id)
    assert await shop.refund_lines() == [("staff", 900, "intended")]
    await assert_sound(shop)


async def test_what_nobody_decides_lapses_and_staff_are_told(shop: Shop) -> None:
    _, request_id = await asked(shop, ONE)
    shop.clock.go_on(LAPSES_AFTER - timedelta(seconds=1))
    assert await lapse_requests(db=shop.db) == 0
    shop.clock.go_on(timedelta(seconds=1))
    assert await lapse_requests(db=shop.db) == 1
    assert await states(shop) == ["lapsed"]
    assert "refund_lapsed" in await shop.alarms()
    with pytest.raises(RequestEnded):
        await approve(shop, request_id)
    assert await lapse_requests(db=shop.db) == 0
    await assert_sound(shop)


def test_the_limits_count_all_that_was_asked_for() -> None:
    rules = RefundRules(100, 200)
    assert [rules.needs(fen) for fen in (1, 100, 101, 200, 201)] == [0, 0, 1, 1, 2]
    assert RefundRules(300, 200).needs(250) == 0, "two are never needed where one is not"
    assert RefundRules(300, 200).needs(301) == 2
