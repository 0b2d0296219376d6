from collections.abc import AsyncIterator

import pytest

from tests.contracts.suppliers.entry import Contract, standing


@pytest.fixture
async def contract(request: pytest.FixtureRequest) -> AsyncIterator[Contract]:
    """At the counter of the entry the test was parametrised with (`@for_entries`)."""
    async with standing(request.param) as contract:
        yield contract
