"""How often a delivery arrives by the time we named, on histories whose truth is known.

    .venv/bin/python -m benchmarks.arrivals

For each shape several histories are made from seeds, learned from at several moments (attempts that still run at that
moment are known only as running), and asked about the deliveries of the following hour, which nobody has seen.
"""

import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import exp, log, sin, tau

from kameng.arrivals.curve import span_of
from kameng.arrivals.kinds import End, Kind, Learned, Seen, kind_of, learn_curves, nearest
from kameng.kernel.clock import SHANGHAI

START = datetime(2026, 11, 1, tzinfo=UTC)
DAYS = 14


@dataclass(frozen=True)
class Delivery:
    product_id: int
    supplier_id: int
    operator: str
    begun: datetime
    seconds: float
    arrives: bool

    @property
    def kind(self) -> Kind:
        return kind_of(
            product_id=self.product_id, supplier_id=self.supplier_id, operator=self.operator, begun=self.begun
        )


Truth = Callable[[random.Random, Delivery], float]


@dataclass(frozen=True)
class Shape:
    """`a_day`: deliveries a day; `seconds`: how long one takes; `fails`: the chance that it fails instead."""

    name: str
    a_day: int
    seconds: Truth
    suppliers: int = 1
    operators: Sequence[str] = ("移动",)
    fails: float = 0.03
    ahead: timedelta = timedelta(hours=1)


def _hour(begun: datetime) -> float:
    local = begun.astimezone(SHANGHAI)
    return local.hour + local.minute / 60


def _days(begun: datetime) -> float:
    return (begun - START) / timedelta(days=1)


def _log_normal(draw: random.Random, _: Delivery) -> float:
    return draw.lognormvariate(log(120), 0.8)


def _bimodal(draw: random.Random, _: Delivery) -> float:
    """Most at once, a fifth by hand."""
    return draw.lognormvariate(log(8), 0.4) if draw.random() < 0.8 else draw.lognormvariate(log(1500), 0.5)


def _rush_hours(draw: random.Random, delivery: Delivery) -> float:
    """Three times slower in the evening than in the morning."""
    pace = exp(log(3) / 2 * sin(tau * (_hour(delivery.begun) - 14) / 24))
    return draw.lognormvariate(log(180 * pace), 0.5)


def _drift(draw: random.Random, delivery: Delivery) -> float:
    """A little slower each day: three times in two weeks."""
    return draw.lognormvariate(log(120) + log(3) * _days(delivery.begun) / DAYS, 0.6)


def _few(draw: random.Random, delivery: Delivery) -> float:
    """Suppliers of different pace with a handful of deliveries each."""
    return draw.lognormvariate(log(60 * 1.6**delivery.supplier_id), 0.7)


def _long(draw: random.Random, _: Delivery) -> float:
    """So slow that many still run whenever one looks."""
    return draw.lognormvariate(log(4 * 3600), 0.7)


def _mixed(draw: random.Random, delivery: Delivery) -> float:
    """Suppliers, operators and hours that all differ."""
    slow = {"移动": 1.0, "联通": 2.0, "电信": 0.6}[delivery.operator] * 1.5**delivery.supplier_id
    pace = exp(0.3 * sin(tau * _hour(delivery.begun) / 24))
    return draw.lognormvariate(log(90 * slow * pace), 0.6)


SHAPES = (
    Shape("log-normal", 400, _log_normal),
    Shape("bimodal", 400, _bimodal),
    Shape("hours of the day", 800, _rush_hours),
    Shape("drift", 400, _drift),
    Shape("few data", 30, _few, suppliers=6, ahead=timedelta(hours=12)),
    Shape("many still running", 200, _long),
    Shape("often fails", 400, _log_normal, fails=0.4),
    Shape("all at once", 900, _mixed, suppliers=3, operators=("移动", "联通", "电信")),
)


def history(shape: Shape, draw: random.Random) -> list[Delivery]:
    """Two weeks and a day, in order of their beginning."""
    made = []
    for _ in range(round(shape.a_day * (DAYS + 1))):
        begun = START + timedelta(days=(DAYS + 1) * draw.random())
        bare = Delivery(1, draw.randint(1, shape.suppliers), draw.choice(shape.operators), begun, 0, arrives=True)
        arrives = draw.random() >= shape.fails
        seconds = shape.seconds(draw, bare) if arrives else draw.lognormvariate(log(60), 1.0)
        made.append(Delivery(1, bare.supplier_id, bare.operator, begun, seconds, arrives))
    return sorted(made, key=lambda delivery: delivery.begun)


def as_seen(made: Sequence[Delivery], now: datetime) -> list[Seen]:
    """What can be known at this moment."""
    counts: Counter[tuple[int, int, str, datetime, End, int]] = Counter()
    for one in made:
        age = (now - one.begun).total_seconds()
        if 0 <= age <= DAYS * 86400:
            end = End.RUNNING if one.seconds > age else End.DELIVERED if one.arrives else End.FAILED
            begun = one.begun.replace(minute=0, second=0, microsecond=0)
            counts[one.product_id, one.supplier_id, one.operator, begun, end, span_of(min(age, one.seconds))] += 1
    return [Seen(*key, count) for key, count in counts.items()]


@dataclass
class Coverage:
    """Of `asked` deliveries so many arrived by the named time: asked about at the start, and again while they ran."""

    asked: int = 0
    by_p95: int = 0
    by_median: int = 0
    asked_again: int = 0
    by_p95_again: int = 0

    @property
    def p95(self) -> float:
        return self.by_p95 / self.asked

    @property
    def median(self) -> float:
        return self.by_median / self.asked

    @property
    def p95_again(self) -> float:
        return self.by_p95_again / max(1, self.asked_again)


def coverage(shape: Shape, seeds: Sequence[int], *, looks: int = 12) -> Coverage:
    told = Coverage()
    for seed in seeds:
        draw = random.Random(f"{shape.name} {seed}")
        made = history(shape, draw)
        for _ in range(looks):
            now = START + timedelta(days=2 + (DAYS - 2) * draw.random())
            curves = learn_curves(as_seen(made, now), now=now)
            for one in _coming(made, now, shape.ahead):
                _ask(told, one, curves, draw)
    return told


def _coming(made: Sequence[Delivery], now: datetime, ahead: timedelta) -> Iterator[Delivery]:
    return (one for one in made if now < one.begun <= now + ahead and one.arrives)


def _ask(told: Coverage, one: Delivery, curves: Mapping[Kind, Learned], draw: random.Random) -> None:
    learned = nearest(one.kind, curves)
    assert learned is not None
    curve = learned.curve
    latest, middle = curve.remaining(0, 0.95), curve.remaining(0, 0.5)
    assert latest is not None
    assert middle is not None
    told.asked += 1
    told.by_p95 += one.seconds <= latest
    told.by_median += one.seconds <= middle
    elapsed = curve.after(draw.uniform(0.1, 0.8))
    if one.seconds > elapsed:
        left = curve.remaining(elapsed, 0.95)
        told.asked_again += 1
        told.by_p95_again += left is None or one.seconds <= elapsed + left


def main() -> None:
    seeds = range(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
    print("| shape | asked | arrived by P95 | by the median | asked again while it ran | by P95 |")
    print("|---|---|---|---|---|---|")
    for shape in SHAPES:
        told = coverage(shape, seeds)
        print(
            f"| {shape.name} | {told.asked} | {told.p95:.1%} | {told.median:.1%}"
            f" | {told.asked_again} | {told.p95_again:.1%} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
