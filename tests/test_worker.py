"""The worker does what was left behind for it, goes on after failures, and ends when asked."""

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from kameng.journey import FOLLOWING
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database, open_pool
from kameng.orders.lifecycle import OrderState
from kameng.orders.lock import lock_order
from kameng.orders.number import OrderId
from kameng.payment.jobs import SEND_REFUND
from kameng.risk.alarms import AlarmKind, list_alarms
from kameng.settings import Settings, settings_from
from kameng.stock.batches import find_batch
from kameng.stock.card import BatchState
from kameng.stock.stage_upload import stage_upload
from kameng.worker import work
from tests.builders.shop import Shop, a_stocked_sku, an_order

pytestmark = pytest.mark.anyio

PATIENCE_S = 30.0


@pytest.fixture
def settings(database_url: str) -> Settings:
    key = f"test:{base64.b64encode(bytes(range(32))).decode()}"
    return settings_from({"KAMENG_DATABASE_URL": database_url, "KAMENG_KEYS": key})


@pytest.fixture
async def present(database_url: str) -> AsyncIterator[Database]:
    """The database by the clock on the wall, which the worker goes by."""
    async with await open_pool(database_url) as pool:
        yield Database(pool, following=FOLLOWING)


@asynccontextmanager
async def a_worker(settings: Settings) -> AsyncIterator[None]:
    stop = asyncio.Event()
    working = asyncio.create_task(work(settings, settings.database_url or "", stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(working, PATIENCE_S)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not await condition():  # noqa: ASYNC110 - it happens in the database, where no event of ours can be set
            await asyncio.sleep(0.05)


async def state_of(db: Database, order_id: OrderId) -> OrderState:
    async with db.transaction() as tx:
        return (await lock_order(tx, order_id)).state


async def test_unpaid_orders_are_cancelled(settings: Settings, shop: Shop, present: Database) -> None:
    order = await an_order(shop, await a_stocked_sku(shop))

    # The order was placed by the tests' clock, in the past by now.
    async with a_worker(settings):

        async def cancelled() -> bool:
            return await state_of(present, order.order_id) is OrderState.CANCELLED

        await until(cancelled)


async def test_an_upload_is_imported_by_its_job(
    settings: Settings, shop: Shop, present: Database, keyring: Keyring
) -> None:
    goods = await a_stocked_sku(shop)
    batch_id = await stage_upload(
        db=present, keyring=keyring, sku_id=goods.sku_id, name="codes.txt", content=b"UP-1\nUP-2\n", staff_id=None
    )

    async with a_worker(settings):

        async def imported() -> bool:
            async with present.reading() as connection:
                batch = await find_batch(connection, batch_id)
            return batch is not None and batch.state is BatchState.IMPORTED

        await until(imported)


async def test_a_job_that_fails_raises_an_alarm_and_stops_nobody(
    settings: Settings, shop: Shop, present: Database
) -> None:
    order = await an_order(shop, await a_stocked_sku(shop))
    async with present.transaction() as tx:
        await SEND_REFUND.defer(tx, refund_id="not a number")

    async with a_worker(settings):

        async def alarmed_and_going_on() -> bool:
            async with present.reading() as connection:
                kinds = {alarm.kind for alarm in await list_alarms(connection)}
            return kinds == {AlarmKind.JOB_GAVE_UP} and await state_of(present, order.order_id) is OrderState.CANCELLED

        await until(alarmed_and_going_on)


async def test_it_ends_when_asked_though_there_is_nothing_to_do(settings: Settings) -> None:
    async with asyncio.timeout(PATIENCE_S):
        async with a_worker(settings):
            await asyncio.sleep(timedelta(milliseconds=200).total_seconds())
