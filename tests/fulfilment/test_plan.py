"""Intentions: how much is asked of whom, how long an order waits, and how it ends without a route."""

from dataclasses import replace
from datetime import timedelta

import pytest

from kameng.fulfilment.plan import plan
from kameng.kernel.crypto import keyring_of
from kameng.orders.lifecycle import OrderState
from kameng.supply.answer import Delivered, InDoubt, NotFound, Partly, Reason, Refused
from tests.builders.dispatching import Bench, a_bench, codes
from tests.builders.shop import Shop, a_paid_order

pytestmark = pytest.mark.anyio

OPEN_TROUBLE = """
INSERT INTO troubles (supplier_id, kind, opened_at, expected_until, probe_at) SELECT id, 'failing', $1, $1, $2
FROM suppliers
"""


async def run(shop: Shop, statement: str, *values: object) -> None:
    async with shop.db.transaction() as tx:
        await tx.connection.execute(statement, *values)


def at_a_time(bench: Bench, calls: int) -> None:
    """Every supplier may have so many calls in flight from now on."""
    bench.dispatcher._free = lambda source: calls - bench.dispatcher._calls[source.id]  # type: ignore[method-assign]


async def test_nothing_is_planned_twice_for_what_is_on_its_way(shop: Shop) -> None:
    bench = await a_bench(shop, quantity=3)
    await bench.work()
    await run(shop, "UPDATE deliveries SET route_at = $1", shop.clock.now())
    await bench.work()
    assert [ask.quantity for ask in bench["north"].placed] == [3]


async def test_what_is_written_down_says_why(shop: Shop) -> None:
    bench = await a_bench(shop, "north", "south", quantity=2)
    await run(shop, "UPDATE routes SET enabled = false WHERE supplier_id = $1", bench.depot.ids["north"])
    await bench.work()
    [attempt] = await bench.attempts()
    assert attempt["chosen"]["because"] == "priority"
    assert [one["why"] for one in attempt["chosen"]["passed_over"]] == ["stopped"]
    assert (attempt["supplier_id"], attempt["quantity"], attempt["asked_for"]) == (bench.depot.ids["south"], 2, 2)


async def test_the_guard_is_the_price_of_the_order_not_todays(shop: Shop) -> None:
    bench = await a_bench(shop, quantity=2)
    await run(shop, "UPDATE skus SET price_fen = 99900")
    await run(shop, "UPDATE supplier_goods SET price_fen = 1001")
    await bench.work()
    assert bench["north"].placed == []
    assert await bench.state() is OrderState.REFUNDING


async def test_half_of_a_top_up_is_completed_by_goods_of_half_the_worth(shop: Shop) -> None:
    bench = await a_bench(shop, "north", "south", top_up=True, face_fen=10000)
    await run(shop, "UPDATE routes SET face_fen = 5000 WHERE supplier_id = $1", bench.depot.ids["south"])
    await run(shop, "UPDATE supplier_goods SET price_fen = 450 WHERE supplier_id = $1", bench.depot.ids["south"])
    bench["north"].will("place", Partly(5000, "到账一半", cost_fen=500))
    await bench.work()
    [ask] = bench["south"].placed
    assert (ask.quantity, ask.face_fen, ask.cost_max_fen) == (1, 5000, 500)


async def test_what_cannot_be_completed_is_left_to_a_person_and_can_not_be_refunded_by_accident(shop: Shop) -> None:
    bench = await a_bench(shop, top_up=True, face_fen=10000)
    bench["north"].will("place", Partly(5000, "到账一半"))
    await bench.work()
    assert await bench.state() is OrderState.EXCEPTION
    assert (await bench.delivery())["state"] == "stuck"
    assert await shop.alarms() == ["delivery_stuck"]
    assert await shop.refunds() == []


async def test_one_delivery_does_not_take_more_calls_than_its_supplier_may_have(shop: Shop) -> None:
    bench = await a_bench(shop, quantity=5, pieces_at_once=1)
    at_a_time(bench, 2)
    await bench.dispatcher.look()
    assert len(await bench.attempts()) == 2
    await bench.dispatcher.finish()
    # The rest doesn't wait for what came of the first ones: a free line is enough.
    await bench.wait(3)
    assert len(bench["north"].placed) == 5


async def test_a_long_line_is_stood_in_for_hours_but_not_for_ever(shop: Shop) -> None:
    bench = await a_bench(shop)
    at_a_time(bench, 0)
    await bench.work()
    looks = []
    for _ in range(4):
        delivery = await bench.delivery()
        looks.append((delivery["route_at"] - shop.clock.now()).total_seconds())
        await bench.skip(minutes=1)
    assert looks == [1, 7.5, 15, 15]
    await bench.skip(minutes=60)
    assert await bench.state() is OrderState.DELIVERING
    await bench.skip(minutes=60)
    assert await bench.state() is OrderState.REFUNDING


async def test_an_unreadable_supplier_is_waited_for_as_long_as_any_other(shop: Shop) -> None:
    bench = await a_bench(shop)
    bench.depot.suppliers.makers.pop("scripted")  # type: ignore[attr-defined]
    await bench.skip(seconds=10)
    assert await bench.state() is OrderState.DELIVERING
    await bench.skip(minutes=31)
    assert await bench.state() is OrderState.REFUNDING
    assert bench["north"].placed == []


async def test_whoever_comes_second_to_a_probe_waits(shop: Shop) -> None:
    bench = await a_bench(shop)
    now = shop.clock.now()
    await run(shop, OPEN_TROUBLE, now, now)
    second = await a_paid_order(shop, bench.goods, contact="13900001111")
    await bench.work()
    assert len(bench["north"].placed) == 1
    assert {await bench.state(), await shop.state(second.order_id)} == {OrderState.DELIVERING}
    [waiting] = await shop.rows("SELECT route_at FROM deliveries WHERE route_at IS NOT NULL")
    assert waiting["route_at"] == now + timedelta(seconds=15)


async def test_a_supplier_that_never_heard_of_it_is_asked_anew_after_all_others_and_not_for_ever(shop: Shop) -> None:
    bench = await a_bench(shop, "north", "south")
    north, south = bench.depot.ids.values()
    bench["south"].will("place", Refused(Reason.BALANCE_LOW, "余额不足"))
    bench["north"].will("place", *[InDoubt("cut off")] * 9)
    bench["north"].will("query", *[NotFound()] * 99)
    for _ in range(100):
        await bench.skip(seconds=15)
    assert [row["supplier_id"] for row in await bench.attempts()] == [north, south, north, north]
    assert await bench.states() == ["failed", "refused", "failed", "failed"]
    assert await bench.state() is OrderState.REFUNDING


async def test_a_death_between_intention_and_call_costs_the_buyer_only_time(shop: Shop) -> None:
    bench = await a_bench(shop)
    for _ in range(2):
        sources = {source.id: source for source in await bench.depot.suppliers.listed()}
        [row] = await shop.rows("SELECT id FROM deliveries WHERE route_at <= $1", shop.clock.now())
        [planned] = await plan(
            db=shop.db, keyring=bench.keyring, delivery_id=int(str(row["id"])), order_id=bench.order_id,
            sources=sources, free=dict.fromkeys(sources, 5),
        )  # fmt: skip
        # Nobody calls: the process is gone. The supplier truthfully knows of nothing.
        bench["north"].will("query", *[NotFound()] * 8)
        while (await bench.attempts())[-1]["id"] == planned.attempt.id and (await bench.states())[-1] != "failed":
            shop.clock.go_on(timedelta(seconds=10))
            await bench.dispatcher._ask(sources)
            await bench.dispatcher.finish()
        bench["north"].script["query"].clear()
    bench["north"].will("place", Delivered(codes=codes("A1")))
    await bench.work()
    assert await bench.states() == ["failed", "failed", "delivered"]
    assert await bench.state() is OrderState.DELIVERED


async def test_a_plan_that_breaks_is_told_and_keeps_nobody_waiting(shop: Shop) -> None:
    bench = await a_bench(shop, top_up=True)
    shop_key = bench.dispatcher._keyring
    bench.dispatcher._keyring = keyring_of("other:" + "AAAA" * 10 + "AAA=")
    await bench.work()
    assert await shop.alarms() == ["job_gave_up"]
    assert await bench.states() == []
    bench.dispatcher._keyring = shop_key
    await bench.skip(seconds=46)
    assert len(bench["north"].placed) == 1


async def test_a_free_supplier_gets_what_a_busy_one_cannot_take(shop: Shop) -> None:
    bench = await a_bench(shop, "north", "south")
    north = bench.depot.ids["north"]
    bench.dispatcher._free = lambda source: 0 if source.id == north else 5  # type: ignore[method-assign]
    await bench.work()
    assert (len(bench["north"].placed), len(bench["south"].placed)) == (0, 1)


async def test_a_closed_delivery_is_left_alone(shop: Shop) -> None:
    bench = await a_bench(shop)
    bench["north"].will("place", Refused(Reason.OTHER, "不卖"))
    await bench.work()
    delivery = await bench.delivery()
    assert (delivery["state"], delivery["route_at"]) == ("given_up", None)
    assert delivery["closed_at"] == shop.clock.now()
    sources = {source.id: source for source in await bench.depot.suppliers.listed()}
    assert (
        await plan(
            db=shop.db, keyring=bench.keyring, delivery_id=delivery["id"], order_id=bench.order_id, sources=sources,
            free=dict.fromkeys(sources, 5),
        )
        == []
    )  # fmt: skip


async def test_many_pieces_one_at_a_time_are_placed_in_several_looks(shop: Shop) -> None:
    bench = await a_bench(shop, quantity=23, pieces_at_once=1)
    bench["north"].abilities = replace(bench["north"].abilities, ask_after=(timedelta(hours=1),))
    await bench.dispatcher.look()
    assert len(await bench.attempts()) == 20
    await bench.dispatcher.finish()
    await bench.wait(2)
    assert len({ask.number for ask in bench["north"].placed}) == 23
