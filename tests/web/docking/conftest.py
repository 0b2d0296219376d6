import pytest

from kameng.kernel.crypto import Keyring
from kameng.merchants.merchant import Caller, Scope
from tests.builders.merchant import a_merchant
from tests.web.shopfront import Shopfront


@pytest.fixture
async def caller(shopfront: Shopfront, keyring: Keyring) -> Caller:
    """1000 yuan on the balance, and a key for docking alone."""
    return await a_merchant(shopfront.db, keyring, price_percent=95, scopes=[Scope.DUJIAO, Scope.ACGFAKA])
