"""Keeps processes running: starts them, waits until they answer, starts again what ends by itself, stops all in order.

Needs nothing but the standard library, so that whoever watches for weeks takes as little memory as can be:
`python -m kameng.kernel.supervisor FD` reads its plan from an open file descriptor.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from kameng.kernel.embedded import EmbeddedPostgres

READY_WITHIN_S = 60.0
STOP_WITHIN_S = 20.0
LOOK_EVERY_S = 1.0
OK = 200


@dataclass(frozen=True)
class Program:
    """One process: what to run, with what on top of our environment, and where its output goes.

    It is ready when `ready_url` answers 200 or something listens on `ready_port`; at once when neither is given.
    """

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    log_file: str
    ready_url: str | None = None
    ready_port: int | None = None


@dataclass(frozen=True)
class Plan:
    """What to run, in which order, over which embedded database (its folder), and what to say once all is ready."""

    programs: Sequence[Program]
    database_folder: str | None
    words: str

    def written(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str) -> "Plan":
        values = json.loads(text)
        return cls(**{**values, "programs": [Program(**program) for program in values["programs"]]})


class DidNotStart(Exception):
    """The message says which, and where its log is."""


@dataclass
class Supervisor:
    """`start()`, then `watch()` now and then, then `stop()`."""

    plan: Plan
    children: "dict[str, subprocess.Popen[bytes]]" = field(default_factory=dict)

    def start(self) -> None:
        """Start all and wait until all are ready; on failure everything is stopped again. Raises DidNotStart."""
        if self._database is not None:
            self._database.start()
        try:
            for program in self.plan.programs:
                self._start(program)
            self._wait_until_ready()
        except DidNotStart:
            self.stop()
            raise

    def watch(self) -> None:
        """Start again what ended by itself; one look."""
        for program in self.plan.programs:
            if self.children[program.name].poll() is not None:
                self._start(program)

    def stop(self) -> None:
        """Ask all to stop, wait until they have, then stop the database."""
        for child in self.children.values():
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
        for child in self.children.values():
            try:
                child.wait(STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        if self._database is not None:
            self._database.stop()

    @property
    def _database(self) -> EmbeddedPostgres | None:
        return EmbeddedPostgres(Path(self.plan.database_folder)) if self.plan.database_folder else None

    def _start(self, program: Program) -> None:
        with Path(program.log_file).open("ab") as log:
            self.children[program.name] = subprocess.Popen(  # noqa: S603 - ourselves
                list(program.arguments), env={**os.environ, **program.environment},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def _wait_until_ready(self) -> None:
        ends = time.monotonic() + READY_WITHIN_S
        for program in self.plan.programs:
            while not is_ready(program):
                if self.children[program.name].poll() is not None:
                    msg = f"{program.name} ended at once; see {program.log_file}"
                    raise DidNotStart(msg)
                if time.monotonic() > ends:
                    msg = f"{program.name} is not ready after {READY_WITHIN_S:.0f} s; see {program.log_file}"
                    raise DidNotStart(msg)
                time.sleep(0.05)


def is_ready(program: Program) -> bool:
    if program.ready_port is not None and not listens(program.ready_port):
        return False
    if program.ready_url is None:
        return True
    try:
        with urllib.request.urlopen(program.ready_url, timeout=2) as answer:  # noqa: S310 - our own address
            return bool(answer.status == OK)
    except (urllib.error.URLError, OSError):
        return False


def listens(port: int) -> bool:
    """Whether something listens on this port of the loopback address."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def main(descriptor: int) -> int:
    """Run the plan until SIGINT or SIGTERM."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with os.fdopen(descriptor) as file:
        supervisor = Supervisor(Plan.read(file.read()))
    try:
        supervisor.start()
    except DidNotStart as failure:
        _say(str(failure))
        return 1
    _say(supervisor.plan.words)
    while not stop.wait(LOOK_EVERY_S):
        supervisor.watch()
    _say("\nStopping …")
    supervisor.stop()
    _say("Stopped. The data stay; the next start finds them.")
    return 0


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
