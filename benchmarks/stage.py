"""Where everything is measured: a PostgreSQL of its own in a scratch folder, and the platform's real processes."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from benchmarks.goods import Goods, add_goods
from benchmarks.history import Known, fill_history
from benchmarks.processes import CpuMeter, cpu_seconds
from kameng.cli.stack import Stack
from kameng.kernel.crypto import Keyring
from kameng.kernel.embedded import EmbeddedPostgres
from kameng.kernel.free_ports import free_ports
from kameng.kernel.supervisor import Supervisor
from kameng.settings import Settings, settings_from

HISTORY = 200_000


@dataclass(frozen=True)
class Size:
    """How much and how long. `quick` is for trying the benchmark out, not for figures to keep."""

    quick: bool

    @property
    def seconds(self) -> float:
        """Of one load."""
        return 1.5 if self.quick else 5.0

    @property
    def rounds(self) -> int:
        """How often figure and floor take turns."""
        return 1 if self.quick else 3

    @property
    def orders(self) -> int:
        return HISTORY // 10 if self.quick else HISTORY


@dataclass
class Shop:
    """A running platform over a database with orders of the past year."""

    server: EmbeddedPostgres
    stack: Stack
    supervisor: Supervisor
    size: Size
    url: str

    @property
    def port(self) -> int:
        return self.stack.settings.port

    @property
    def sandbox_port(self) -> int:
        return self.stack.sandbox_port

    @cached_property
    def keyring(self) -> Keyring:
        return self.stack.settings.keyring()

    @cached_property
    def known(self) -> list[Known]:
        """Orders whose second factor we know, spread over the whole table."""
        return fill_history(self.url, self.keyring, self.size.orders)

    @cached_property
    def goods(self) -> Goods:
        """Products with cards in stock."""
        return add_goods(self.url, self.keyring, cards_each=400 if self.size.quick else 4000)

    def cpu(self, **others: int) -> CpuMeter:
        """From now on: the CPU time of each kind of process; `others` by the number of their process."""
        children = {name: child.pid for name, child in self.supervisor.children.items()}
        pids = {**children, **others, "postgresql": postmaster(self.server)}
        return CpuMeter({**{kind: partial(cpu_seconds, pid) for kind, pid in pids.items()}, "client": _own_cpu})


@dataclass
class Stage:
    """One scratch folder, one server; at most one shop runs at a time."""

    folder: Path
    server: EmbeddedPostgres
    size: Size
    _stack: ExitStack
    _shop: Shop | None = None

    def shop(self) -> Shop:
        """The shop most figures share."""
        if self._shop is None:
            self._shop = self._stack.enter_context(self.open_shop("shop"))
        return self._shop

    def close_shop(self) -> None:
        self._shop = None
        self._stack.close()

    def database(self, name: str) -> str:
        """A new, empty one; its URL."""
        self.server.command("createdb", name)
        return self.server.url_of(name)

    @contextmanager
    def open_shop(self, name: str, *, url: str | None = None) -> Iterator[Shop]:
        """All processes over a database (a new one, or the one at `url`), stopped at the end."""
        url = url or self.database(name)
        stack = Stack(settings_for(self.folder / name, url), sandbox_port=free_ports(2)[0])
        supervisor = Supervisor(stack.prepare())
        try:
            supervisor.start()
            yield Shop(self.server, stack, supervisor, self.size, url)
        finally:
            supervisor.stop()


@contextmanager
def open_stage(size: Size) -> Iterator[Stage]:
    """Everything that was started is stopped at the end, and everything that was written is deleted."""
    name = f"bench-{os.getpid()}"
    with ExitStack() as undo:
        folder = Path(undo.enter_context(tempfile.TemporaryDirectory(prefix="kameng-bench-")))
        home = EmbeddedPostgres.ROOT_FOLDER / name if os.geteuid() == 0 else folder / "postgres"
        server = EmbeddedPostgres(home)
        undo.callback(shutil.rmtree, home, ignore_errors=True)
        undo.callback(shutil.rmtree, server.socket_folder, ignore_errors=True)
        undo.callback(server.stop)
        server.start()
        yield Stage(folder, server, size, undo.enter_context(ExitStack()))


def settings_for(data: Path, url: str) -> Settings:
    port = free_ports()[0]
    return settings_from(
        {
            "KAMENG_DATABASE_URL": url,
            "KAMENG_DATA": str(data),
            "KAMENG_PORT": str(port),
            "KAMENG_PUBLIC_URL": f"http://127.0.0.1:{port}",
        }
    )


def postmaster(server: EmbeddedPostgres) -> int:
    return int((server.data / "postmaster.pid").read_text().split()[0])


def _own_cpu() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
