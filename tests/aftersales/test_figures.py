"""Public figures are measured: from cases, by the promises that were made in them."""

from datetime import timedelta

import pytest

from kameng.aftersales.case import CaseKind
from kameng.aftersales.figures import read_figures
from kameng.aftersales.open_case import open_case
from kameng.aftersales.withdraw_case import withdraw_case
from tests.builders.cases import CaseDesk, a_case_desk
from tests.builders.shop import Shop

pytestmark = pytest.mark.anyio


async def again(desk: CaseDesk) -> None:
    opened = await open_case(db=desk.shop.db, rules=desk.rules, order_id=desk.order_id, kind=CaseKind.OTHER)
    desk.case = opened.case


async def test_with_nothing_measured_nothing_is_claimed(shop: Shop) -> None:
    figures = await read_figures(shop.db)
    assert (figures.cases, figures.answer_median, figures.answered_percent, figures.solved_percent) == (
        0, None, None, None,
    )  # fmt: skip


async def test_medians_and_shares_are_those_of_the_cases(shop: Shop) -> None:
    desk = await a_case_desk(shop)
    for minutes in (10, 20, 90):
        shop.clock.go_on(timedelta(minutes=minutes))
        await desk.solve()
        await desk.confirm(is_solved=True)
        shop.clock.go_on(timedelta(days=1))
        await again(desk)
    figures = await read_figures(shop.db)
    # The fourth is not answered and still in time.
    assert (figures.cases, figures.answer_median) == (3, timedelta(minutes=20))
    assert (figures.answered_percent, figures.solved_percent) == (66, 100)
    shop.clock.go_on(timedelta(hours=1))
    assert (await read_figures(shop.db)).answered_percent == 50


async def test_what_had_to_be_solved_twice_was_not_solved_in_time(shop: Shop) -> None:
    desk = await a_case_desk(shop)
    await desk.solve()
    await desk.confirm(is_solved=False, words="没有")
    await desk.solve()
    figures = await read_figures(shop.db)
    assert (figures.answered_percent, figures.solved_percent) == (100, 0)


async def test_a_case_taken_back_before_its_answer_was_due_says_nothing(shop: Shop) -> None:
    desk = await a_case_desk(shop)
    await withdraw_case(db=shop.db, rules=desk.rules, order_id=desk.order_id)
    shop.clock.go_on(timedelta(hours=2))
    assert (await read_figures(shop.db)).cases == 0


async def test_what_is_older_than_a_month_is_forgotten(shop: Shop) -> None:
    desk = await a_case_desk(shop)
    await desk.solve()
    shop.clock.go_on(timedelta(days=31))
    assert (await read_figures(shop.db)).cases == 0
