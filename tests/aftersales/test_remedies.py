"""Money back or goods once more for a case: begun by staff, followed to the end, told to the buyer; never both for one
piece."""

import asyncio

import pytest

from kameng.aftersales.answer_case import AnsweredMeanwhile
from kameng.aftersales.case import CaseKind, CaseMoved, CaseState, Outcome
from kameng.aftersales.confirm_case import confirm_case
from kameng.aftersales.follow_remedies import follow_remedies
from kameng.aftersales.remedy import RemedyUnderWay
from kameng.kernel.errors import InvalidInput
from kameng.orders.lifecycle import OrderState
from kameng.payment.approve_refund import approve_refund
from kameng.payment.ask_refund import RefundWish, ReplacedBefore, ask_refund
from kameng.payment.attempt import RefundCause
from kameng.payment.decline_refund import decline_refund
from kameng.payment.refund import NotNow
from kameng.payment.request import RefundRequest
from kameng.resubmission.apply import Application, apply
from kameng.resubmission.put_right import MoneyGoesBack, NothingToPutRight
from kameng.resubmission.resubmission import Kind, ResubmissionState
from tests.builders.cases import a_case_desk
from tests.builders.remedies import (
    AN,
    ASKING,
    AT_ONCE,
    BOSS,
    a_desk,
    a_read_case,
    follow,
    read,
    refunded,
    replaced,
    stages,
)
from tests.builders.resubmitting import a_part, assert_sound, tapped
from tests.builders.shop import Shop, stock_up

pytestmark = pytest.mark.anyio


async def test_a_refund_is_followed_until_the_money_is_back_and_the_buyer_is_asked(shop: Shop) -> None:
    desk = await a_read_case(shop)
    case, request = await refunded(desk)
    assert (case.state, case.owner_id, case.first_answered_at) == (CaseState.ANSWERED, desk.an.id, shop.clock.now())
    assert await stages(desk) == ["sending"]
    case = await follow(desk)
    assert (case.state, case.outcome) == (CaseState.SOLVED, Outcome.REFUNDED)
    assert await stages(desk) == ["done"]
    assert await shop.state(desk.order_id) is OrderState.REFUNDED
    assert (await desk.story())[1:] == ["staff_wrote", "remedy_moved", "solved"]
    (row,) = await shop.rows("SELECT reference FROM refund_requests WHERE id = $1", request.id)
    assert row["reference"] == f"case:{case.id}"
    case = await confirm_case(**desk.tools(), order_id=desk.order_id, is_solved=True)
    assert case.state is CaseState.CLOSED
    await assert_sound(shop)


async def test_a_part_above_the_limit_waits_for_others_and_is_told_step_by_step(shop: Shop) -> None:
    desk = await a_read_case(shop)
    _, request = await refunded(desk, 300, limits=ASKING)
    assert (await follow(desk)).state is CaseState.ANSWERED
    assert await stages(desk) == ["waiting"]
    async with shop.db.transaction() as tx:
        await approve_refund(tx, request_id=request.id, approver=BOSS, reason="同意")
    while await follow_remedies(db=shop.db, rules=desk.rules):
        pass
    assert await stages(desk) == ["sending"]
    case = await follow(desk)
    assert (case.state, case.outcome) == (CaseState.SOLVED, Outcome.REFUNDED_PART)
    await assert_sound(shop)


async def test_what_is_not_agreed_to_leaves_the_case_with_us(shop: Shop) -> None:
    desk = await a_read_case(shop)
    _, request = await refunded(desk, limits=ASKING)
    with pytest.raises(RemedyUnderWay):
        await replaced(desk)
    async with shop.db.transaction() as tx:
        await decline_refund(tx, request_id=request.id, decider=BOSS, reason="卡密有效")
    case = await follow(desk)
    assert (case.state, case.outcome, await stages(desk)) == (CaseState.ANSWERED, None, ["declined"])
    assert case.due_at is not None
    await replaced(desk)
    assert (await follow(desk)).outcome is Outcome.REPLACED


async def test_a_replacement_is_there_at_once_and_the_buyer_is_asked(shop: Shop) -> None:
    desk = await a_read_case(shop)
    (before,) = await read(shop, desk.order_id)
    await replaced(desk)
    case = await follow(desk)
    assert (case.state, case.outcome, await stages(desk)) == (CaseState.SOLVED, Outcome.REPLACED, ["done"])
    (after,) = await read(shop, desk.order_id)
    assert after != before
    await assert_sound(shop)


async def test_codes_of_a_confirmed_order_can_still_be_exchanged_by_a_person(shop: Shop) -> None:
    desk = await a_read_case(shop)
    await shop.rows("UPDATE orders SET state = 'completed' WHERE id = $1", desk.order_id)
    await replaced(desk)
    assert await shop.state(desk.order_id) is OrderState.DELIVERED


async def test_the_rest_of_a_part_is_delivered_for_a_case(shop: Shop) -> None:
    bench = await a_part(shop)
    desk = await a_case_desk(shop, kind=CaseKind.NOT_ARRIVED, order_id=bench.order_id)
    await stock_up(shop, bench.goods.sku_id, ["OURS1"])
    await replaced(desk)
    assert (await follow(desk)).outcome is Outcome.REPLACED
    assert await bench.state() is OrderState.DELIVERED
    await assert_sound(shop)


async def test_of_what_was_not_read_nothing_is_exchanged(shop: Shop) -> None:
    desk = await a_case_desk(shop)
    with pytest.raises(NothingToPutRight):
        await replaced(desk)
    assert (await desk.story(), await stages(desk)) == (["opened"], [])


async def test_who_has_not_read_a_colleagues_words_begins_nothing(shop: Shop) -> None:
    desk = await a_read_case(shop)
    await desk.answer(by=desk.bo)
    with pytest.raises(AnsweredMeanwhile):
        await refunded(desk, seen=0)
    await desk.solve()
    with pytest.raises(CaseMoved):
        await refunded(desk)
    assert await shop.refunds() == []


async def test_words_for_the_buyer_are_needed_or_nothing_happens(shop: Shop) -> None:
    desk = await a_read_case(shop)
    with pytest.raises(InvalidInput):
        await refunded(desk, words=" ")
    assert await shop.refunds() == []
    assert await shop.rows("SELECT id FROM refund_requests") == []


async def test_no_piece_is_paid_back_and_then_exchanged(shop: Shop) -> None:
    desk = await a_read_case(shop)
    wish = RefundWish(desk.order_id, RefundCause.GOODS_FAULTY, "坏了", AN, amount_fen=300)
    async with shop.db.transaction() as tx:
        await ask_refund(tx, rules=ASKING, wish=wish)
    with pytest.raises(MoneyGoesBack):
        await replaced(desk)
    one = await apply(a_desk(shop), Application(desk.order_id, Kind.REPLACE_CODE, is_owner=True))
    assert one.state is ResubmissionState.DECLINED
    assert "replaced" not in [row["state"] for row in await shop.rows("SELECT state FROM cards")]


async def test_a_kindness_takes_no_piece_away(shop: Shop) -> None:
    desk = await a_read_case(shop)
    await refunded(desk, 100, cause=RefundCause.GOODWILL)
    await follow(desk)
    await desk.confirm(is_solved=False, words="还是不行")
    await replaced(desk)
    assert (await follow(desk)).outcome is Outcome.REPLACED


async def test_no_piece_is_exchanged_and_then_paid_back_unless_somebody_means_it(shop: Shop) -> None:
    desk = await a_read_case(shop)
    await replaced(desk)
    await follow(desk)
    await desk.confirm(is_solved=False, words="新的也不行")
    with pytest.raises(ReplacedBefore):
        await refunded(desk)
    assert await shop.refunds() == []
    await refunded(desk, replaced=1)
    assert (await follow(desk)).outcome is Outcome.REFUNDED


async def test_what_was_seen_of_the_order_must_still_be_so(shop: Shop) -> None:
    desk = await a_read_case(shop)
    with pytest.raises(NotNow):
        await refunded(desk, order_state=OrderState.EXCEPTION)
    with pytest.raises(NotNow):
        await refunded(desk, left_fen=1)
    assert await shop.refunds() == []


@pytest.mark.races
async def test_refund_and_replacement_at_once_are_one_of_them(shop: Shop) -> None:
    for n in range(4):
        # Whoever had much refunded would have to prove the next order.
        desk = await a_read_case(shop, contact=f"1390000{n:04d}")
        rows = await shop.rows("SELECT count(*) AS n FROM cards WHERE state = 'replaced'")
        wish = RefundWish(desk.order_id, RefundCause.GOODS_FAULTY, "坏了", BOSS)

        async def from_the_orders_page(wish: RefundWish = wish) -> RefundRequest:
            async with shop.db.transaction() as tx:
                return await ask_refund(tx, rules=AT_ONCE, wish=wish)

        answers = await asyncio.gather(
            replaced(desk), refunded(desk), from_the_orders_page(),
            tapped(a_desk(shop), desk.order_id, Kind.REPLACE_CODE), return_exceptions=True,
        )  # fmt: skip
        after = await shop.rows("SELECT count(*) AS n FROM cards WHERE state = 'replaced'")
        was_replaced = after[0]["n"] != rows[0]["n"]
        back = await shop.rows("SELECT id FROM refunds WHERE order_id = $1", desk.order_id)
        assert was_replaced != bool(back), answers
        await follow(desk)
        await assert_sound(shop)
        await shop.rows("UPDATE staff SET login = login || '-' || id")
