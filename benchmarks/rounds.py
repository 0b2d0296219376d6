"""Figure and floor in turns: what the machine does meanwhile hits both, and the middle ratio is told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from benchmarks.http_load import Load

CONNECTIONS = (1, 16, 64)
_HARDLY_ANY_MS = 0.005


@dataclass(frozen=True)
class Turn:
    """`cpu` and `floor_cpu`: seconds by kind of process, while each was measured."""

    value: Load
    floor_per_s: float
    cpu: Mapping[str, float]
    floor_cpu: Mapping[str, float] = field(default_factory=dict)
    floor_count: float = 0

    @property
    def ratio(self) -> float:
        return self.value.per_s / self.floor_per_s

    def facts(self) -> dict[str, float]:
        """How long one took, and the CPU it cost, by kind of process."""
        return {
            "p50 ms": self.value.at(0.5),
            "p99 ms": self.value.at(0.99),
            **_each(self.cpu, self.value.whole_count, "CPU ms:"),
            **_each(self.floor_cpu, self.floor_count, "floor CPU ms:"),
        }


def middle_of(count: int, turn: Callable[[], Turn]) -> Turn:
    """Of so many turns, the one with the median ratio."""
    turns = sorted((turn() for _ in range(count)), key=lambda taken: taken.ratio)
    return turns[len(turns) // 2]


def _each(cpu: Mapping[str, float], count: float, name: str) -> dict[str, float]:
    each = {kind: seconds * 1000 / count for kind, seconds in cpu.items() if count}
    return {f"{name} {kind}": ms for kind, ms in each.items() if ms >= _HARDLY_ANY_MS}
