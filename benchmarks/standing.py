"""`kameng up` itself: from an empty folder to the first page, once more with its data, and its memory at rest."""

import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import child, family, pss_mib
from benchmarks.report import Goal, Row
from benchmarks.stage import Stage, postmaster
from benchmarks.waiting import wait_until
from kameng.cli.terms import embedded
from kameng.kernel.embedded import EmbeddedPostgres
from kameng.kernel.free_ports import free_ports
from kameng.settings import settings_from

MEMORY_GOAL = Goal(300, at_most=True, of="value")
AT_REST_AFTER_S = 8.0
_INTERPRETERS = 4
_START_WITHIN_S = 120.0
_KINDS = ("postgres", "granian", "sandbox", "worker", "supervisor")


@dataclass(frozen=True)
class Up:
    """A started platform: its process, its folder, and how long its first page took."""

    process: "subprocess.Popen[bytes]"
    server: EmbeddedPostgres
    seconds: float


def start(stage: Stage) -> list[Row]:
    stage.close_shop()
    with _scratch(stage) as folder:
        with _up(folder) as up:
            first = up.seconds
        with _up(folder) as up:
            second = up.seconds
    bare = EmbeddedPostgres(stage.server.folder.with_name(f"{stage.server.folder.name}-bare"))
    try:
        floors = [_bare_start(bare) for _ in range(2)]
    finally:
        _remove(bare)
    return [
        Row("start", "empty folder to first page", first, "s", floors[0], "s PostgreSQL alone, made and started"),
        Row("start", "second start to first page", second, "s", floors[1], "s PostgreSQL alone, started"),
    ]


def memory(stage: Stage) -> list[Row]:
    stage.close_shop()
    with _scratch(stage) as folder, _up(folder) as up:
        time.sleep(AT_REST_AFTER_S)
        database = family(postmaster(up.server))
        pids = [*family(up.process.pid), *database]
        whole = pss_mib(pids)
        facts = _by_kind(pids)
        idle = [
            subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) for _ in range(_INTERPRETERS)
        ]
        try:
            time.sleep(1)
            floor = pss_mib([*database, *(process.pid for process in idle)])
        finally:
            for process in idle:
                process.kill()
                process.wait()
    return [Row("memory", "whole stack at rest", whole, "MiB", floor, f"MiB PostgreSQL, {_INTERPRETERS} empty Pythons",
                MEMORY_GOAL, facts)]  # fmt: skip


def _by_kind(pids: list[int]) -> dict[str, float]:
    """MiB by what the processes are."""
    kinds: dict[str, list[int]] = {}
    for pid in pids:
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        kind = next((name for name in _KINDS if name in command), "other")
        kinds.setdefault({"granian": "web"}.get(kind, kind), []).append(pid)
    return {f"{kind} ({len(members)})": pss_mib(members) for kind, members in kinds.items()}


@contextmanager
def _up(folder: Path) -> Iterator[Up]:
    port, sandbox_port, _suppliers_port = free_ports(3)
    environment = {"KAMENG_DATA": str(folder), "KAMENG_PORT": str(port), "KAMENG_DATABASE_URL": "",
                   "KAMENG_PUBLIC_URL": f"http://127.0.0.1:{port}"}  # fmt: skip
    command = (sys.executable, "-m", "kameng", "up", "--sandbox-port", str(sandbox_port))
    with child(*command, log=folder / "up.log", environment=environment) as process:
        page = f"http://127.0.0.1:{port}/"
        seconds = wait_until(lambda: _shows(page, process), what=page, within_s=_START_WITHIN_S)
        yield Up(process, embedded(settings_from(environment)), seconds)


def _shows(page: str, process: "subprocess.Popen[bytes]") -> bool:
    if process.poll() is not None:
        msg = f"`kameng up` ended with {process.returncode}"
        raise RuntimeError(msg)
    try:
        with urllib.request.urlopen(page, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _bare_start(server: EmbeddedPostgres) -> float:
    began = time.perf_counter()
    server.start()
    seconds = time.perf_counter() - began
    server.stop()
    return seconds


@contextmanager
def _scratch(stage: Stage) -> Iterator[Path]:
    """A data folder; its database is gone with it, wherever that lives."""
    with tempfile.TemporaryDirectory(dir=stage.folder) as name:
        folder = Path(name)
        try:
            yield folder
        finally:
            _remove(embedded(settings_from({"KAMENG_DATA": str(folder)})))


def _remove(server: EmbeddedPostgres) -> None:
    server.stop()
    shutil.rmtree(server.folder, ignore_errors=True)
    shutil.rmtree(server.socket_folder, ignore_errors=True)
