"""The radar on flows whose truth is known: seldom wrong, soon right, and exact about the place."""

from statistics import median

import pytest

from benchmarks.radar import OUTAGES, Flow, Outage, detection, false_alarms
from kameng.radar.radar import SILENT_AFTER, Radar, Sign
from kameng.supply.troubles import Place, TroubleKind

SUPPLIER, MOBILE, GUANGDONG = Place(1), Place(1, "移动"), Place(1, "移动", "广东")

#: Orders until the alarm, at most, for half of the troubles of each kind.
SOON = {
    "everything fails at one supplier": 10,
    "half fails at one supplier": 25,
    "a quarter fails at one supplier": 80,
    "everything fails for one operator": 10,
    "everything fails for an operator in a province": 10,
    "calls are not answered": 10,
    "every third call is not answered": 35,
    "nothing arrives in time": 15,
    "half is late": 30,
}


@pytest.mark.slow
def test_it_is_seldom_wrong() -> None:
    assert sum(false_alarms(40_000, seed=7).values()) <= 1


@pytest.mark.slow
@pytest.mark.parametrize("outage", OUTAGES, ids=lambda outage: outage.name)
def test_it_is_soon_right(outage: Outage) -> None:
    found = [detection(outage, seed) for seed in range(6)]
    assert median(one.orders if one.orders is not None else 2000 for one in found) <= SOON[outage.name]
    assert sum(one.exact for one in found) >= 4


def test_all_that_is_usual_stays_usual() -> None:
    flow = Flow("usual")
    alarms = [alarm for _ in range(3000) for alarm in flow.order()[1]]
    assert alarms == []


def _feed(radar: Radar, place: Place, sign: Sign, times: int, *, bad: bool) -> list[Place]:
    alarms = (radar.feed(place, sign, bad=bad) for _ in range(times))
    return [alarm.place for alarm in alarms if alarm is not None]


def test_the_narrowest_place_that_explains_it_is_named() -> None:
    radar = Radar({})
    for province in ("广东", "浙江", "四川"):
        for operator in ("移动", "联通"):
            assert _feed(radar, Place(1, operator, province), Sign.OUTCOME, 300, bad=False) == []
    assert _feed(radar, GUANGDONG, Sign.OUTCOME, 10, bad=True) == [GUANGDONG]
    turns = [Place(1, "移动", province) for province in ("广东", "浙江", "四川", "湖南")] * 4
    assert [place for turn in turns for place in _feed(radar, turn, Sign.OUTCOME, 1, bad=True)][:1] == [MOBILE]
    mixed = [Place(1, operator, province) for operator in ("移动", "联通", "电信") for province in ("广东", "浙江")] * 4
    assert SUPPLIER in [place for turn in mixed for place in _feed(radar, turn, Sign.OUTCOME, 1, bad=True)]


def test_a_product_without_operators_is_watched_as_a_whole() -> None:
    radar = Radar({})
    _feed(radar, SUPPLIER, Sign.OUTCOME, 200, bad=False)
    assert _feed(radar, SUPPLIER, Sign.OUTCOME, 12, bad=True) == [SUPPLIER]


def test_a_trouble_is_not_learned_as_usual() -> None:
    radar = Radar({})
    _feed(radar, SUPPLIER, Sign.OUTCOME, 500, bad=False)
    assert len(_feed(radar, SUPPLIER, Sign.OUTCOME, 60, bad=True)) >= 3, "it is told again and again"


def test_a_supplier_that_always_fails_now_and_then_is_taken_as_it_is() -> None:
    radar = Radar({})
    alarms = [alarm for n in range(4000) if (alarm := radar.feed(SUPPLIER, Sign.OUTCOME, bad=n % 8 == 0)) is not None]
    assert len(alarms) <= 2, "an eighth fails: that is learned after a word or two"


def test_late_is_slow_and_nothing_at_all_is_silent() -> None:
    radar = Radar({})
    _feed(radar, SUPPLIER, Sign.TIMELY, 300, bad=False)
    kinds = [alarm.kind for _ in range(20) if (alarm := radar.feed(SUPPLIER, Sign.TIMELY, bad=True)) is not None]
    assert kinds[0] is TroubleKind.SILENT
    slow = Radar({})
    _feed(slow, SUPPLIER, Sign.TIMELY, 300, bad=False)
    kinds = []
    for n in range(40):
        alarm = slow.feed(SUPPLIER, Sign.TIMELY, bad=True)
        if n % (SILENT_AFTER - 1) == 0:
            slow.arrived_late(SUPPLIER)
        kinds += [alarm.kind] if alarm is not None else []
    assert kinds[0] is TroubleKind.SLOW
