"""Dispatchers, planners, callbacks, questions, staff and refunds, all at the same delivery at the same moment."""

import asyncio
from collections import Counter
from collections.abc import Awaitable
from dataclasses import replace
from datetime import timedelta

import pytest

from kameng.fulfilment.attempt import AskedBy
from kameng.fulfilment.decide_attempt import AttemptNotInDoubt, Finding, decide_attempt
from kameng.fulfilment.halt_delivery import DeliveryInDoubt
from kameng.fulfilment.plan import plan
from kameng.fulfilment.route_again import NothingToRoute, PaidBack, route_again
from kameng.invariants.check import check_invariants
from kameng.kernel.errors import Refusal
from kameng.orders.lifecycle import Actor, ActorKind, OrderState
from kameng.payment.refund import NotNow
from kameng.supply.answer import Accepted, Delivered, Failed, InDoubt, Partly, Reason
from kameng.supply.supplier import CallbackTrust
from tests.builders.dispatching import Bench, a_bench, a_dispatcher, codes, say
from tests.builders.refunds import request_refund
from tests.builders.shop import Shop, a_paid_order

pytestmark = [pytest.mark.anyio, pytest.mark.races]

STAFF = Actor(ActorKind.STAFF, "wang")
ROUNDS = 8
INSERT = """
INSERT INTO delivery_attempts (delivery_id, order_id, n, sku_id, route_id, supplier_id, goods, number, quantity,
                               asked_for, state, cost_max_fen, called_at, ask_at)
SELECT d.id, d.order_id, $2::integer, d.sku_id, 1, 1, '100', 'X-' || $2::integer, 1, d.owed, 'calling', 1000, $1, $1
FROM deliveries d
"""


async def all_of(*calls: Awaitable[object]) -> list[object]:
    """All at once; what was refused comes back as the refusal."""
    found = await asyncio.gather(*calls, return_exceptions=True)
    for one in found:
        assert not isinstance(one, BaseException) or isinstance(one, Refusal), repr(one)
    return list(found)


async def assert_sound(shop: Shop) -> None:
    assert await check_invariants(shop.db, now=shop.clock.now()) == []


async def planning(bench: Bench) -> int:
    sources = {source.id: source for source in await bench.depot.suppliers.listed()}
    planned = await plan(
        db=bench.shop.db, keyring=bench.keyring, delivery_id=(await bench.delivery())["id"], order_id=bench.order_id,
        sources=sources, free=dict.fromkeys(sources, 50),
    )  # fmt: skip
    return sum(one.attempt.quantity for one in planned)


async def decide(bench: Bench, *, delivered: bool) -> object:
    return await decide_attempt(
        db=bench.shop.db, keyring=bench.keyring, suppliers=bench.depot.suppliers,
        attempt_id=(await bench.attempts())[0]["id"], finding=Finding(delivered, "看过", codes=["S1"]), login="wang",
    )  # fmt: skip


async def refund(bench: Bench) -> OrderState:
    async with bench.shop.db.transaction() as tx:
        return await request_refund(tx, order_id=bench.order_id, actor=STAFF, reason="买家等不及")


async def a_doubtful_bench(shop: Shop, *suppliers: str) -> Bench:
    """In doubt, and before a person: it can't be asked about."""
    bench = await a_bench(shop, *suppliers)
    for scripted in bench.depot.scripted.values():
        scripted.abilities = replace(scripted.abilities, asks_by_number=False, callback=CallbackTrust.FINAL)
    bench["north"].will("place", InDoubt("HTTP 502"))
    await bench.work()
    assert await bench.state() is OrderState.EXCEPTION
    return bench


async def test_without_its_lock_two_planners_ask_two_suppliers(shop: Shop) -> None:
    await a_bench(shop)
    both_have_looked = asyncio.Barrier(2)

    async def planner(n: int) -> None:
        async with shop.db.transaction() as tx:
            there = await tx.connection.fetchval("SELECT count(*) FROM delivery_attempts")
            await both_have_looked.wait()
            if there == 0:
                await tx.connection.execute(INSERT, tx.now, n)

    await asyncio.gather(planner(1), planner(2))
    found = [violation.name for violation in await check_invariants(shop.db, now=shop.clock.now())]
    assert found == ["deliveries_oversold"]


async def test_planners_of_one_split_ask_for_each_piece_once(shop: Shop) -> None:
    bench = await a_bench(shop, "north", "south", quantity=30, pieces_at_once=1)
    for _ in range(3):
        await all_of(*(planning(bench) for _ in range(6)))
    rows = await bench.attempts()
    assert sum(row["quantity"] for row in rows) == 30
    assert len({row["number"] for row in rows}) == len(rows) == 30
    await assert_sound(shop)


async def test_several_dispatchers_place_each_order_once(shop: Shop) -> None:
    bench = await a_bench(shop)
    for number in range(15):
        await a_paid_order(shop, bench.goods, contact=f"139{number:08d}")
    dispatchers = [a_dispatcher(bench.depot) for _ in range(4)]
    for _ in range(3):
        await all_of(*(one.look() for one in dispatchers))
    await all_of(*(one.finish() for one in dispatchers))
    assert Counter(Counter(ask.number for ask in bench["north"].placed).values()) == {1: 16}
    await assert_sound(shop)


async def test_without_its_lock_two_answers_count_twice(shop: Shop) -> None:
    bench = await a_bench(shop, quantity=2)
    await bench.work()
    both_have_looked = asyncio.Barrier(2)

    async def record() -> None:
        async with shop.db.transaction() as tx:
            state = await tx.connection.fetchval("SELECT state FROM delivery_attempts")
            await both_have_looked.wait()
            if state == "placed":
                await tx.connection.execute("UPDATE deliveries SET delivered = delivered + 1")

    await asyncio.gather(record(), record())
    assert (await bench.delivery())["delivered"] == 2


async def test_answer_callback_and_question_deliver_once_in_any_order(shop: Shop) -> None:
    for round_ in range(ROUNDS):
        bench = await a_new_bench(shop)
        await planning(bench)
        told = Delivered(codes=codes(f"A{round_}"), cost_fen=900)
        await all_of(
            say(bench, Accepted("N1", cost_fen=900), asked_by=AskedBy.PLACE),
            say(bench, told, asked_by=AskedBy.CALLBACK),
            say(bench, told, asked_by=AskedBy.CALLBACK),
            say(bench, told),
            say(bench, Accepted("N1")),
        )
        assert await bench.states() == ["delivered"]
        assert await bench.codes() == [f"A{round_}"]
        assert (await shop.events(bench.order_id)).count("delivered") == 1
        assert await shop.alarms() == []
        await assert_sound(shop)


async def a_new_bench(shop: Shop, *suppliers: str) -> Bench:
    """Another one on the same database: the books before it are closed."""
    async with shop.db.transaction() as tx:
        await tx.connection.execute(
            "TRUNCATE deliveries, delivery_attempts, attempt_answers, supplier_notices, suppliers, routes,"
            " supplier_goods, cards, alarms, orders, payment_attempts, receipts,"
            " ledger_entries CASCADE"
        )
    return await a_bench(shop, *suppliers)


@pytest.mark.parametrize("answer", [Failed(Reason.OTHER, "失败"), Delivered(codes=codes("A1")), Partly(0, "没有")])
async def test_a_persons_word_and_a_callback_end_in_one_of_both(
    shop: Shop, answer: Delivered | Failed | Partly
) -> None:
    bench = await a_doubtful_bench(shop, "north", "south")
    says_delivered = isinstance(answer, Delivered)
    decided, _ = await all_of(decide(bench, delivered=not says_delivered), bench.hear(answer))
    [state, *_] = await bench.states()
    assert state in {"delivered", "failed"}
    if not isinstance(decided, AttemptNotInDoubt):
        # Both were heard, and they contradict each other: one counts, and somebody is told.
        assert "supplier_contradicts" in await shop.alarms()
    await bench.work()
    delivered = state == "delivered"
    assert len(bench["south"].placed) == (0 if delivered else 1)
    assert await bench.state() is (OrderState.DELIVERED if delivered else OrderState.DELIVERING)
    await assert_sound(shop)


async def test_without_its_lock_money_goes_back_for_what_arrives(shop: Shop) -> None:
    bench = await a_doubtful_bench(shop)
    both_have_looked = asyncio.Barrier(2)

    async def refunder() -> None:
        async with shop.db.transaction() as tx:
            in_doubt = await tx.connection.fetchval("SELECT count(*) FROM delivery_attempts WHERE settled_at IS NULL")
            await both_have_looked.wait()
            assert in_doubt == 1
            await tx.connection.execute("UPDATE orders SET state = 'refunding'")

    async def deliverer() -> None:
        async with shop.db.transaction() as tx:
            state = await tx.connection.fetchval("SELECT state FROM orders")
            await both_have_looked.wait()
            assert state == "exception"
            await tx.connection.execute("UPDATE deliveries SET delivered = owed")

    await asyncio.gather(refunder(), deliverer())
    assert (await bench.state(), (await bench.delivery())["delivered"]) == (OrderState.REFUNDING, 1)


async def test_a_refund_and_a_late_delivery_never_both_happen(shop: Shop) -> None:
    bench = await a_doubtful_bench(shop)
    refunds = [refund(bench) for _ in range(3)]
    found = await all_of(bench.hear(Delivered(codes=codes("A1"))), *refunds)
    assert all(isinstance(one, DeliveryInDoubt | NotNow) for one in found[1:])
    assert await bench.state() is OrderState.DELIVERED
    assert await shop.refunds() == []
    await assert_sound(shop)


async def test_a_refund_and_a_late_failure_leave_one_end(shop: Shop) -> None:
    bench = await a_doubtful_bench(shop)
    found = await all_of(bench.hear(Failed(Reason.OTHER, "失败")), refund(bench), planning(bench))
    assert isinstance(found[1], DeliveryInDoubt | NotNow)
    await bench.work()
    assert await bench.state() is OrderState.REFUNDING
    assert await shop.refund_lines() == [("undeliverable", 1000, "intended")]
    await assert_sound(shop)


async def test_of_a_refund_and_another_try_one_happens(shop: Shop) -> None:
    bench = await a_bench(shop, quantity=3)
    bench["north"].will("place", Partly(1, "一张", codes=codes("A1")))
    await bench.work()
    shop.clock.go_on(timedelta(seconds=1))

    async def again() -> OrderState:
        async with shop.db.transaction() as tx:
            return await route_again(tx, order_id=bench.order_id, actor=STAFF, reason="余额已充")

    refunded, *tried = await all_of(refund(bench), again(), again(), planning(bench))
    await bench.work()
    if isinstance(refunded, NotNow | DeliveryInDoubt):
        assert await bench.state() is OrderState.DELIVERING
        assert [ask.quantity for ask in bench["north"].placed] == [3, 2]
    else:
        assert all(isinstance(one, NothingToRoute | PaidBack) for one in tried[:2])
        assert await bench.state() is OrderState.REFUNDING
        assert len(bench["north"].placed) == 1
    await assert_sound(shop)
