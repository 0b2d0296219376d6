"""The whole application over HTTP, for all surfaces."""

from collections.abc import AsyncIterator

import pytest
from litestar.testing import AsyncTestClient

from kameng.app import make_app
from kameng.kernel.clock import VirtualClock
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.settings import settings_from
from kameng.web.sandbox.serve import running
from kameng.web.sandbox.signature import Merchant
from tests.web.shopfront import Shopfront, fill, keys_of


@pytest.fixture
async def shopfront(
    database_url: str, db: Database, keyring: Keyring, clock: VirtualClock
) -> AsyncIterator[Shopfront]:
    """A filled shop and a visitor who has just come in."""
    settings = settings_from({"KAMENG_DATABASE_URL": database_url, "KAMENG_KEYS": keys_of(keyring)})
    async with running(merchant=Merchant("1001", "sandbox-key"), notify_pauses_s=()) as sandbox:
        sku_id = await fill(db, keyring, sandbox)
        async with AsyncTestClient(make_app(settings, clock=clock)) as client:
            yield Shopfront(client, db, sku_id, sandbox)
