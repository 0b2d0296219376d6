import pytest

from kameng.kernel.clock import VirtualClock
from kameng.kernel.crypto import Keyring
from tests.builders.merchant import a_merchant
from tests.web.merchant_api.programs import Program
from tests.web.shopfront import Shopfront


@pytest.fixture
async def program(shopfront: Shopfront, keyring: Keyring, clock: VirtualClock) -> Program:
    """1000 yuan on the balance, at 95 % of the shop's price."""
    caller = await a_merchant(shopfront.db, keyring, price_percent=95)
    return Program(shopfront.client, clock, caller)
