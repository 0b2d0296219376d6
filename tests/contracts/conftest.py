from collections.abc import AsyncIterator

import pytest

from kameng.adapters.http import HttpClient
from kameng.web.sandbox.suppliers.serve import Stage, changing_stage
from tests.contracts.suppliers.entry import SHORT_S, TIMEOUT_S, Contract, standing


@pytest.fixture(scope="module")
async def stage(anyio_backend: str) -> AsyncIterator[Stage]:
    """One server for all tests of a file; each plays its own supplier there."""
    async with changing_stage() as stage:
        yield stage


@pytest.fixture(scope="module")
async def clients(anyio_backend: str) -> AsyncIterator[tuple[HttpClient, HttpClient]]:
    """One that waits, and one that does not."""
    async with HttpClient(total_timeout_s=TIMEOUT_S) as http, HttpClient(total_timeout_s=SHORT_S) as hasty:
        yield http, hasty


@pytest.fixture
async def contract(
    request: pytest.FixtureRequest, stage: Stage, clients: tuple[HttpClient, HttpClient]
) -> AsyncIterator[Contract]:
    """At the counter of the entry the test was parametrised with (`@for_entries`)."""
    http, hasty = clients
    async with standing(request.param, stage, http=http, hasty=hasty) as contract:
        yield contract
