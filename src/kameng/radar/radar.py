"""The trouble radar: tells from the flow of attempts that something has changed. Pure.

Every attempt says something three times: how its call was answered, whether it arrived in time, and how it ended. Each
is good or bad, for the supplier, for the supplier and the operator, and for both in one province. A stream of such
signs is watched by a Bernoulli CUSUM: a sum of log-likelihood ratios between the rate of bad signs that was learned
and one with eight times the odds, never below zero, that raises the alarm above a threshold. How often it is wrong and
how soon it is right is told in docs/radar.md, from simulation.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from math import comb, log, sqrt
from typing import NamedTuple

from kameng.supply.troubles import Place, TroubleKind


class Sign(StrEnum):
    OUTCOME = "outcome"  # bad: it failed or was refused for a reason that is not the buyer's or the goods'
    ANSWER = "answer"  # bad: nobody can read what the call was answered
    TIMELY = "timely"  # bad: not there after its own 95th percentile


#: Rates of bad signs before anything was learned.
USUAL = {Sign.OUTCOME: 0.03, Sign.ANSWER: 0.01, Sign.TIMELY: 0.05}
THRESHOLD = {Sign.OUTCOME: 13.0, Sign.ANSWER: 12.0, Sign.TIMELY: 14.0}
ODDS = 8.0
#: So many signs is what is known from above worth.
BORROWED = 60.0
#: So many signs are remembered.
REMEMBERED = 4000.0
RATE_MIN, RATE_MAX = 0.01, 0.4
#: The part of what led to an alarm that is learned all the same: it may have been a new normal.
LEARNED_OF_ALARM = 0.25
#: A narrower place is where it is when it has so much of the bad signs, and more than chance would have given it.
EXPLAINS = 0.75
BY_CHANCE = 0.02
#: With so many late ones in a row and none arriving, it isn't slow but silent.
SILENT_AFTER = 5


@dataclass(frozen=True, slots=True)
class Stream:
    """`bad` of `total` is the rate that was learned; what came since the sum was last at nought is `pending`.
    `streak`: bad signs in a row."""

    score: float = 0.0
    bad: float = 0.0
    total: float = 0.0
    pending_bad: float = 0.0
    pending_total: float = 0.0
    streak: int = 0

    def rate(self, above: float) -> float:
        """What is to be expected: what was learned, on the careful side, and what is known from above."""
        weight = self.total + BORROWED
        mean = (self.bad + BORROWED * above) / weight
        return min(RATE_MAX, max(RATE_MIN, mean + sqrt(mean * (1 - mean) / weight)))

    def after(self, *, bad: bool, rate: float) -> "Stream":
        """One sign later."""
        score = max(0.0, self.score + _evidence(bad=bad, rate=rate))
        grown = replace(
            self,
            score=score,
            pending_bad=self.pending_bad + bad,
            pending_total=self.pending_total + 1,
            streak=self.streak + 1 if bad else 0,
        )
        return grown if score > 0 else grown.learned(1.0)

    def learned(self, part: float) -> "Stream":
        """From the start again, with so much of what is pending learned."""
        bad, total = self.bad + part * self.pending_bad, self.total + part * self.pending_total
        fade = min(1.0, REMEMBERED / total) if total else 1.0
        return Stream(bad=bad * fade, total=total * fade, streak=self.streak)


class Key(NamedTuple):
    place: Place
    sign: Sign


@dataclass(frozen=True)
class Alarm:
    """What changed where, and what it was seen from."""

    place: Place
    kind: TroubleKind
    sign: Sign
    bad: int
    total: int
    usual: float


class Radar:
    """Streams in memory. `changed` are those that have to be kept."""

    def __init__(self, streams: dict[Key, Stream]) -> None:
        self.streams = streams
        self.changed: set[Key] = set()

    def feed(self, place: Place, sign: Sign, *, bad: bool) -> Alarm | None:
        """One sign of an attempt at this most exact place. An alarm names the narrowest place that explains it."""
        above = USUAL[sign]
        told: list[tuple[Place, Stream, float]] = []
        for around in _around(place):
            stream = self.streams.get(Key(around, sign)) or Stream()
            rate = stream.rate(above)
            stream = stream.after(bad=bad, rate=rate)
            self._keep(Key(around, sign), stream)
            told.append((around, stream, rate))
            above = rate
        wide = next((stream for _, stream, _ in told if stream.score >= THRESHOLD[sign]), None)
        if wide is None:
            return None
        where, stream, rate = next(
            one for one in reversed(told) if one[1].score >= THRESHOLD[sign] or _explains(one[1], wide)
        )
        self.reset(where)
        return Alarm(where, _kind(sign, stream), sign, round(stream.pending_bad), round(stream.pending_total), rate)

    def arrived_late(self, place: Place) -> None:
        """A sign of life: it is slow, not silent."""
        for around in _around(place):
            key = Key(around, Sign.TIMELY)
            stream = self.streams.get(key)
            if stream is not None and stream.streak:
                self._keep(key, replace(stream, streak=0))

    def reset(self, place: Place) -> None:
        """What was collected here, inside of it and around it has been explained."""
        for key, stream in list(self.streams.items()):
            if stream.pending_total and (place.covers(key.place) or key.place.covers(place)):
                self._keep(key, replace(stream.learned(LEARNED_OF_ALARM), streak=0))

    def _keep(self, key: Key, stream: Stream) -> None:
        self.streams[key] = stream
        self.changed.add(key)


def _around(place: Place) -> Iterator[Place]:
    """The supplier, with the operator, with the province."""
    yield Place(place.supplier_id)
    if place.operator:
        yield Place(place.supplier_id, place.operator)
    if place.province:
        yield place


def _evidence(*, bad: bool, rate: float) -> float:
    odds = ODDS * rate / (1 - rate)
    trouble = odds / (1 + odds)
    return log(trouble / rate) if bad else log((1 - trouble) / (1 - rate))


def _explains(narrow: Stream, wide: Stream) -> bool:
    bad, of = round(narrow.pending_bad), round(wide.pending_bad)
    if bad < EXPLAINS * of:
        return False
    share = (narrow.total + 1) / (wide.total + 2)
    by_chance = sum(comb(of, n) * share**n * (1 - share) ** (of - n) for n in range(bad, of + 1))
    return by_chance < BY_CHANCE


def _kind(sign: Sign, stream: Stream) -> TroubleKind:
    if sign is Sign.OUTCOME:
        return TroubleKind.FAILING
    if sign is Sign.ANSWER:
        return TroubleKind.SILENT
    return TroubleKind.SILENT if stream.streak >= SILENT_AFTER else TroubleKind.SLOW
