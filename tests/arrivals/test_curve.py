"""Curves of arrival: what they say of histories whose truth is known, and of next to nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.arrivals import SHAPES, Shape, coverage
from kameng.arrivals.curve import (
    EDGES,
    SPANS,
    UNKNOWN,
    Curve,
    Remaining,
    Tally,
    curve_of,
    learn,
    remaining_of_all,
    span_of,
)
from kameng.arrivals.kinds import End, Kind, Seen, kind_of, learn_curves, nearest

NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
COVERED = (0.93, 0.97)


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_of_a_hundred_deliveries_ninety_three_to_ninety_seven_arrive_by_the_named_time(shape: Shape) -> None:
    told = coverage(replace(shape, ahead=2 * shape.ahead), range(4), looks=8)
    assert told.asked > 300
    assert COVERED[0] <= told.p95 <= COVERED[1], told
    assert 0.9 <= told.p95_again <= 0.99, told
    assert 0.42 <= told.median <= 0.58, told


def _curve(*seconds: float, running: tuple[float, ...] = ()) -> Curve:
    tally = Tally()
    for one in seconds:
        tally.delivered[span_of(one)] += 1
    for one in running:
        tally.running[span_of(one)] += 1
    return curve_of(learn(tally, UNKNOWN), tally.seen)


@given(st.lists(st.floats(0, 2e5), max_size=60), st.lists(st.floats(0, 2e5), max_size=20), st.floats(0, 3e5))
def test_a_curve_only_rises_and_ends_at_one(delivered: list[float], running: list[float], elapsed: float) -> None:
    curve = _curve(*delivered, running=tuple(running))
    assert len(curve.arrived) == SPANS
    assert all(a <= b for a, b in pairwise(curve.arrived))
    assert curve.arrived[-1] == pytest.approx(1)
    middle, latest = curve.remaining(elapsed, 0.5), curve.remaining(elapsed, 0.95)
    assert (middle is None) == (latest is None)
    assert middle is None or latest is None or 0 <= middle <= latest


@given(st.floats(0.5, 3600))
def test_the_share_of_a_time_and_the_time_of_a_share_agree(seconds: float) -> None:
    curve = _curve(30, 60, 90, 600)
    assert curve.after(curve.share(seconds)) == pytest.approx(seconds, rel=1e-4)


def test_what_still_runs_counts_for_as_long_as_it_has_run() -> None:
    settled_only = _curve(*[60.0] * 20)
    with_running = _curve(*[60.0] * 20, running=(3000.0,) * 20)
    assert with_running.after(0.95) > 10 * settled_only.after(0.95)
    assert with_running.after(0.2) < 120, "it says nothing of the time before"


def test_the_longer_it_takes_the_later_it_is_expected() -> None:
    curve = _curve(*[60.0] * 70, *[1200.0] * 30)
    at_first, later = curve.remaining(0, 0.5), curve.remaining(300, 0.5)
    assert at_first is not None
    assert later is not None
    assert at_first < 90
    assert later > 600, "whoever is not there after five minutes is one of the slow ones"
    assert Remaining(curve, 5000).is_late
    assert not Remaining(curve, 100).is_late


def test_beyond_everything_that_was_seen_nothing_is_promised() -> None:
    curve = _curve(*[60.0] * 5000)
    assert curve.remaining(EDGES[-1], 0.5) is None
    assert remaining_of_all([Remaining(curve, 0), Remaining(curve, EDGES[-1])], 0.5) is None


def test_all_parts_are_there_later_than_each_of_them() -> None:
    curve = _curve(*[30.0, 60.0, 120.0, 240.0] * 20)
    one, three = (remaining_of_all([Remaining(curve, 0)] * n, 0.5) for n in (1, 3))
    assert one is not None
    assert three is not None
    assert three > 1.5 * one


def _seen(supplier_id: int, seconds: float, count: int, *, operator: str = "", hours_ago: int = 1) -> Seen:
    begun = (NOW - timedelta(hours=hours_ago)).replace(minute=0)
    return Seen(1, supplier_id, operator, begun, End.DELIVERED, span_of(seconds), count)


def test_a_kind_of_which_little_is_known_is_told_by_the_one_above() -> None:
    curves = learn_curves(
        [_seen(1, 60, 200, operator="移动"), _seen(1, 60, 10, operator="联通"), _seen(2, 600, 100)],
        now=NOW,
    )
    known = kind_of(product_id=1, supplier_id=1, operator="移动", begun=NOW)
    little = kind_of(product_id=1, supplier_id=1, operator="联通", begun=NOW)
    nothing = kind_of(product_id=1, supplier_id=3, operator="联通", begun=NOW)
    assert known._replace(hour=-1) in curves
    assert little._replace(hour=-1) not in curves
    assert nearest(little, curves) == curves[Kind(1, 1)]
    assert nearest(nothing, curves) == curves[Kind(1)]
    assert nearest(Kind(9, 9, "电信", 3), curves) == curves[Kind()]


def test_a_few_deliveries_already_tell_the_pace() -> None:
    curves = learn_curves([_seen(1, 60, 500), _seen(2, 600, 15)], now=NOW)
    assert 300 < curves[Kind(1, 2)].curve.after(0.5) < 900
    assert 40 < curves[Kind(1, 1)].curve.after(0.5) < 90


def test_with_nothing_seen_there_is_nothing_to_fall_back_on() -> None:
    assert learn_curves([], now=NOW) == {}
    assert nearest(Kind(1, 1), {}) is None
