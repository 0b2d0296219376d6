"""The promises run, stand still while the buyer is waited for, are warned of, broken, told of; and every case ends."""

from datetime import timedelta

import pytest

from kameng.aftersales.answer_case import Then
from kameng.aftersales.case import CaseRules, CaseState, Clock, Outcome
from kameng.aftersales.watch_cases import watch_cases
from kameng.orders.number import printed
from tests.builders.cases import CaseDesk, a_case_desk
from tests.builders.shop import Shop

pytestmark = pytest.mark.anyio

FACTS = "SELECT subject, facts, times FROM alarms WHERE kind = 'case_overdue'"


async def test_nothing_is_told_before_its_time(shop: Shop) -> None:
    desk = await a_case_desk(shop)
    await desk.wait(minutes=44)
    assert await desk.story() == ["opened"]
    assert await watch_cases(db=shop.db, rules=desk.rules) == 0


async def test_an_answer_that_is_late_is_warned_of_then_told(shop: Shop) -> None:
    desk = await a_case_desk(shop)
    case = await desk.wait(minutes=45)
    assert (case.warned_at, case.missed_at) == (shop.clock.now(), None)
    case = await desk.wait(minutes=15)
    assert (case.missed_at, case.escalations, case.state) == (shop.clock.now(), 1, CaseState.OPEN)
    assert await desk.story() == ["opened", "warned", "escalated"]
    (alarm,) = await shop.rows(FACTS)
    assert alarm["subject"] == f"case:{desk.case.id}"
    assert alarm["facts"] == {"order_no": printed(desk.order_id), "promise": "answer", "minutes_late": 0}


async def test_a_broken_promise_is_told_of_again_until_it_is_kept(shop: Shop) -> None:
    desk = await a_case_desk(shop)
    case = await desk.wait(hours=4)
    assert case.escalations == 4
    (alarm,) = await shop.rows(FACTS)
    assert alarm["times"] == 4
    case = await desk.answer()
    assert (case.due_for, case.missed_at) == (Clock.SOLUTION, None)
    # The solution was promised two hours ago by then.
    assert (await desk.wait(minutes=1)).escalations == 5
    await desk.solve()
    assert (await desk.wait(hours=10)).escalations == 5


async def test_an_answer_in_time_leaves_the_solution_on_the_clock(shop: Shop) -> None:
    desk = await a_case_desk(shop)
    await desk.wait(minutes=50)
    case = await desk.answer()
    assert (case.state, case.due_for, case.due_at, case.warned_at) == (
        CaseState.ANSWERED, Clock.SOLUTION, desk.case.solve_by, None,
    )  # fmt: skip
    assert (await desk.wait(minutes=40)).warned_at == shop.clock.now()
    assert (await desk.wait(minutes=30)).escalations == 1


async def test_the_clock_stands_still_while_the_buyer_is_waited_for(shop: Shop) -> None:
    desk = await a_case_desk(shop)
    await desk.wait(minutes=30)
    case = await desk.answer(then=Then.BUYER)
    assert (case.due_at, case.close_at) == (None, shop.clock.now() + timedelta(hours=72))
    await desk.wait(hours=10)
    case = await desk.buyer_writes()
    assert (case.state, case.due_at, case.close_at) == (
        CaseState.ANSWERED, desk.case.solve_by + timedelta(hours=10), None,
    )  # fmt: skip
    assert await shop.alarms() == []


async def test_asking_the_buyer_again_gives_the_whole_time_again(shop: Shop) -> None:
    desk = await a_case_desk(shop)
    await desk.answer(then=Then.BUYER)
    await desk.wait(hours=1)
    case = await desk.answer("还在吗", then=Then.BUYER)
    assert case.close_at == shop.clock.now() + desk.rules.closes_after
    await desk.wait(hours=1)
    case = await desk.buyer_writes()
    assert case.due_at == desk.case.solve_by + timedelta(hours=2)


async def test_while_the_supplier_is_waited_for_it_runs(shop: Shop) -> None:
    desk = await a_case_desk(shop)
    case = await desk.answer("已向供货方核实", then=Then.SUPPLIER)
    assert (case.state, case.due_at) == (CaseState.WAITING_FOR_SUPPLIER, desk.case.solve_by)
    assert (await desk.buyer_writes()).state is CaseState.WAITING_FOR_SUPPLIER
    assert (await desk.wait(hours=2)).escalations == 1


async def test_a_buyer_who_says_nothing_more_is_not_waited_for_for_ever(shop: Shop) -> None:
    desk = await a_case_desk(shop, rules=CaseRules(closes_after=timedelta(hours=1)))
    await desk.answer(then=Then.BUYER)
    case = await desk.wait(minutes=59)
    assert case.state is CaseState.WAITING_FOR_BUYER
    case = await desk.wait(minutes=1)
    assert (case.state, case.outcome, case.closed_at) == (CaseState.CLOSED, Outcome.WITHDRAWN, shop.clock.now())
    assert (await desk.story())[-1] == "went_quiet"


async def test_what_nobody_denies_is_taken_as_solved(shop: Shop) -> None:
    desk = await a_case_desk(shop, rules=CaseRules(closes_after=timedelta(hours=1)))
    await desk.solve()
    case = await desk.wait(hours=1)
    assert (case.state, case.outcome, case.look_at) == (CaseState.CLOSED, Outcome.ANSWERED, None)
    assert (await desk.story())[-1] == "taken_as_solved"


async def test_settings_changed_meanwhile_break_no_promise(shop: Shop) -> None:
    desk = await a_case_desk(shop)
    desk.rules = CaseRules(answer_within=timedelta(minutes=10), solve_within=timedelta(minutes=10))
    case = await desk.wait(minutes=50)
    assert (case.escalations, case.due_at) == (0, desk.case.answer_by)


async def _as_opened(desk: CaseDesk) -> None:
    """Nothing is done to it."""


async def _answered(desk: CaseDesk) -> None:
    await desk.answer()


async def _asked_supplier(desk: CaseDesk) -> None:
    await desk.answer(then=Then.SUPPLIER)


async def _reopened(desk: CaseDesk) -> None:
    await desk.solve()
    await desk.confirm(is_solved=False, words="没有")


@pytest.mark.parametrize("brought_about", [_as_opened, _answered, _asked_supplier, _reopened])
async def test_in_no_state_is_a_case_forgotten(shop: Shop, brought_about: object) -> None:
    """Where it is ours to move, somebody is told within the time that was promised, and again after it."""
    assert callable(brought_about)
    desk = await a_case_desk(shop)
    await brought_about(desk)
    for tolled in (1, 2):
        case = await desk.wait(hours=2)
        assert case.look_at is not None
        assert case.escalations >= tolled
