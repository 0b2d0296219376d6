"""The whole platform on one machine: database, web, worker, sandbox gateway, each a process of its own."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from kameng.cli.demo import SANDBOX_PID, add_sandbox_gateway, fill_demo, sandbox_key, staff_login
from kameng.cli.terms import embedded, open_database
from kameng.kernel.embedded import EmbeddedPostgres
from kameng.kernel.migrations import migrate
from kameng.settings import DATABASE_URL, Settings

READY_WITHIN_S = 60.0
STOP_WITHIN_S = 20.0
SANDBOX_PORT = 8089


@dataclass
class Process:
    """A child that is started again when it ends without being asked to."""

    name: str
    arguments: tuple[str, ...]
    log_file: Path
    environment: dict[str, str]
    child: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        with self.log_file.open("ab") as log:
            self.child = subprocess.Popen(  # noqa: S603 - ourselves
                [sys.executable, "-m", "kameng", *self.arguments],
                env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def ask_to_stop(self) -> None:
        if self.child is not None and self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)

    def wait(self) -> None:
        if self.child is None:
            return
        try:
            self.child.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()


@dataclass
class Stack:
    """`start()`, then `watch()` until it is time, then `stop()`."""

    settings: Settings
    sandbox_port: int = SANDBOX_PORT
    processes: list[Process] = field(default_factory=list)
    password: str = ""
    _own_database: EmbeddedPostgres | None = None

    @property
    def sandbox_url(self) -> str:
        return f"http://127.0.0.1:{self.sandbox_port}/"

    @property
    def web_url(self) -> str:
        return f"http://127.0.0.1:{self.settings.port}"

    def start(self) -> None:
        """Everything up and answering. Raises RuntimeError with the log to read when something doesn't come up."""
        for port in (self.settings.port, self.sandbox_port):
            _must_be_free(port)
        self.settings.data.mkdir(parents=True, exist_ok=True)
        (self.settings.data / "logs").mkdir(exist_ok=True)
        with ExitStack() as undo:
            undo.callback(self.stop)
            url = self._start_database()
            key_file = self.settings.data / "sandbox.key"
            key = sandbox_key(key_file)
            asyncio.run(self._prepare(url, key))
            self.processes = [
                self._process("sandbox", url, "sandbox", "--port", str(self.sandbox_port), "--pid", SANDBOX_PID,
                              "--key-file", str(key_file), "--books", str(self.settings.data / "sandbox.sqlite")),
                self._process("web", url, "web"),
                self._process("worker", url, "worker"),
            ]  # fmt: skip
            for process in self.processes:
                process.start()
            self._wait_until_ready()
            undo.pop_all()

    def watch(self) -> None:
        """Start again what ended by itself; one look."""
        for process in self.processes:
            if process.child is not None and process.child.poll() is not None:
                process.start()

    def stop(self) -> None:
        """Ask all to stop, wait until they have, then the database."""
        for process in self.processes:
            process.ask_to_stop()
        for process in self.processes:
            process.wait()
        if self._own_database is not None:
            self._own_database.stop()

    def _start_database(self) -> str:
        if self.settings.database_url is not None:
            return self.settings.database_url
        self._own_database = embedded(self.settings)
        self._own_database.start()
        return self._own_database.url

    async def _prepare(self, url: str, key: str) -> None:
        await migrate(url)
        keyring = self.settings.keyring()
        async with open_database(url) as db:
            await fill_demo(db, keyring)
            await add_sandbox_gateway(db, keyring, url=self.sandbox_url, key=key)
            self.password = await staff_login(db)

    def _process(self, name: str, url: str, *arguments: str) -> Process:
        environment = {
            **os.environ,
            DATABASE_URL: url,
            "KAMENG_DATA": str(self.settings.data.resolve()),
            "KAMENG_PORT": str(self.settings.port),
            "KAMENG_PUBLIC_URL": self.settings.public_url,
        }
        return Process(name, arguments, self.settings.data / "logs" / f"{name}.log", environment)

    def _wait_until_ready(self) -> None:
        ends = time.monotonic() + READY_WITHIN_S
        while not (_answers(f"{self.web_url}/readyz") and _listens(self.sandbox_port)):
            for process in self.processes:
                if process.child is not None and process.child.poll() is not None:
                    msg = f"{process.name} ended at once; see {process.log_file}"
                    raise RuntimeError(msg)
            if time.monotonic() > ends:
                msg = f"not ready after {READY_WITHIN_S:.0f} s; see {self.settings.data / 'logs'}"
                raise RuntimeError(msg)
            time.sleep(0.05)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _must_be_free(port: int) -> None:
    if _listens(port):
        msg = f"port {port} is taken; set KAMENG_PORT (or --sandbox-port) to another one"
        raise RuntimeError(msg)
