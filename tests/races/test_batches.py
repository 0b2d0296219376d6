"""A batch beside people who do the same to the same orders one by one: each order once, whoever comes first."""

import asyncio
from collections.abc import Awaitable

import pytest

from kameng.batches.batch import Action, BatchMoved
from kameng.batches.carry_out import carry_out_batches
from kameng.batches.steer import break_off_batch, stop_batch
from kameng.kernel.errors import Refusal
from kameng.orders.lifecycle import Actor, ActorKind, OrderState
from kameng.orders.number import OrderId
from kameng.payment.ask_refund import RefundWish, ask_refund
from kameng.payment.attempt import RefundCause
from kameng.payment.request import RefundRequest
from kameng.payment.sweep_refunds import sweep_refunds
from kameng.resubmission.apply import Application, apply
from kameng.resubmission.resubmission import Kind
from kameng.supply.answer import Delivered
from tests.builders.batching import Batches, delivered_orders, stuck_orders
from tests.builders.dispatching import a_bench, codes
from tests.builders.resubmitting import assert_sound, tended
from tests.builders.shop import Shop

pytestmark = [pytest.mark.anyio, pytest.mark.races]

ROUNDS = 3
ORDERS = 8


async def together(*doings: Awaitable[object]) -> None:
    results = await asyncio.gather(*doings, return_exceptions=True)
    assert all(not isinstance(result, BaseException) or isinstance(result, Refusal) for result in results), results


async def sent_back(shop: Shop) -> int:
    while await sweep_refunds(db=shop.db, gateways=shop.gateways):
        pass
    return sum(trade.sent_back_fen for trade in shop.bank.trades.values())


async def single(batches: Batches, order_id: OrderId) -> RefundRequest:
    wish = RefundWish(order_id, RefundCause.GOODWILL, "协商", Actor(ActorKind.STAFF, "wang"))
    async with batches.shop.db.transaction() as tx:
        return await ask_refund(tx, rules=batches.refunds, wish=wish)


async def test_what_is_refunded_singly_meanwhile_is_refunded_once(shop: Shop) -> None:
    batches = Batches(shop)
    for _ in range(ROUNDS):
        orders = await delivered_orders(shop, orders=ORDERS)
        batch_id = await batches.started(Action.REFUND, orders)
        await together(
            *(carry_out_batches(batches.bench()) for _ in range(2)), *(single(batches, order) for order in orders)
        )  # fmt: skip
        await batches.carried_out()
        counted = await batches.counted(batch_id)
        assert sum(counted.values()) == ORDERS
        assert set(counted) <= {"done", "changed"}
    assert await sent_back(shop) == ROUNDS * ORDERS * 1000
    await assert_sound(shop)


async def test_a_buyers_tap_and_a_batch_deliver_once(shop: Shop) -> None:
    batches = Batches(shop)
    bench = await a_bench(shop, "north", quantity=2)
    orders = await stuck_orders(bench, orders=ORDERS)
    batch_id = await batches.started(Action.RESUBMIT, orders)
    desk = batches.bench().desk
    await together(
        *(carry_out_batches(batches.bench()) for _ in range(2)),
        *(apply(desk, Application(order, Kind.DELIVER_AGAIN, is_owner=True)) for order in orders),
    )
    for order in orders:
        bench["north"].will("place", Delivered(codes=codes(f"B{order}"), cost_fen=900))
    await batches.carried_out()
    await bench.work()
    await tended(desk, minutes=1)
    assert set(await batches.counted(batch_id)) <= {"done", "changed"}
    assert {await shop.state(order) for order in orders} == {OrderState.DELIVERED}
    [row] = await shop.rows("SELECT max(n) AS n FROM (SELECT count(*) AS n FROM resubmissions GROUP BY order_id) AS c")
    assert row["n"] == 1
    await assert_sound(shop)


async def test_stopping_and_breaking_off_while_workers_are_at_it_leaves_nothing_half_done(shop: Shop) -> None:
    batches = Batches(shop)
    for steer in (stop_batch, break_off_batch):
        orders = await delivered_orders(shop, orders=ORDERS)
        batch_id = await batches.started(Action.REFUND, orders)

        async def steered(steer: object = steer, batch_id: int = batch_id) -> None:
            await asyncio.sleep(0.01)
            try:
                async with shop.db.transaction() as tx:
                    await steer(tx, batch_id=batch_id, word=await batches.word())  # type: ignore[operator]
            except BatchMoved:
                # All was done before.
                return

        await batches.person()
        await together(*(carry_out_batches(batches.bench(), of_each=3) for _ in range(2)), steered())
        counted = await batches.counted(batch_id)
        [row] = await shop.rows("SELECT count(*) AS n FROM refund_requests WHERE order_id = ANY($1)", orders)
        assert counted["done"] == row["n"]
        assert counted["done"] + counted["todo"] + counted["left"] == ORDERS
    await assert_sound(shop)
