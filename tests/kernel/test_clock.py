"""Time is aware, in UTC, and goes one way."""

from datetime import UTC, datetime, timedelta

import pytest

from kameng.kernel.clock import SHANGHAI, SystemClock, VirtualClock


def test_the_systems_time_is_utc() -> None:
    assert SystemClock().now().tzinfo is UTC


def test_a_virtual_clock_stands_still_until_told(clock: VirtualClock) -> None:
    before = clock.now()
    assert clock.now() == before
    clock.go_on(timedelta(minutes=15))
    assert clock.now() - before == timedelta(minutes=15)


def test_time_does_not_run_backwards(clock: VirtualClock) -> None:
    before = clock.now()
    with pytest.raises(AssertionError, match="backwards"):
        clock.go_on(timedelta(seconds=-1))
    assert clock.now() == before


def test_shanghai_is_eight_hours_ahead_all_year() -> None:
    for month in (1, 7):
        assert datetime(2026, month, 1, tzinfo=SHANGHAI).utcoffset() == timedelta(hours=8)
