"""The console over HTTP: the whole application, visited by staff of any role, and a shop with orders in it."""

import base64
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from litestar.testing import AsyncTestClient

from kameng.app import make_app
from kameng.kernel.clock import VirtualClock
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.settings import settings_from
from kameng.staff.audit import Noted, read_audit
from kameng.staff.member import Staff, Step
from kameng.staff.roles import Role
from kameng.staff.sessions import open_session
from kameng.web.console.door import COOKIE
from tests.web.console.shop import Shop, open_shop

FORM_TOKEN = re.compile(r'name="_csrf_token" value="([^"]+)"')


@dataclass
class Console:
    """The application and whoever visits it. Redirects are not followed."""

    client: AsyncTestClient[Any]
    db: Database
    keyring: Keyring
    people: dict[Role, Staff] = field(default_factory=dict)

    async def enter_as(self, role: Role) -> Staff:
        """A session of somebody with this role, as after a whole log-in."""
        if role not in self.people:
            async with self.db.transaction() as tx:
                staff_id = await tx.connection.fetchval(
                    "INSERT INTO staff (login, role, password_hash, totp_since, created_at)"
                    " VALUES ($1, $2, '', $3, $3) RETURNING id",
                    str(role).replace("_", "-"), role, tx.now,
                )  # fmt: skip
            self.people[role] = Staff(staff_id, str(role).replace("_", "-"), role)
        async with self.db.transaction() as tx:
            opened = await open_session(tx, self.keyring, self.people[role], step=Step.DONE)
        self.hold(opened.token)
        return self.people[role]

    def hold(self, token: str) -> None:
        """Forget every cookie and take this one."""
        self.client.cookies.clear()
        self.client.cookies.set(COOKIE, token, domain=self.client.base_url.host, path="/console")

    async def get(self, path: str, **headers: str) -> httpx.Response:
        answer: httpx.Response = await self.client.get(path, follow_redirects=False, headers=headers)
        return answer

    async def post(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> httpx.Response:
        """With the form's token, fetched from a page first."""
        if "form_token" not in self.client.cookies:
            await self.get("/console/login")
        fields = {"_csrf_token": self.client.cookies["form_token"], **(data or {})}
        answer: httpx.Response = await self.client.post(path, data=fields, follow_redirects=False, **more)
        return answer

    async def log(self) -> list[Noted]:
        return await read_audit(self.db)


@pytest.fixture
async def console(database_url: str, db: Database, keyring: Keyring, clock: VirtualClock) -> AsyncIterator[Console]:
    keys = f"test:{base64.b64encode(keyring.roots['test']).decode()}"
    settings = settings_from({"KAMENG_DATABASE_URL": database_url, "KAMENG_KEYS": keys})
    async with AsyncTestClient(make_app(settings, clock=clock)) as client:
        yield Console(client, db, keyring)


@pytest.fixture
async def shop(db: Database, keyring: Keyring) -> Shop:
    return await open_shop(db, keyring)
