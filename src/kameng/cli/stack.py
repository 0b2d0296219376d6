"""The whole platform on one machine: a database made ready, and the plan of what runs on it."""

import asyncio
import sys
from dataclasses import dataclass

from kameng.cli.demo import (
    OWNER,
    SANDBOX_PID,
    add_sandbox_gateway,
    add_sandbox_suppliers,
    fill_demo,
    sandbox_key,
    staff_login,
)
from kameng.cli.demo_goods import SITES
from kameng.cli.terms import bring_up_to_date, embedded, open_database
from kameng.kernel.supervisor import Plan, Program, listens
from kameng.settings import DATABASE_URL, Settings

SANDBOX_PORT = 8089


class PortTaken(Exception):
    """Somebody listens there already."""


@dataclass(frozen=True)
class Stack:
    """Where everything is, once its plan runs."""

    settings: Settings
    sandbox_port: int = SANDBOX_PORT

    @property
    def web_url(self) -> str:
        return f"http://127.0.0.1:{self.settings.port}"

    @property
    def sandbox_url(self) -> str:
        return f"http://127.0.0.1:{self.sandbox_port}/"

    @property
    def suppliers_port(self) -> int:
        return self.sandbox_port + 1

    @property
    def suppliers_url(self) -> str:
        return f"http://127.0.0.1:{self.suppliers_port}/"

    def prepare(self) -> Plan:
        """Start and migrate the database, fill an empty shop, and say what to run. Raises PortTaken."""
        for port in (self.settings.port, self.sandbox_port, self.suppliers_port):
            if listens(port):
                msg = f"port {port} is taken; choose others with KAMENG_PORT and --sandbox-port"
                raise PortTaken(msg)
        self.settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self.settings.data / "logs").mkdir(exist_ok=True)
        url, folder = self.settings.database_url, None
        if url is None:
            server = embedded(self.settings)
            server.start()
            url, folder = server.url, str(server.folder)
        key_file = self.settings.data / "sandbox.key"
        bring_up_to_date(url)
        password = asyncio.run(self._fill(url, sandbox_key(key_file)))
        programs = [
            self._program(url, "sandbox", "--port", str(self.sandbox_port), "--pid", SANDBOX_PID, "--key-file",
                          str(key_file), "--books", str(self.settings.data / "sandbox.sqlite"),
                          "--suppliers-port", str(self.suppliers_port),
                          ready_port=self.sandbox_port),
            self._program(url, "web", ready_url=f"{self.web_url}/readyz"),
            self._program(url, "worker"),
        ]  # fmt: skip
        return Plan(programs, folder, self._words(password))

    async def _fill(self, url: str, key: str) -> str:
        keyring = self.settings.keyring()
        async with open_database(url) as db:
            is_new = await fill_demo(db, keyring)
            await add_sandbox_gateway(db, keyring, url=self.sandbox_url, key=key)
            await add_sandbox_suppliers(db, keyring, url=self.suppliers_url, key=key, with_routes=is_new)
            return await staff_login(db)

    def _program(
        self, url: str, name: str, *arguments: str, ready_url: str | None = None, ready_port: int | None = None
    ) -> Program:
        environment = {
            DATABASE_URL: url,
            "KAMENG_DATA": str(self.settings.data.resolve()),
            "KAMENG_PORT": str(self.settings.port),
            "KAMENG_PUBLIC_URL": self.settings.public_url,
        }
        command = [sys.executable, "-m", "kameng", name, *arguments]
        log_file = str(self.settings.data / "logs" / f"{name}.log")
        return Program(name, command, environment, log_file, ready_url, ready_port)

    def _words(self, password: str) -> str:
        url, (first, second) = self.settings.public_url, SITES
        return (
            f"\n  {first.name}      {url}/"
            f"\n  {second.name}      {url}/s/{second.code}/"
            f"\n  查单 Look up   {url}/q"
            f"\n  后台 Console   {url}/console"
            f"\n     login       {OWNER}"
            f"\n     password    {password}   (made for this run)"
            f"\n  API            {url}/api/v1/openapi.json"
            f"\n  沙箱 Sandbox   {self.sandbox_url}   (pays; its suppliers are at {self.suppliers_url})"
            f"\n  Logs           {self.settings.data / 'logs'}"
            "\n\nCtrl-C stops everything.\n"
        )
