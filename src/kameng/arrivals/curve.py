"""When a delivery arrives, as a curve: learned from past ones, asked about one that is under way. Pure.

Time is cut into spans of equal ratio, so that seconds and hours are told apart equally well. A curve holds for each
span the chance to arrive in it and the chance to fail in it, for a delivery that has done neither before: attempts
that still run count as long as they have run (Kaplan and Meier's way, with failing as a competing end), and a kind of
delivery with few of its own borrows, span by span, from the kind above it, at its own pace.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import ceil, exp, log, prod

RATIO = 1.15
SPANS = 88
#: Ends of the spans in seconds: 1 s up to 53 hours; the last one has no end.
EDGES = tuple(RATIO**i for i in range(SPANS))
LN_RATIO = log(RATIO)

#: How many deliveries the kind above is worth in each span.
BORROWED = 5.0
#: A pace up to four times slower or faster than the kind above is looked for; one span is 15 %.
SHIFT_MAX = 10
_SHIFT_COARSE = 4
#: Twice as fast or slow is nothing out of the ordinary.
USUAL_SPREAD = 5.0
#: Where so little is left to come, nothing is known of how long it takes.
LEFT_MIN = 0.002
_FLOOR = 1e-6
_HALVINGS = 30


def span_of(seconds: float) -> int:
    return 0 if seconds <= 1 else min(SPANS - 1, ceil(log(seconds) / LN_RATIO))


class Tally:
    """How many ended in each span, by delivery or by failure, and how many still ran when they were looked at."""

    __slots__ = ("delivered", "failed", "running")

    def __init__(self) -> None:
        self.delivered = [0.0] * SPANS
        self.failed = [0.0] * SPANS
        self.running = [0.0] * SPANS

    @property
    def seen(self) -> float:
        return sum(self.delivered)

    def at_risk(self) -> list[float]:
        """How many were in each span; those that ran on from it unseen were there for half of it."""
        left, risk = 0.0, [0.0] * SPANS
        for i in range(SPANS - 1, -1, -1):
            ended = self.delivered[i] + self.failed[i]
            risk[i] = left + ended + self.running[i] / 2
            left += ended + self.running[i]
        return risk


@dataclass(frozen=True)
class Rates:
    """The chance to arrive and the chance to fail in each span, for what has done neither before."""

    arriving: tuple[float, ...]
    failing: tuple[float, ...]

    @cached_property
    def logs(self) -> list[tuple[float, float]]:
        """Logarithms of the chances to arrive in a span and to come through it without arriving."""
        return [(log(max(arriving, _FLOOR)), log(max(_FLOOR, 1 - arriving))) for arriving in self.arriving]

    def shifted(self, by: int) -> "Rates":
        """The same shape, slower by so many spans."""
        return Rates(_shifted(self.arriving, by), _shifted(self.failing, by)) if by else self


@dataclass(frozen=True)
class Curve:
    """Of the deliveries that arrive, the share that has by the end of each span. `seen`: how many it was made of."""

    arrived: tuple[float, ...]
    seen: float

    def share(self, seconds: float) -> float:
        """How many have arrived after so long."""
        i = span_of(seconds)
        before = self.arrived[i - 1] if i else 0.0
        if i == SPANS - 1:
            return before
        return before + (self.arrived[i] - before) * _part(i, seconds)

    def after(self, share: float) -> float:
        """Seconds after which this share has arrived."""
        i = next((i for i, arrived in enumerate(self.arrived) if arrived >= share), SPANS - 1)
        before = self.arrived[i - 1] if i else 0.0
        part = (share - before) / (self.arrived[i] - before) if self.arrived[i] > before else 1.0
        return part if i == 0 else EDGES[i - 1] * RATIO**part

    def remaining(self, elapsed: float, quantile: float) -> float | None:
        """Given that it isn't there after `elapsed` seconds, the quantile of what remains; None beyond all that is
        known."""
        gone = self.share(elapsed)
        if 1 - gone < LEFT_MIN:
            return None
        return max(0.0, self.after(gone + quantile * (1 - gone)) - elapsed)


@dataclass(frozen=True)
class Remaining:
    """A delivery that has been under way for so many seconds."""

    curve: Curve
    elapsed: float

    @property
    def is_late(self) -> bool:
        """95 of 100 such deliveries would be there."""
        return self.elapsed > self.curve.after(0.95)

    def share(self, seconds: float) -> float:
        """The chance that it is there in so many seconds from now; 0 beyond all that is known."""
        gone = self.curve.share(self.elapsed)
        left = 1 - gone
        return (self.curve.share(self.elapsed + seconds) - gone) / left if left >= LEFT_MIN else 0.0


def remaining_of_all(parts: Sequence[Remaining], quantile: float) -> float | None:
    """Seconds by which, with this chance, all parts are there; None when one is beyond all that is known."""
    each = [part.curve.remaining(part.elapsed, quantile) for part in parts]
    if None in each:
        return None
    low = max(seconds for seconds in each if seconds is not None)
    if len(parts) == 1:
        return low
    # The slowest alone says the earliest it can be; the others can only delay it.
    high = low + 1.0
    while prod(part.share(high) for part in parts) < quantile and high < 2 * EDGES[-1]:
        high *= 2
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if prod(part.share(middle) for part in parts) < quantile:
            low = middle
        else:
            high = middle
    return high


def curve_of(rates: Rates, seen: float) -> Curve:
    """The curve of those that arrive."""
    running, arrived, shares = 1.0, 0.0, []
    for arriving, failing in zip(rates.arriving, rates.failing, strict=True):
        arrived += running * arriving
        running *= max(0.0, 1 - arriving - failing)
        shares.append(arrived)
    # What has not arrived in two days is in the last span.
    whole = arrived + running
    shares[-1] = whole
    return Curve(tuple(share / whole for share in shares), seen)


def learn(tally: Tally, above: Rates, *, borrowed: float = BORROWED) -> Rates:
    """What was seen, and where that is little the kind above at this one's pace."""
    risk = tally.at_risk()
    above = above.shifted(pace(tally, above))
    arriving, failing = [], []
    for i in range(SPANS):
        weight = risk[i] + borrowed
        arriving.append((tally.delivered[i] + borrowed * above.arriving[i]) / weight)
        failing.append((tally.failed[i] + borrowed * above.failing[i]) / weight)
    return Rates(tuple(arriving), tuple(failing))


def pace(tally: Tally, rates: Rates, *, spread: float = USUAL_SPREAD) -> int:
    """By how many spans deliveries are slower than the rates say: the likeliest, where a difference of `spread` is
    nothing out of the ordinary."""
    risk = tally.at_risk()
    spans = [(i, tally.delivered[i], risk[i] - tally.delivered[i]) for i in range(SPANS) if risk[i] > 0]
    logs = rates.logs

    def likelihood(by: int) -> float:
        sum_ = -((by / spread) ** 2) / 2
        for i, delivered, stayed in spans:
            arriving, staying = logs[min(SPANS - 1, max(0, i - by))]
            sum_ += delivered * arriving + stayed * staying
        return sum_

    coarse = max(range(-SHIFT_MAX, SHIFT_MAX + 1, _SHIFT_COARSE), key=likelihood)
    near = range(max(-SHIFT_MAX, coarse - _SHIFT_COARSE + 1), min(SHIFT_MAX, coarse + _SHIFT_COARSE - 1) + 1)
    return max(near, key=likelihood)


def _shifted(values: Sequence[float], by: int) -> tuple[float, ...]:
    return tuple(values[min(SPANS - 1, max(0, i - by))] for i in range(SPANS))


def _part(i: int, seconds: float) -> float:
    """How far into span `i` this is, from 0 to 1."""
    return max(0.0, seconds) if i == 0 else log(seconds / EDGES[i - 1]) / LN_RATIO


def _rates_before_anything_is_known() -> Rates:
    """Minutes, give or take a factor of five."""
    middle, spread = log(180.0), log(5.0)
    shares = [1 / (1 + exp(-1.702 * (log(edge) - middle) / spread)) for edge in EDGES]
    arriving = [shares[0]] + [(b - a) / (1 - a) for a, b in pairwise(shares)]
    return Rates(tuple(arriving), (0.0,) * SPANS)


UNKNOWN = _rates_before_anything_is_known()
