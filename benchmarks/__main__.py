"""`python -m benchmarks [figure …] [--quick]`: measure, print one table, write build/bench.json."""

import argparse
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping

from benchmarks import batch, dispatch, hot, imports, live, lookup, purchase, risk, searching, slope, standing
from benchmarks.report import Row, save, table
from benchmarks.stage import Size, Stage, open_stage

# In this order: those that share the shop first.
FIGURES: Mapping[str, Callable[[Stage], list[Row]]] = {
    "lookup": lookup.run,
    "purchase": purchase.run,
    "hot": hot.run,
    "live": live.run,
    "dispatch": dispatch.run,
    "batch": batch.run,
    "risk": risk.run,
    "search": searching.run,
    "slope": slope.run,
    "import": imports.run,
    "start": standing.start,
    "memory": standing.memory,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("figures", nargs="*", metavar="figure", help=", ".join(FIGURES))
    parser.add_argument("--quick", action="store_true", help="short and small, to see that it works")
    asked = parser.parse_args()
    if unknown := set(asked.figures) - set(FIGURES):
        parser.error(f"no such figure: {', '.join(sorted(unknown))}")
    # A signal ends the program through all `finally`s, so that nothing is left running.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))
    names = [name for name in FIGURES if not asked.figures or name in asked.figures]
    rows: list[Row] = []
    missing: dict[str, str] = {}
    with open_stage(Size(asked.quick)) as stage:
        for name in names:
            began = time.monotonic()
            print(f"{name} …", end=" ", flush=True, file=sys.stderr)
            try:
                rows += FIGURES[name](stage)
            except Exception as error:  # noqa: BLE001 - the other figures are still worth having
                traceback.print_exc()
                missing[name] = f"{type(error).__name__}: {error}"
            print(f"{time.monotonic() - began:.0f} s", file=sys.stderr)
    print(table(rows))
    save(rows, quick=asked.quick, missing=missing)
    for name, why in missing.items():
        print(f"{name}: {why}")
    # A missed goal is for people to judge; a lost order or a figure that can't be had is an error.
    return 1 if missing or any(row.must_be_nought and row.value for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
