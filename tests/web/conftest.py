"""The whole application over HTTP, for all surfaces."""

from collections.abc import AsyncIterator
from typing import Any, cast

import httpx
import pytest

from kameng.app import make_app
from kameng.kernel.clock import VirtualClock
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.settings import settings_from
from kameng.web.sandbox.serve import running
from kameng.web.sandbox.signature import Merchant
from tests.web.shopfront import Shopfront, fill, keys_of

BASE = "http://testserver.local"


@pytest.fixture
async def shopfront(database_url: str, db: Database, keyring: Keyring, clock: VirtualClock) -> AsyncIterator[Shopfront]:
    """A filled shop and a visitor who has just come in."""
    settings = settings_from({"KAMENG_DATABASE_URL": database_url, "KAMENG_KEYS": keys_of(keyring)})
    async with running(merchant=Merchant("1001", "sandbox-key"), notify_pauses_s=()) as sandbox:
        sku_id = await fill(db, keyring, sandbox)
        app = make_app(settings, clock=clock)
        transport = httpx.ASGITransport(cast("Any", app), raise_app_exceptions=False, client=("127.0.0.1", 50_000))
        # In this very loop, for the shop has to reach the gateway while the visitor waits.
        async with app.lifespan(), httpx.AsyncClient(transport=transport, base_url=BASE) as client:
            yield Shopfront(client, app, db, sku_id, sandbox)
