"""What comes out: one table, build/bench.json, and the generated part of docs/performance.md (`--write-docs`)."""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "build" / "bench.json"
DOCUMENT = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- generated: begin -->", "<!-- generated: end -->"


@dataclass(frozen=True)
class Goal:
    """What a ratio, or the value itself, should be: at least or at most this."""

    bound: float
    at_most: bool = False
    of: str = "ratio"

    def __str__(self) -> str:
        shown = f"{self.bound:g}{'×' if self.of == 'ratio' else ''}"
        return f"{'≤' if self.at_most else '≥'} {shown}"


@dataclass(frozen=True)
class Row:
    """One figure. `facts` are further numbers worth keeping, by name with unit."""

    figure: str
    case: str
    value: float
    unit: str
    floor: float | None = None
    floor_is: str = ""
    goal: Goal | None = None
    facts: Mapping[str, float | str] = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        return self.value / self.floor if self.floor else None

    @property
    def met(self) -> bool | None:
        if self.goal is None:
            return None
        judged = self.ratio if self.goal.of == "ratio" else self.value
        if judged is None:
            return None
        return judged <= self.goal.bound if self.goal.at_most else judged >= self.goal.bound

    @property
    def must_be_nought(self) -> bool:
        return self.goal is not None and self.goal.bound == 0

    def cells(self) -> list[str]:
        judged = {True: "met", False: "MISSED", None: ""}[self.met]
        floor = f"{number(self.floor)} {self.floor_is}" if self.floor else ""
        ratio = f"{self.ratio:.2f}" if self.ratio is not None else ""
        goal = str(self.goal) if self.goal else ""
        return [self.figure, self.case, f"{number(self.value)} {self.unit}", floor, ratio, goal, judged]


HEAD = ["figure", "case", "value", "floor", "ratio", "goal", ""]


def number(value: float) -> str:
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def facts_line(facts: Mapping[str, float | str]) -> str:
    return "; ".join(f"{name} {number(v) if isinstance(v, (int, float)) else v}" for name, v in facts.items())


def table(rows: Sequence[Row]) -> str:
    """For the terminal; what else is known of a figure stands below it."""
    lines = [HEAD, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    text = []
    for line, row in zip(lines, [None, *rows], strict=True):
        text.append("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
        if row is not None and row.facts:
            text.append(f"    {facts_line(row.facts)}")
    return "\n".join(text)


def machine() -> dict[str, str]:
    """Where and when; figures mean nothing without."""
    processor = next(
        (line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.processor(),
    )
    memory_kib = next((int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "commit": _commit(),
        "processor": f"{processor}, {os.cpu_count()} cores for everything",
        "memory": f"{memory_kib / 2**20:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []


def _commit() -> str:
    said = subprocess.run(
        ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=8"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return said.stdout.strip() or "unknown"


def save(rows: Sequence[Row], *, quick: bool, missing: Mapping[str, str]) -> None:
    """`missing`: what could not be measured, and why."""
    RESULTS.parent.mkdir(exist_ok=True)
    told = [{**asdict(row), "ratio": row.ratio, "met": row.met} for row in rows]
    facts = {"machine": machine(), "quick": quick, "rows": told, "missing": dict(missing)}
    RESULTS.write_text(json.dumps(facts, ensure_ascii=False, indent=1) + "\n")


def rows_of(results: Mapping[str, Any]) -> list[Row]:
    rows = []
    for told in results["rows"]:
        known = {name: value for name, value in told.items() if name not in ("ratio", "met", "goal")}
        rows.append(Row(**known, goal=Goal(**told["goal"]) if told["goal"] else None))
    return rows


def block(results: Mapping[str, Any]) -> Iterator[str]:
    """The generated part of the document."""
    yield "Written by `python -m benchmarks.report --write-docs` from `build/bench.json`; do not edit."
    yield ""
    yield from (f"- {name}: {value}" for name, value in results["machine"].items())
    if results["quick"]:
        yield "- a quick run: shorter, and without the largest tables"
    yield ""
    yield "| " + " | ".join([*HEAD[:-1], "met"]) + " |"
    yield "|" + "---|" * len(HEAD)
    rows = rows_of(results)
    yield from ("| " + " | ".join([*row.cells()[:-1], {True: "yes", False: "**no**", None: ""}[row.met]]) + " |"
                for row in rows)  # fmt: skip
    yield ""
    yield "What else was seen:"
    yield ""
    yield from (f"- {row.figure}, {row.case}: {facts_line(row.facts)}" for row in rows if row.facts)
    yield from (f"- {name} could not be measured: {why}" for name, why in results["missing"].items())


def write_docs() -> None:
    """Raises FileNotFoundError when nothing was measured yet."""
    text = "\n".join(block(json.loads(RESULTS.read_text())))
    before, _, rest = DOCUMENT.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    DOCUMENT.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")


if __name__ == "__main__":
    if sys.argv[1:] != ["--write-docs"]:
        sys.exit("usage: python -m benchmarks.report --write-docs")
    write_docs()
