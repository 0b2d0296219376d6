"""Children of the benchmark, and what they and others cost. From /proc, so Linux alone."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_STOP_WITHIN_S = 20.0


@contextmanager
def child(
    *command: str, log: Path, environment: Mapping[str, str] | None = None
) -> Iterator["subprocess.Popen[bytes]"]:
    """Runs while the block is open; asked to stop at its end, and made to, with all it started, if it won't."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, env={**os.environ, **(environment or {})}, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            start_new_session=True,
        )  # fmt: skip
    try:
        yield process
    finally:
        stop(process)


def stop(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def family(pid: int) -> list[int]:
    """The process and everything below it."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = _stat(stat)
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found, waiting = [], [pid]
    while waiting:
        found.append(waiting.pop())
        waiting += children.get(found[-1], [])
    return found


def cpu_seconds(pid: int) -> float:
    """User and system time of the process and its family, those that have ended included."""
    seconds = 0.0
    for member in family(pid):
        try:
            fields = _stat(Path(f"/proc/{member}/stat"))
        except OSError:
            continue
        seconds += sum(map(int, fields[11:15])) / _TICKS
    return seconds


def pss_mib(pids: Iterable[int]) -> float:
    """Proportional set size: what is shared is split among those who share it, so that sums are true."""
    kib = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        kib += next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
    return kib / 1024


class CpuMeter:
    """Seconds of CPU by kind of process since it was made. `kinds` are read anew: processes come and go."""

    def __init__(self, kinds: Mapping[str, Callable[[], float]]) -> None:
        self._kinds = kinds
        self._before = {kind: read() for kind, read in kinds.items()}

    def spent(self) -> dict[str, float]:
        return {kind: read() - self._before[kind] for kind, read in self._kinds.items()}


def _stat(path: Path) -> list[str]:
    """The fields after the name, which may hold blanks; the state is the first."""
    return path.read_text().rpartition(")")[2].split()
