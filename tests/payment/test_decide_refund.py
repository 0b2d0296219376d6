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
from kameng.tracking.view import view_order
from tests.builders.bank import Call, Mood, Trade
from tests.builders.refunds import request_refund
from tests.builders.shop import ADDRESS, Shop, a_paid_order, a_started_payment, a_stocked_sku, an_order, paid

pytestmark = pytest.mark.anyio

STAFF = Actor(ActorKind.STAFF, "wang")


async def sweep(shop: Shop) -> None:
    await sweep_refunds(db=shop.db, gateways=shop.gateways)


async def decide(
    shop: Shop,
    verdict: Verdict,
    *,
    reason: str = "渠道后台已核对",
    returned_fen: int | None = None,
    outside_fen: int = 0,
    refund_id: int = 1,
) -> RefundState:
    """With the bank's books open, unless something else was read in them."""
    if returned_fen is None and shop.bank.trades:
        (trade,) = shop.bank.trades.values()
        returned_fen = sum(trade.parts_sent_back)
    async with shop.db.transaction() as tx:
        finding = Finding(verdict, reason, returned_fen, outside_fen)
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


async def two_stuck_parts(shop: Shop, *fen: int, state: RefundState = RefundState.IN_DOUBT) -> list[OrderId]:
    """A part of either of two orders that one payment paid; nothing is known of what became of them."""
    goods = await a_stocked_sku(shop)
    orders = [(await an_order(shop, goods, contact=f"1390000{n:04d}")).order_id for n in range(2)]
    await paid(shop, await a_started_payment(shop, *orders))
    for order_id, part_fen in zip(orders, fen, strict=True):
        look = RevealAsk(order_id, Access.OWNER, ADDRESS)
        await reveal(db=shop.db, keyring=shop.keyring, rules=shop.guard, ask=look)
        async with shop.db.transaction() as tx:
            wish = RefundWish(order_id, RefundCause.GOODWILL, "协商", STAFF, amount_fen=part_fen)
            await ask_refund(tx, rules=RefundRules(), wish=wish)
    await shop.rows("UPDATE refunds SET state = $1, try_at = NULL", state)
    return orders


@pytest.mark.parametrize("state", [RefundState.IN_DOUBT, RefundState.REFUSED])
@pytest.mark.parametrize(("not_back", "back"), [(400, 300), (300, 500)])
async def test_the_part_that_is_back_is_not_taken_for_the_other(
    shop: Shop, not_back: int, back: int, state: RefundState
) -> None:
    """Whoever says that it were the other, or sends it once more, is stopped."""
    await two_stuck_parts(shop, not_back, back, state=state)
    with pytest.raises(BooksDiffer):
        await decide(shop, Verdict.SENT, returned_fen=back)
    assert await decide(shop, Verdict.NOT_SENT, returned_fen=back) is RefundState.INTENDED
    with pytest.raises(BooksDiffer):
        await decide(shop, Verdict.NOT_SENT, refund_id=2, returned_fen=back)
    assert await decide(shop, Verdict.SENT, refund_id=2, returned_fen=back) is RefundState.DONE
    assert [(row["amount_fen"], row["state"]) for row in await shop.refunds()] == [
        (not_back, "intended"), (back, "done"),
    ]  # fmt: skip


async def test_what_the_gateway_sent_was_not_paid_by_hand(shop: Shop) -> None:
    await two_stuck_parts(shop, 300, 500)
    with pytest.raises(BooksDiffer):
        await decide(shop, Verdict.BY_HAND, returned_fen=300 + 500 + 1)
    assert await decide(shop, Verdict.BY_HAND, returned_fen=500) is RefundState.DONE
    with pytest.raises(BooksDiffer):
        await decide(shop, Verdict.BY_HAND, refund_id=2, returned_fen=500)
    assert await decide(shop, Verdict.SENT, refund_id=2, returned_fen=500) is RefundState.DONE


async def test_two_people_at_once_do_not_both_find_their_part_in_the_same_line(shop: Shop) -> None:
    await two_stuck_parts(shop, 400, 400)
    people = [asyncio.create_task(decide(shop, Verdict.SENT, refund_id=number, returned_fen=400)) for number in (1, 2)]
    async with shop.db.transaction() as tx:
        # Both wait for their orders, and go on in the same moment.
        await tx.connection.execute("SELECT FROM orders FOR UPDATE")
        await asyncio.sleep(0.2)
    answers = await asyncio.gather(*people, return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["BooksDiffer", "RefundState"]


async def test_what_was_sent_past_us_is_said_so(shop: Shop) -> None:
    order_id, _ = await a_stuck_order(shop, Mood.REFUSES)
    with pytest.raises(BooksDiffer):
        await decide(shop, Verdict.NOT_SENT, returned_fen=100)
    assert await decide(shop, Verdict.NOT_SENT, returned_fen=100, outside_fen=100) is RefundState.INTENDED
    assert await shop.state(order_id) is OrderState.REFUNDING


async def test_without_the_books_nobody_says_what_stands_in_them(shop: Shop) -> None:
    order_id, _ = await a_stuck_order(shop, Mood.REFUSES)
    for verdict in (Verdict.SENT, Verdict.NOT_SENT, Verdict.BY_HAND):
        with pytest.raises(InvalidInput):
            async with shop.db.transaction() as tx:
                await decide_refund(tx, refund_id=1, finding=Finding(verdict, "看过了"), actor=STAFF)
    assert await shop.state(order_id) is OrderState.EXCEPTION


async def test_a_buyer_who_was_paid_by_hand_reads_so(shop: Shop) -> None:
    order_id, _ = await a_stuck_order(shop, Mood.REFUSES)
    await decide(shop, Verdict.BY_HAND, reason="银行转账 8821")
    view = await view_order(db=shop.db, keyring=shop.keyring, order_id=order_id)
    assert "其他方式" in str(view.reading)
    assert "其他方式" in str(view.timeline[-1].words)
    assert view.arrival is None


@pytest.mark.parametrize(
    ("done", "unsure", "explained"),
    [
        (0, (), {0}),
        (300, (), {300}),
        (0, (500,), {0, 500}),
        (100, (200, 300), {100, 300, 400, 600}),
        (0, (200, 200), {0, 200, 400}),
    ],
)
def test_what_other_parts_come_to(done: int, unsure: tuple[int, ...], explained: set[int]) -> None:
    parts = Parts(done, unsure)
    assert {fen for fen in range(-100, 1001) if parts.explain(fen)} == explained
