"""A tail with a day or an amount, as it is typed."""

from datetime import UTC, datetime, timedelta

import pytest

from kameng.desk.tail_window import TailWindow, tail_window_of

#: Half past two in the afternoon in Shanghai.
NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)


def midnight(month: int, day: int, year: int = 2026) -> datetime:
    """In Shanghai."""
    return datetime(year, month, day, tzinfo=UTC) - timedelta(hours=8)


@pytest.mark.parametrize("typed", ["8000 11-22", "８０００　11月22日", "8000 2026-11-22", "8000 今天", " 8000  11/22 "])
def test_a_day_is_one_day(typed: str) -> None:
    assert tail_window_of(typed, now=NOW) == TailWindow("8000", midnight(11, 22), midnight(11, 23), None)


def test_without_a_year_it_is_the_last_one_there_was() -> None:
    assert tail_window_of("8000 12-24", now=NOW) == TailWindow(
        "8000", midnight(12, 24, 2025), midnight(12, 25, 2025), None
    )


@pytest.mark.parametrize("typed", ["8000 49.9", "8000 ¥49.90", "8000 49.9元"])
def test_with_an_amount_alone_it_was_yesterday_or_today(typed: str) -> None:
    assert tail_window_of(typed, now=NOW) == TailWindow("8000", midnight(11, 21), midnight(11, 23), 4990)


def test_both_in_any_order() -> None:
    wanted = TailWindow("8000", midnight(11, 20), midnight(11, 21), 5000)
    assert tail_window_of("8000 11-20 50", now=NOW) == wanted
    assert tail_window_of("8000 50元 11-20", now=NOW) == wanted


@pytest.mark.parametrize(
    "typed", ["", "8000", "80000 11-22", "800 11-22", "8000 13-40", "8000 x", "8000 11-22 50 1", "8000 11-22 11-23"]
)
def test_all_else_is_no_window(typed: str) -> None:
    assert tail_window_of(typed, now=NOW) is None
