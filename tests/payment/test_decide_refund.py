"""A person has looked into the gateway's books, and says what became of a stuck refund."""

import asyncio
from datetime import timedelta

import pytest

from kameng.invariants.check import check_invariants
from kameng.kernel.errors import InvalidInput
from kameng.orders.lifecycle import Actor, ActorKind, OrderState
from kameng.orders.number import OrderId
from kameng.payment.ask_refund import RefundWish, ask_refund
from kameng.payment.attempt import REFUND_AGAIN_AFTER, RefundCause, RefundState
from kameng.payment.decide_refund import BooksDiffer, Finding, RefundMissing, Verdict, decide_refund
from kameng.payment.parts import Parts
from kameng.payment.poll import poll_payments
from kameng.payment.refund import NotNow
from kameng.payment.request import RefundRules
from kameng.payment.sweep_refunds import sweep_refunds
from kameng.tracking.access import Access
from kameng.tracking.reveal import RevealAsk, reveal
from tests.builders.bank import Call, Mood, Trade
from tests.builders.refunds import request_refund
from tests.builders.shop import ADDRESS, Shop, a_paid_order, a_stocked_sku

pytestmark = pytest.mark.anyio

STAFF = Actor(ActorKind.STAFF, "wang")


async def sweep(shop: Shop) -> None:
    await sweep_refunds(db=shop.db, gateways=shop.gateways)


async def decide(
    shop: Shop, verdict: Verdict, *, reason: str = "渠道后台已核对", returned_fen: int | None = None, refund_id: int = 1
) -> RefundState:
    """With the bank's books open, unless something else was read in them."""
    if returned_fen is None and shop.bank.trades:
        (trade,) = shop.bank.trades.values()
        returned_fen = sum(trade.parts_sent_back)
    async with shop.db.transaction() as tx:
        finding = Finding(verdict, reason, returned_fen)
        return await decide_refund(tx, refund_id=refund_id, finding=finding, actor=STAFF)


async def a_stuck_surplus(shop: Shop, mood: Mood) -> tuple[OrderId, Trade]:
    """Delivered, and of the 500 fen too much nobody knows whether they went back."""
    order = await a_paid_order(shop, await a_stocked_sku(shop), fen=1500)
    (trade,) = shop.bank.trades.values()
    shop.bank.will(Call.REFUND, mood)
    for pause in (timedelta(0), *REFUND_AGAIN_AFTER):
        shop.clock.go_on(pause)
        await sweep(shop)
        await poll_payments(db=shop.db, gateways=shop.gateways)
    assert (await shop.refunds())[0]["try_at"] is None
    return order.order_id, trade


async def a_stuck_order(shop: Shop, mood: Mood) -> tuple[OrderId, Trade]:
    order = await a_paid_order(shop, await a_stocked_sku(shop), fen=900)
    async with shop.db.transaction() as tx:
        await request_refund(tx, order_id=order.order_id, actor=STAFF, reason="买家要求")
    (trade,) = shop.bank.trades.values()
    shop.bank.will(Call.REFUND, mood)
    await sweep(shop)
    assert await shop.state(order.order_id) is OrderState.EXCEPTION
    return order.order_id, trade


async def assert_sound(shop: Shop) -> None:
    assert await check_invariants(shop.db, now=shop.clock.now()) == []


async def test_a_part_found_sent_is_closed(shop: Shop) -> None:
    order_id, trade = await a_stuck_surplus(shop, Mood.LOST)
    assert trade.parts_sent_back == [500]
    assert await decide(shop, Verdict.SENT) is RefundState.DONE
    assert await shop.state(order_id) is OrderState.DELIVERED
    assert (await shop.events(order_id))[-1] == "surplus_returned"
    await sweep(shop)
    assert trade.parts_sent_back == [500]
    await assert_sound(shop)


async def test_a_part_found_unsent_is_sent(shop: Shop) -> None:
    order_id, trade = await a_stuck_surplus(shop, Mood.DOUBT)
    assert await decide(shop, Verdict.NOT_SENT) is RefundState.INTENDED
    await sweep(shop)
    assert trade.parts_sent_back == [500]
    assert await shop.refund_lines() == [("paid_too_much", 500, "done")]
    assert await shop.state(order_id) is OrderState.DELIVERED
    await assert_sound(shop)


async def test_a_part_that_nobody_is_sure_of_comes_back_to_a_person(shop: Shop) -> None:
    _, trade = await a_stuck_surplus(shop, Mood.DOUBT)
    assert await decide(shop, Verdict.UNKNOWN) is RefundState.IN_DOUBT
    await sweep(shop)
    assert trade.parts_sent_back == []
    assert (await shop.refunds())[0]["try_at"] is None
    await assert_sound(shop)


async def test_a_refused_surplus_is_tried_again(shop: Shop) -> None:
    order = await a_paid_order(shop, await a_stocked_sku(shop), fen=1500)
    shop.bank.will(Call.REFUND, Mood.REFUSES)
    await sweep(shop)
    await decide(shop, Verdict.NOT_SENT)
    await sweep(shop)
    assert await shop.refund_lines() == [("paid_too_much", 500, "done")]
    assert await shop.state(order.order_id) is OrderState.DELIVERED


@pytest.mark.parametrize("verdict", [Verdict.NOT_SENT, Verdict.UNKNOWN])
async def test_an_order_in_exception_goes_on(shop: Shop, verdict: Verdict) -> None:
    order_id, trade = await a_stuck_order(shop, Mood.REFUSES)
    await decide(shop, verdict)
    assert await shop.state(order_id) is OrderState.REFUNDING
    assert (await shop.events(order_id))[-1] == "refund_requested"
    await sweep(shop)
    assert trade.parts_sent_back == [900]
    assert await shop.state(order_id) is OrderState.REFUNDED
    await assert_sound(shop)


async def test_what_was_sent_by_hand_is_closed_without_asking(shop: Shop) -> None:
    order_id, trade = await a_stuck_order(shop, Mood.REFUSES)
    calls = len(shop.bank.calls)
    with pytest.raises(BooksDiffer):
        await decide(shop, Verdict.SENT)
    assert await decide(shop, Verdict.BY_HAND, reason="银行转账 8821") is RefundState.DONE
    assert await shop.state(order_id) is OrderState.REFUNDED
    await sweep(shop)
    assert len(shop.bank.calls) == calls
    assert trade.parts_sent_back == []
    assert await shop.rows("SELECT by_hand FROM refunds") == [{"by_hand": True}]
    await assert_sound(shop)


@pytest.mark.parametrize("verdict", Verdict)
async def test_a_refund_that_is_on_its_way_is_not_decided_about(shop: Shop, verdict: Verdict) -> None:
    order = await a_paid_order(shop, await a_stocked_sku(shop), fen=1500)
    before = await shop.refunds(), await shop.events(order.order_id)
    with pytest.raises(NotNow):
        await decide(shop, verdict)
    assert (await shop.refunds(), await shop.events(order.order_id)) == before
    await sweep(shop)
    with pytest.raises(NotNow):
        await decide(shop, verdict)


async def test_an_unknown_refund_is_missing(shop: Shop) -> None:
    with pytest.raises(RefundMissing):
        await decide(shop, Verdict.SENT)


async def test_a_reason_is_needed(shop: Shop) -> None:
    await a_stuck_surplus(shop, Mood.DOUBT)
    with pytest.raises(InvalidInput):
        await decide(shop, Verdict.SENT, reason=" ")
    assert await shop.refund_lines() == [("paid_too_much", 500, "in_doubt")]


async def two_stuck_parts(shop: Shop, mood: Mood) -> Trade:
    """400 and 300 fen of one payment; nobody knows of either whether it went back."""
    order = await a_paid_order(shop, await a_stocked_sku(shop))
    await reveal(
        db=shop.db, keyring=shop.keyring, rules=shop.guard, ask=RevealAsk(order.order_id, Access.OWNER, ADDRESS)
    )
    for fen in (400, 300):
        async with shop.db.transaction() as tx:
            wish = RefundWish(order.order_id, RefundCause.GOODWILL, "协商", STAFF, amount_fen=fen)
            await ask_refund(tx, rules=RefundRules(), wish=wish)
    shop.bank.will(Call.REFUND, mood, mood)
    await sweep(shop)
    await shop.rows("UPDATE refunds SET state = 'in_doubt', try_at = NULL")
    (trade,) = shop.bank.trades.values()
    return trade


async def test_of_two_parts_the_one_that_is_back_is_not_taken_for_the_other(shop: Shop) -> None:
    """The books show one line of 300: whoever says that it is the part of 400, or sends 300 once more, is stopped."""
    await two_stuck_parts(shop, Mood.DOUBT)
    with pytest.raises(BooksDiffer):
        await decide(shop, Verdict.SENT, returned_fen=300)
    assert await decide(shop, Verdict.NOT_SENT, returned_fen=300) is RefundState.INTENDED
    with pytest.raises(BooksDiffer):
        await decide(shop, Verdict.NOT_SENT, refund_id=2, returned_fen=300)
    assert await decide(shop, Verdict.SENT, refund_id=2, returned_fen=300) is RefundState.DONE
    assert [(row["amount_fen"], row["state"]) for row in await shop.refunds()] == [(400, "intended"), (300, "done")]


async def test_two_people_at_once_do_not_both_find_their_part_in_the_same_line(shop: Shop) -> None:
    await two_stuck_parts(shop, Mood.DOUBT)
    answers = await asyncio.gather(
        *(decide(shop, Verdict.SENT, refund_id=number, returned_fen=400) for number in (1, 2)), return_exceptions=True
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["BooksDiffer", "RefundState"]


async def test_without_the_books_nobody_says_what_stands_in_them(shop: Shop) -> None:
    order_id, _ = await a_stuck_order(shop, Mood.REFUSES)
    for verdict in (Verdict.SENT, Verdict.NOT_SENT):
        with pytest.raises(InvalidInput):
            async with shop.db.transaction() as tx:
                await decide_refund(tx, refund_id=1, finding=Finding(verdict, "看过了"), actor=STAFF)
    assert await shop.state(order_id) is OrderState.EXCEPTION


@pytest.mark.parametrize(
    ("done", "unsure", "returned", "sent", "not_sent"),
    [
        (0, (), 0, False, True),
        (0, (), 500, True, False),
        (0, (), 200, False, True),
        (300, (), 299, False, False),
        (300, (), 800, True, False),
        (0, (500,), 500, True, True),
        (0, (500,), 1000, True, False),
        (0, (200, 300), 500, True, True),
        (100, (200,), 600, True, False),
        (0, (600,), 600, True, True),
    ],
)
def test_what_the_books_of_a_gateway_allow(
    done: int, unsure: tuple[int, ...], returned: int, *, sent: bool, not_sent: bool
) -> None:
    parts = Parts(done, unsure)
    assert parts.allow(returned, 500, is_sent=True) is sent
    assert parts.allow(returned, 500, is_sent=False) is not_sent
