"""A desk that puts orders right, under the clock that stands still."""

import pytest

from kameng.checkout.place_order import CheckoutRules
from kameng.resubmission.desk import Desk
from kameng.resubmission.resubmission import ResubmissionRules
from tests.builders.shop import Shop


@pytest.fixture
def desk(shop: Shop) -> Desk:
    return Desk(shop.db, shop.keyring, shop.gateways, ResubmissionRules(), CheckoutRules())
