import pytest

from tests.builders.batching import Batches
from tests.builders.shop import Shop


@pytest.fixture
def batches(shop: Shop) -> Batches:
    return Batches(shop)
