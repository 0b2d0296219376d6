"""How often the radar is wrong, and how soon it is right, on flows of orders whose truth is known.

.venv/bin/python -m benchmarks.radar
"""

import random
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sin, tau
from statistics import median, quantiles

from kameng.radar.radar import Alarm, Radar, Sign
from kameng.supply.troubles import Place

OPERATORS = {"移动": 60, "联通": 22, "电信": 18}
PROVINCES = {f"省{n:02d}": 31 / (n + 2) for n in range(31)}
#: Suppliers by how often they fail when all is well.
FAILS = {1: 0.01, 2: 0.04, 3: 0.08}
DOUBTS = 0.003
LATE = 0.05
ORDERS_A_DAY = 5000
#: Orders before anything is counted: the radar learns what is usual.
LEARNING = 20_000
#: Fewer will do where only the delay is asked for.
LEARNING_BRIEFLY = 5_000


@dataclass(frozen=True)
class Rates:
    fails: float
    doubts: float = DOUBTS
    late: float = LATE


Trouble = Callable[[Place, Rates], Rates]


class Flow:
    """Orders one after the other. Rates move by half up and down with the hour of the day; trouble changes them."""

    def __init__(self, seed: object) -> None:
        self.draw = random.Random(str(seed))
        self.radar = Radar({})
        self.orders = 0

    def order(self, trouble: Trouble | None = None) -> tuple[Place, list[Alarm]]:
        draw = self.draw
        place = Place(draw.choice(list(FAILS)), _pick(draw, OPERATORS), _pick(draw, PROVINCES))
        by_hour = 1 + 0.5 * sin(tau * self.orders / ORDERS_A_DAY)
        rates = Rates(FAILS[place.supplier_id] * by_hour, DOUBTS, LATE * by_hour)
        if trouble is not None:
            rates = trouble(place, rates)
        self.orders += 1
        return place, [alarm for sign, bad in self._signs(rates) if (alarm := self.radar.feed(place, sign, bad=bad))]

    def _signs(self, rates: Rates) -> list[tuple[Sign, bool]]:
        draw = self.draw
        signs = [(Sign.ANSWER, draw.random() < rates.doubts)]
        failed = draw.random() < rates.fails
        signs.append((Sign.OUTCOME, failed))
        if not failed:
            signs.append((Sign.TIMELY, draw.random() < rates.late))
        return signs


def _pick(draw: random.Random, shares: dict[str, float] | dict[str, int]) -> str:
    return draw.choices(list(shares), list(shares.values()))[0]


def false_alarms(orders: int, seed: int) -> Counter[Sign]:
    """Alarms while all is well."""
    flow = Flow(f"well {seed}")
    for _ in range(LEARNING):
        flow.order()
    return Counter(alarm.sign for _ in range(orders) for alarm in flow.order()[1])


@dataclass(frozen=True)
class Outage:
    """`touches`: how exact its place is; `after`: the rates inside of it."""

    name: str
    place: Place
    rates: Rates


OUTAGES = (
    Outage("everything fails at one supplier", Place(2), Rates(fails=1.0)),
    Outage("half fails at one supplier", Place(2), Rates(fails=0.5)),
    Outage("a quarter fails at one supplier", Place(2), Rates(fails=0.25)),
    Outage("everything fails for one operator", Place(1, "移动"), Rates(fails=1.0)),
    Outage("everything fails for an operator in a province", Place(1, "移动", "省00"), Rates(fails=1.0)),
    Outage("calls are not answered", Place(3), Rates(FAILS[3], doubts=1.0)),
    Outage("every third call is not answered", Place(3), Rates(FAILS[3], doubts=0.33)),
    Outage("nothing arrives in time", Place(2), Rates(FAILS[2], late=1.0)),
    Outage("half is late", Place(2), Rates(FAILS[2], late=0.5)),
)


@dataclass(frozen=True)
class Found:
    """Orders inside of the trouble until the alarm; None: not within 2,000. `exact`: the place was named as it is."""

    orders: int | None
    exact: bool


def detection(outage: Outage, seed: int) -> Found:
    flow = Flow(f"{outage.name} {seed}")
    for _ in range(LEARNING_BRIEFLY):
        flow.order()
    touched = 0

    def trouble(place: Place, well: Rates) -> Rates:
        nonlocal touched
        if not outage.place.covers(place):
            return well
        touched += 1
        return outage.rates

    while touched < 2000:
        for alarm in flow.order(trouble)[1]:
            if outage.place.covers(alarm.place) or alarm.place.covers(outage.place):
                return Found(touched, alarm.place == outage.place)
    return Found(None, exact=False)


def show(seeds: Sequence[int], orders: int) -> None:
    counts: Counter[Sign] = sum((false_alarms(orders, seed) for seed in seeds), Counter())
    total = orders * len(seeds)
    print(f"False alarms in {total:,} orders:")
    for sign in Sign:
        print(f"  {sign}: {counts[sign]} ({counts[sign] * 1e6 / total:.1f} per million orders)")
    print("| trouble | orders until the alarm, median | 95 of 100 | exactly this place |")
    print("|---|---|---|---|")
    for outage in OUTAGES:
        found = [detection(outage, seed) for seed in range(40)]
        delays = [one.orders if one.orders is not None else 2000 for one in found]
        late = quantiles(delays, n=20)[-1]
        exact = sum(one.exact for one in found) / len(found)
        print(
            f"| {outage.name} | {median(delays):.0f} | {late:.0f} | {exact:.0%} |",
            flush=True,
        )


def main() -> None:
    show(range(int(sys.argv[1]) if len(sys.argv) > 1 else 4), 250_000)


if __name__ == "__main__":
    main()
