"""Figure and floor in turns: what the machine does meanwhile hits both, and the middle ratio is told."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.http_load import Load, percentile

CONNECTIONS = (1, 16, 64)


@dataclass(frozen=True)
class Measured:
    """One turn."""

    value: Load
    floor_per_s: float
    cpu: dict[str, float]

    @property
    def ratio(self) -> float:
        return self.value.per_s / self.floor_per_s


def middle(turns: Sequence[Measured]) -> Measured:
    """The turn with the median ratio."""
    return sorted(turns, key=lambda turn: turn.ratio)[len(turns) // 2]


def take_turns(count: int, turn: Callable[[], Measured]) -> Measured:
    return middle([turn() for _ in range(count)])


def times_of(load: Load) -> dict[str, float]:
    return {"p50 ms": load.at(0.5), "p99 ms": load.at(0.99)}


def cpu_of(measured: Measured) -> dict[str, float]:
    """CPU milliseconds that each kind of process spent on one."""
    return {
        f"{kind} CPU ms": seconds * 1000 / measured.value.count
        for kind, seconds in measured.cpu.items()
        if seconds * 1000 / measured.value.count >= 0.005
    }


def median(values: Sequence[float]) -> float:
    return percentile(values, 0.5)
