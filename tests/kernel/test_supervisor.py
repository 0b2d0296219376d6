"""Processes are started, started again, and stopped in order."""

import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kameng.kernel.free_ports import free_ports
from kameng.kernel.supervisor import DidNotStart, Plan, Program, Supervisor

SERVE = """
import socket, sys, time
door = socket.socket(); door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
door.bind(("127.0.0.1", int(sys.argv[1]))); door.listen()
time.sleep(600)
"""
FOREVER_S = 20.0


def until(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + FOREVER_S
    while not condition():
        assert time.monotonic() < ends, "it never happened"
        time.sleep(0.02)


@pytest.fixture
def server(tmp_path: Path) -> Program:
    port = free_ports()[0]
    return Program(
        name="server",
        arguments=[sys.executable, "-c", SERVE, str(port)],
        environment={},
        log_file=str(tmp_path / "server.log"),
        ready_port=port,
    )


@pytest.fixture
def running(server: Program) -> Iterator[Supervisor]:
    supervisor = Supervisor(Plan([server], None, "up"))
    supervisor.start()
    yield supervisor
    supervisor.stop()


def test_a_plan_survives_being_written_down(server: Program) -> None:
    plan = Plan([server], "/somewhere", "words")

    assert Plan.read(plan.written()) == plan


def test_start_returns_when_all_are_ready(running: Supervisor, server: Program) -> None:
    assert running.children["server"].poll() is None
    with socket.create_connection(("127.0.0.1", server.ready_port or 0)):
        pass


def test_what_was_killed_is_started_again(running: Supervisor) -> None:
    first = running.children["server"]
    first.kill()
    first.wait()

    running.watch()

    second = running.children["server"]
    assert second.pid != first.pid
    assert second.poll() is None


def test_what_runs_is_left_alone(running: Supervisor) -> None:
    first = running.children["server"]

    running.watch()

    assert running.children["server"] is first


def test_stop_leaves_nothing_behind(server: Program) -> None:
    supervisor = Supervisor(Plan([server], None, "up"))
    supervisor.start()
    supervisor.stop()

    assert supervisor.children["server"].poll() is not None


def test_one_that_ends_at_once_is_named_with_its_log_and_the_others_are_stopped(
    server: Program, tmp_path: Path
) -> None:
    log_file = tmp_path / "broken.log"
    broken = Program(
        "broken",
        [sys.executable, "-c", "raise SystemExit('out of paper')"],
        {},
        str(log_file),
        ready_port=free_ports()[0],
    )
    supervisor = Supervisor(Plan([server, broken], None, "up"))

    with pytest.raises(DidNotStart, match=rf"broken ended at once; see {log_file}"):
        supervisor.start()

    until(lambda: supervisor.children["server"].poll() is not None)
    assert "out of paper" in log_file.read_text()
