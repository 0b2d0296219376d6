"""Two hands on one case: of what can't both be, one happens and the other is told."""

import asyncio
from datetime import timedelta

import pytest

from kameng.aftersales.answer_case import AnsweredMeanwhile, StaffAnswer, answer_case
from kameng.aftersales.case import Case, CaseKind, CaseMoved, CaseRules, CaseState
from kameng.aftersales.open_case import OpenedCase, open_case
from kameng.aftersales.take_case import TakenByAnother, Taking, take_case
from kameng.aftersales.watch_cases import watch_cases
from tests.builders.cases import CaseDesk, a_case_desk
from tests.builders.shop import Shop, a_paid_order, a_stocked_sku

pytestmark = [pytest.mark.anyio, pytest.mark.races]


async def test_five_taps_at_once_open_one_case(shop: Shop) -> None:
    order = await a_paid_order(shop, await a_stocked_sku(shop))

    async def tap(kind: CaseKind) -> OpenedCase:
        return await open_case(db=shop.db, rules=CaseRules(), order_id=order.order_id, kind=kind)

    opened = await asyncio.gather(*(tap(kind) for kind in CaseKind))
    assert len({one.case.id for one in opened}) == 1
    assert [one.is_new for one in opened].count(True) == 1
    assert len(await shop.rows("SELECT 1 FROM case_events")) == 1


async def test_of_two_staff_who_take_it_at_once_one_has_it(shop: Shop) -> None:
    desk = await a_case_desk(shop)
    taken = await asyncio.gather(
        *(take_case(db=shop.db, taking=Taking(desk.case.id, one, one.id, None)) for one in (desk.an, desk.bo)),
        return_exceptions=True,
    )
    assert [type(one) for one in taken if isinstance(one, Exception)] == [TakenByAnother]
    assert (await desk.story()).count("taken") == 1
    (winner,) = [one.owner_id for one in taken if isinstance(one, Case)]
    assert (await desk.now()).owner_id == winner


async def test_of_two_staff_who_answer_at_once_one_is_told_to_read(shop: Shop) -> None:
    desk = await a_case_desk(shop)
    answers = [StaffAnswer(desk.case.id, one, "您好", seen=0) for one in (desk.an, desk.bo)]
    said = await asyncio.gather(
        *(answer_case(**desk.tools(), answer=answer) for answer in answers), return_exceptions=True
    )
    assert [type(one) for one in said if isinstance(one, Exception)] == [AnsweredMeanwhile]
    assert len((await desk.file()).messages) == 1


@pytest.mark.parametrize("_round", range(8))
async def test_the_buyers_no_and_the_closing_by_itself(shop: Shop, _round: int) -> None:
    desk = await _solved_long_ago(shop)
    said, _ = await asyncio.gather(
        desk.confirm(is_solved=False, words="没有解决"), watch_cases(db=shop.db, rules=desk.rules),
        return_exceptions=True,
    )  # fmt: skip
    state = (await desk.now()).state
    if isinstance(said, CaseMoved):
        assert state is CaseState.CLOSED
        assert len((await desk.file()).messages) == 1
    else:
        assert state is CaseState.REOPENED
        assert "taken_as_solved" not in await desk.story()


async def test_the_buyers_yes_and_no_at_once(shop: Shop) -> None:
    desk = await _solved_long_ago(shop)
    said = await asyncio.gather(
        desk.confirm(is_solved=True), desk.confirm(is_solved=False, words="没有"), return_exceptions=True
    )
    assert [type(one) for one in said if isinstance(one, Exception)] == [CaseMoved]
    assert len(await desk.story()) == 3


async def test_several_workers_tell_of_a_broken_promise_once(shop: Shop) -> None:
    desk = await a_case_desk(shop)
    shop.clock.go_on(timedelta(hours=1))
    await asyncio.gather(*(watch_cases(db=shop.db, rules=desk.rules) for _ in range(6)))
    assert (await desk.now()).escalations == 1
    assert (await desk.story()).count("escalated") == 1


async def _solved_long_ago(shop: Shop) -> CaseDesk:
    desk = await a_case_desk(shop)
    await desk.solve()
    shop.clock.go_on(desk.rules.closes_after)
    return desk
