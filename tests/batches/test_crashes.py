"""A worker dies between any two of its steps; another goes on, and every order is done exactly once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from asyncpg.transaction import Transaction as Block

from kameng.batches.batch import Action
from kameng.batches.carry_out import carry_out_batches
from kameng.kernel.database import Database, Transaction
from kameng.orders.lifecycle import OrderState
from kameng.payment.sweep_refunds import sweep_refunds
from kameng.supply.answer import Delivered
from tests.builders.batching import Batches, delivered_orders, stuck_orders
from tests.builders.dispatching import a_bench, codes
from tests.builders.resubmitting import assert_sound, tended

pytestmark = pytest.mark.anyio

MADE = "SELECT order_id, count(*) AS n FROM {} GROUP BY order_id ORDER BY order_id"


class Killed(BaseException):
    """Not an error that anybody could catch and tidy up after."""


class Dying(Database):
    """Dies at its n-th commit: just before it, or just after."""

    def __init__(self, db: Database, *, at: int, after: bool) -> None:
        super().__init__(db.pool, following=db.following, clock=db.clock)
        self.left = at
        self.after = after

    async def _commit(self, block: Block) -> None:
        self.left -= 1
        if self.left <= 0 and not self.after:
            raise Killed
        await super()._commit(block)
        if self.left <= 0:
            raise Killed

    @asynccontextmanager
    async def one_statement(self) -> AsyncIterator[Transaction]:
        self.left -= 1
        if self.left <= 0 and not self.after:
            raise Killed
        async with super().one_statement() as tx:
            yield tx
        if self.left <= 0:
            raise Killed


async def died(batches: Batches, *, at: int, after: bool) -> bool:
    """Whether the worker came as far as that."""
    worker = carry_out_batches(batches.bench(Dying(batches.shop.db, at=at, after=after)))
    try:
        await asyncio.create_task(worker)
    except BaseExceptionGroup as errors:
        return errors.subgroup(Killed) is not None
    except Killed:
        return True
    return False


@pytest.mark.parametrize("after", [False, True])
async def test_refunds_are_asked_for_once_wherever_the_worker_dies(batches: Batches, after: bool) -> None:
    shop = batches.shop
    at, was_killed = 0, True
    while was_killed:
        at += 1
        orders = await delivered_orders(shop, orders=3)
        batch_id = await batches.started(Action.REFUND, orders)
        was_killed = await died(batches, at=at, after=after)
        shop.clock.go_on(timedelta(minutes=2))
        await batches.carried_out()
        assert await batches.counted(batch_id) == {"done": 3}
        assert await batches.state(batch_id) == "done"
    assert at > 4
    assert {row["n"] for row in await shop.rows(MADE.format("refund_requests"))} == {1}
    while await sweep_refunds(db=shop.db, gateways=shop.gateways):
        pass
    assert sum(trade.sent_back_fen for trade in shop.bank.trades.values()) == at * 3000
    await assert_sound(shop)


@pytest.mark.parametrize("after", [False, True])
async def test_stuck_orders_are_delivered_once_wherever_the_worker_dies(batches: Batches, after: bool) -> None:
    shop = batches.shop
    bench = await a_bench(shop, "north", quantity=2)
    orders = await stuck_orders(bench, orders=12)
    at, was_killed, done = 0, True, 0
    while was_killed:
        at += 1
        some = orders[done : done + 2]
        done += len(some)
        batch_id = await batches.started(Action.RESUBMIT, some)
        was_killed = await died(batches, at=at, after=after)
        for order in some:
            bench["north"].will("place", Delivered(codes=codes(f"B{order}"), cost_fen=900))
        shop.clock.go_on(timedelta(minutes=2))
        await batches.carried_out()
        await bench.work()
        await tended(batches.bench().desk, minutes=1)
        assert await batches.counted(batch_id) == {"done": 2}
        assert {await shop.state(order) for order in some} == {OrderState.DELIVERED}
    assert at > 3
    assert {row["n"] for row in await shop.rows(MADE.format("resubmissions"))} == {1}
    await assert_sound(shop)
