"""The scorecard: what each signal weighs, and where the thresholds lie."""

import pytest
from msgspec.structs import replace

from kameng.risk.scorecard import (
    DEFAULT,
    RULE_NAMES,
    WEIGHTS,
    Listed,
    Rule,
    Scorecard,
    Thresholds,
    Verdict,
    Weight,
    score,
)
from kameng.risk.signals import Signals, signals_of, told

QUIET = Signals(amount_fen=5000, usual_fen=6000, contact_hour=1, network_hour=1, network_newcomers_hour=1, is_new=True)


def test_of_an_ordinary_order_nothing_is_held_against_anybody() -> None:
    found = score(QUIET)
    assert (found.points, found.verdict, found.reasons) == (0, Verdict.LOW, ())


@pytest.mark.parametrize(
    ("changes", "rule", "points"),
    [
        ({"contact_hour": 9}, None, 0),
        ({"contact_hour": 10}, Rule.ORDERS_OF_CONTACT, 10),
        ({"contact_hour": 500}, Rule.ORDERS_OF_CONTACT, 30),
        ({"account_day": 10}, Rule.ORDERS_FOR_ACCOUNT, 30),
        ({"device_newcomers_day": 4}, Rule.NEWCOMERS_OF_DEVICE, 25),
        ({"network_newcomers_hour": 12}, Rule.NEWCOMERS_OF_NETWORK, 50),
        ({"network_newcomers_hour": 12, "is_new": False}, None, 0),
        ({"network_hour": 8, "network_hour_fen": 8000, "amount_fen": 1000}, Rule.SMALL_ONES_OF_NETWORK, 50),
        ({"network_hour": 8, "network_hour_fen": 80_000, "amount_fen": 1000}, None, 0),
        ({"amount_fen": 100_000, "usual_fen": 0}, Rule.NEW_AND_DEAR, 40),
        ({"amount_fen": 100_000, "usual_fen": 0, "is_new": False}, None, 0),
        ({"amount_fen": 100_000, "usual_fen": 0, "is_codes": False}, None, 0),
        ({"amount_fen": 20_000, "usual_fen": 6000}, Rule.UNUSUAL_AMOUNT, 15),
        ({"local_hour": 5}, Rule.NIGHT, 8),
        ({"local_hour": 6}, None, 0),
        ({"dropped": 4}, Rule.DROPPED, 10),
        ({"lookup_failures": 10}, Rule.LOOKUPS, 20),
        ({"refunded": 2}, Rule.REFUNDED, 20),
        ({"disputed": 2}, Rule.DISPUTED, 30),
        ({"settled": 3}, Rule.SETTLED, -10),
        ({"watched": True}, Rule.WATCHED, 50),
        ({"paid_late": True}, Rule.PAID_LATE, 5),
        ({"paid_other_amount": True}, Rule.PAID_OTHER_AMOUNT, 10),
        ({"ways_tried": 4}, Rule.WAYS_TRIED, 20),
    ],
)
def test_each_rule_sees_what_it_says(changes: dict[str, int], rule: Rule | None, points: int) -> None:
    found = score(replace(QUIET, **changes))
    assert [(reason.rule, reason.points) for reason in found.reasons] == ([(rule, points)] if rule else [])
    assert found.points == points


def test_points_add_up_and_the_heaviest_reason_stands_first() -> None:
    found = score(replace(QUIET, watched=True, local_hour=3, settled=12))
    assert [reason.rule for reason in found.reasons] == [Rule.WATCHED, Rule.NIGHT, Rule.SETTLED]
    assert (found.points, found.verdict) == (18, Verdict.LOW)


@pytest.mark.parametrize(
    ("points", "verdict"), [(49, Verdict.LOW), (50, Verdict.MIDDLE), (99, Verdict.MIDDLE), (100, Verdict.HIGH)]
)
def test_thresholds_make_the_verdict(points: int, verdict: Verdict) -> None:
    card = Scorecard({Rule.WATCHED: Weight(1, points)})
    assert score(Signals(watched=True), card).verdict is verdict


def test_a_list_decides_whatever_the_points() -> None:
    worst = replace(QUIET, network_newcomers_hour=100, disputed=9)
    assert score(worst).verdict is Verdict.HIGH
    assert score(worst, listed=Listed.ALLOW).verdict is Verdict.LOW
    assert score(worst, listed=Listed.ALLOW).points == score(worst).points
    assert score(QUIET, listed=Listed.BLOCK).verdict is Verdict.HIGH
    assert score(QUIET, listed=Listed.WATCH).verdict is Verdict.LOW


def test_a_rule_without_points_is_off() -> None:
    card = Scorecard({**WEIGHTS, Rule.NIGHT: Weight(1, 0)}, Thresholds())
    assert score(replace(QUIET, local_hour=3), card).reasons == ()


def test_no_rule_alone_holds_an_honest_first_order_back() -> None:
    """One crowded office, one expensive first order, one bad night: each by itself is anybody's."""
    for changes in ({"network_newcomers_hour": 11}, {"amount_fen": 149_900, "usual_fen": 0}, {"local_hour": 2},
                    {"contact_hour": 1000}, {"dropped": 100}, {"lookup_failures": 1000}):  # fmt: skip
        assert score(replace(QUIET, **changes)).verdict is Verdict.LOW


def test_every_rule_has_a_weight_and_a_name() -> None:
    assert set(DEFAULT.weights) == set(Rule) == set(RULE_NAMES)


def test_signals_survive_being_stored() -> None:
    signals = replace(QUIET, watched=True, local_hour=3)
    assert signals_of(told(signals)) == signals
    assert signals_of({**told(signals), "no_longer_known": 7}) == signals
    assert told(Signals()) == {}
