"""Kinds of deliveries, from the most special to all of them, and the curves of each. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from kameng.arrivals.curve import SPANS, UNKNOWN, Curve, Rates, Tally, curve_of, learn, pace
from kameng.kernel.clock import SHANGHAI

#: A kind with fewer deliveries of its own (old ones counted less) has no curve of its own.
SEEN_MIN = 12.0
#: How far back a kind remembers, in hours: what is this old counts half; the shortest that leaves enough to learn from.
HALF_LIVES_H = (3.0, 6.0, 12.0, 24.0, 48.0, 96.0, 168.0)
ENOUGH = 250.0
#: Spans of pace by which hours of the day commonly differ: a third.
HOURS_SPREAD = 2.5


class Kind(NamedTuple):
    """Which deliveries. 0, '' and -1 stand for all; `hour` of the day in Asia/Shanghai."""

    product_id: int = 0
    supplier_id: int = 0
    operator: str = ""
    hour: int = -1

    def above(self) -> "Iterator[Kind]":
        """The kinds to fall back on, the nearest first."""
        if self.hour != -1:
            yield Kind(self.product_id, self.supplier_id, self.operator)
        if self.operator:
            yield Kind(self.product_id, self.supplier_id)
        if self.supplier_id and self.product_id:
            yield Kind(0, self.supplier_id)
            yield Kind(self.product_id)
        if self.supplier_id or self.product_id:
            yield Kind()

    def with_above(self) -> "tuple[Kind, ...]":
        return (self, *self.above())


class End(StrEnum):
    DELIVERED = "delivered"
    FAILED = "failed"
    RUNNING = "running"


class Seen(NamedTuple):
    """So many attempts of a kind, begun in one hour, that ended so or still run, in one span of time."""

    product_id: int
    supplier_id: int
    operator: str
    begun: datetime
    end: End
    span: int
    attempts: int


@dataclass(frozen=True)
class Learned:
    rates: Rates
    curve: Curve


def kind_of(*, product_id: int, supplier_id: int, operator: str | None, begun: datetime) -> Kind:
    """The most special kind a delivery is of."""
    return Kind(product_id, supplier_id, operator or "", begun.astimezone(SHANGHAI).hour)


def learn_curves(seen: Iterable[Seen], *, now: datetime) -> dict[Kind, Learned]:
    """A curve for every kind that enough is known of, and one for all together."""
    by_kind: dict[Kind, list[Seen]] = defaultdict(list)
    leaves: set[Kind] = set()
    for one in seen:
        leaf = Kind(one.product_id, one.supplier_id, one.operator)
        leaves.add(leaf)
        for kind in leaf.with_above():
            by_kind[kind].append(one)
    learned: dict[Kind, Learned] = {}
    for kind in sorted(by_kind, key=_special):
        tally = _tally(by_kind[kind], now, _half_life(by_kind[kind], now))
        if kind == Kind() or tally.seen >= SEEN_MIN:
            learned[kind] = _learned(tally, _above(kind, learned))
    for leaf in leaves & set(learned):
        learned |= _by_hour(leaf, by_kind[leaf], _above(leaf, learned), now)
    return learned


def _by_hour(kind: Kind, seen: Sequence[Seen], above: Rates, now: datetime) -> dict[Kind, Learned]:
    """Hours of the day differ by their pace. It is learned from many days, against the same days' whole; the shape,
    and how fast it goes at the moment, from the last ones with every hour brought to one pace."""
    hours: dict[int, list[Seen]] = defaultdict(list)
    for one in seen:
        hours[one.begun.astimezone(SHANGHAI).hour].append(one)
    tallies = {hour: _tally(ones, now, HALF_LIVES_H[-1]) for hour, ones in hours.items()}
    whole = learn(_tally(seen, now, HALF_LIVES_H[-1]), above)
    slower = {
        hour: pace(tally, whole, spread=HOURS_SPREAD) for hour, tally in tallies.items() if tally.seen >= SEEN_MIN
    }
    if not any(slower.values()):
        return {}
    mean = sum(tallies[hour].seen * by for hour, by in slower.items()) / sum(tallies[hour].seen for hour in slower)
    half_life = _half_life(seen, now)
    at_one_pace = Tally()
    for hour, ones in hours.items():
        slower[hour] = slower.get(hour, 0) - round(mean)
        _count(at_one_pace, ones, now, half_life, faster=slower[hour])
    rates = learn(at_one_pace, above)
    return {
        kind._replace(hour=hour): Learned(moved, curve_of(moved, tallies[hour].seen))
        for hour, by in slower.items()
        for moved in [rates.shifted(by)]
    }


def _learned(tally: Tally, above: Rates) -> Learned:
    rates = learn(tally, above)
    return Learned(rates, curve_of(rates, tally.seen))


def _above(kind: Kind, learned: Mapping[Kind, Learned]) -> Rates:
    return next((learned[up].rates for up in kind.above() if up in learned), UNKNOWN)


def nearest(kind: Kind, curves: Mapping[Kind, Learned]) -> Learned | None:
    return next((curves[up] for up in kind.with_above() if up in curves), None)


def _special(kind: Kind) -> int:
    """Kinds above come before those below."""
    return sum((kind.product_id != 0, kind.supplier_id != 0, kind.operator != "", kind.hour != -1))


def _half_life(seen: Sequence[Seen], now: datetime) -> float:
    """In hours."""
    delivered: dict[datetime, int] = defaultdict(int)
    for one in seen:
        if one.end is End.DELIVERED:
            delivered[one.begun] += one.attempts

    def sum_(half_life: float) -> float:
        return sum(count * _weight(begun, now, half_life) for begun, count in delivered.items())

    return next((half_life for half_life in HALF_LIVES_H if sum_(half_life) >= ENOUGH), HALF_LIVES_H[-1])


def _tally(seen: Sequence[Seen], now: datetime, half_life: float) -> Tally:
    tally = Tally()
    _count(tally, seen, now, half_life)
    return tally


def _count(tally: Tally, seen: Sequence[Seen], now: datetime, half_life: float, *, faster: int = 0) -> None:
    """As if they had gone faster by so many spans."""
    ends = {End.DELIVERED: tally.delivered, End.FAILED: tally.failed, End.RUNNING: tally.running}
    for one in seen:
        span = min(SPANS - 1, max(0, one.span - faster))
        ends[one.end][span] += one.attempts * _weight(one.begun, now, half_life)


@lru_cache(maxsize=10_000)
def _weight(begun: datetime, now: datetime, half_life: float) -> float:
    return float(0.5 ** (max(0.0, (now - begun).total_seconds()) / 3600 / half_life))
