"""The way an order goes after it was taken: how long it takes, how it ends, and what is said about it unasked."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from kameng.web.sandbox.suppliers.warehouse import Warehouse
from kameng.web.sandbox.suppliers.wares import Ending, Purchase, State

_LONGEST_SLEEP_S = 1.0


@dataclass(frozen=True)
class Course:
    """`delay_s` 0 ends before the order is answered, None never by itself. Callbacks: `copies` of each, begun
    `callback_delay_s` after the end; `silent` sends none; `hold` keeps them until they are released."""

    delay_s: float | None = 0.0
    ending: Ending = field(default_factory=Ending)
    copies: int = 1
    callback_delay_s: float = 0.0
    silent: bool = False
    hold: bool = False

    @property
    def plan(self) -> dict[str, Any]:
        """How callbacks are sent, as it is kept with the purchase."""
        return {
            "copies": self.copies,
            "delay_s": self.callback_delay_s,
            "silent": self.silent,
            "hold": self.hold,
        }


@dataclass(frozen=True)
class Mixture:
    """Orders that go all kinds of ways, for a demo. Shares of 1; what is left over is delivered."""

    seed: int = 0
    delay_s: tuple[float, float] = (3.0, 90.0)
    failed: float = 0.08
    partly: float = 0.04
    never: float = 0.02
    twice: float = 0.1
    silent: float = 0.1

    def courses(self) -> Callable[[], Course]:
        dice = random.Random(self.seed)  # noqa: S311 - it plays

        def thrown() -> Course:
            shortest_s, longest_s = self.delay_s
            # Most are quick and a few are slow, as in life.
            delay_s = shortest_s + (longest_s - shortest_s) * dice.random() ** 3
            fate = dice.random()
            if fate < self.never:
                return Course(None)
            state = State.DELIVERED
            if fate < self.never + self.failed:
                state = State.FAILED
            elif fate < self.never + self.failed + self.partly:
                state = State.PARTLY
            return Course(
                delay_s,
                Ending(state),
                copies=2 if dice.random() < self.twice else 1,
                silent=dice.random() < self.silent,
            )

        return thrown


class Courses:
    """Which course the next order goes: first those that were set for a number of orders, then the usual one."""

    def __init__(self, usual: Course | Mixture) -> None:
        self.usual = usual
        self._next: list[tuple[Course, int]] = []

    @property
    def usual(self) -> Course | Mixture:
        return self._usual

    @usual.setter
    def usual(self, usual: Course | Mixture) -> None:
        self._usual = usual
        self._throw = usual.courses() if isinstance(usual, Mixture) else lambda: usual

    def add(self, course: Course, *, times: int = 1) -> None:
        self._next.append((course, times))

    def clear(self) -> None:
        self._next.clear()

    def take(self) -> Course:
        if not self._next:
            return self._throw()
        course, times = self._next[0]
        self._next[:1] = [(course, times - 1)] if times > 1 else []
        return course

    def put_back(self, course: Course) -> None:
        """The order was declined after all."""
        self._next.insert(0, (course, 1))


class Foreman:
    """Ends orders when it is time. `ended` hears of each."""

    def __init__(self, warehouse: Warehouse, *, ended: Callable[[Purchase], None]) -> None:
        self._warehouse = warehouse
        self._ended = ended
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Something new may be due before anything it knows of."""
        self._woken.set()

    def settle_due(self) -> int:
        """Ends what is due by the warehouse's clock; how many that were. Simulations call it themselves."""
        due = self._warehouse.due()
        for purchase in due:
            self._ended(self._warehouse.settle(purchase))
        return len(due)

    async def run(self) -> None:
        while True:
            self._woken.clear()
            self.settle_due()
            next_due = self._warehouse.next_due()
            away_s = _LONGEST_SLEEP_S
            if next_due:
                away_s = min(away_s, max(0.0, (next_due - self._warehouse.clock.now()).total_seconds()))
            try:
                async with asyncio.timeout(away_s + 0.001):
                    await self._woken.wait()
            except TimeoutError:
                continue
