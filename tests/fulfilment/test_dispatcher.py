"""Many deliveries at once: slow suppliers hold up nobody else, and what breaks, hangs or dies is found again."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from kameng.fulfilment import dispatch as dispatching
from kameng.fulfilment import record as recording
from kameng.fulfilment import settle as settling
from kameng.fulfilment.dispatcher import IN_FLIGHT_MAX
from kameng.fulfilment.plan import plan
from kameng.kernel.crypto import keyring_of
from kameng.orders.lifecycle import OrderState
from kameng.supply.answer import Accepted, Delivered, InDoubt
from tests.builders.dispatching import Bench, a_bench, a_dispatcher, codes, worked
from tests.builders.shop import Shop, a_paid_order
from tests.builders.supplier import a_depot, a_route, a_supplied_sku

pytestmark = pytest.mark.anyio

MAKE_UNREADABLE = "UPDATE suppliers SET config_sealed = '' WHERE code = $1"
READABLE_AGAIN = "UPDATE suppliers SET config_sealed = $2 WHERE code = $1"
SEALED = "SELECT config_sealed FROM suppliers WHERE code = $1"


async def several(bench: Bench, orders: int) -> None:
    for number in range(orders):
        await a_paid_order(bench.shop, bench.goods, contact=f"139{number:08d}")


async def until(ask: Callable[[], Awaitable[object]], answer: object) -> None:
    """What runs beside this has come so far."""
    async with asyncio.timeout(20):
        while await ask() != answer:  # noqa: ASYNC110 - the database sets no event
            await asyncio.sleep(0.01)


async def test_a_slow_supplier_holds_up_nobody_else(shop: Shop) -> None:
    depot = await a_depot(shop, "north", "south", calls_at_once=3)
    slow, quick = await a_supplied_sku(shop), await a_supplied_sku(shop)
    await a_route(depot, slow.sku_id, "north")
    await a_route(depot, quick.sku_id, "south")
    hanging = asyncio.Event()
    depot["north"].will("place", *[hanging] * 3)
    for number in range(8):
        await a_paid_order(shop, slow, contact=f"138{number:08d}")
    order = await a_paid_order(shop, quick)
    depot["south"].will("place", Delivered(codes=codes("B1")))
    dispatcher = a_dispatcher(depot)
    await dispatcher.look()
    await until(lambda: shop.state(order.order_id), OrderState.DELIVERED)
    # As many as may be are in flight, the others stand in line and have not been asked for.
    assert len(depot["north"].placed) == 3
    assert len(await shop.rows("SELECT FROM delivery_attempts")) == 4
    hanging.set()
    await dispatcher.finish()
    shop.clock.go_on(timedelta(seconds=1))
    await worked(dispatcher)
    shop.clock.go_on(timedelta(seconds=1))
    await worked(dispatcher)
    shop.clock.go_on(timedelta(seconds=2))
    await worked(dispatcher)
    assert len(depot["north"].placed) == 8


async def test_however_many_calls_a_supplier_may_have_some_are_left_for_others(shop: Shop) -> None:
    depot = await a_depot(shop, "north", "south", calls_at_once=1000)
    dispatcher = a_dispatcher(depot)
    north, south = await depot.suppliers.listed()
    forever = asyncio.Event()

    async def hang() -> None:
        await forever.wait()

    while dispatcher._free(north) > 0:
        dispatcher._start(north.id, hang())
    assert dispatcher._calls[north.id] == IN_FLIGHT_MAX // 2
    assert dispatcher._free(south) == IN_FLIGHT_MAX // 2
    forever.set()
    await dispatcher.finish()
    assert dispatcher._free(north) == 1000


async def test_who_is_told_to_stop_finishes_what_is_in_flight(shop: Shop) -> None:
    bench = await a_bench(shop)
    hanging, stop = asyncio.Event(), asyncio.Event()
    bench["north"].will("place", hanging, Delivered(codes=codes("A1")))
    running = asyncio.create_task(bench.dispatcher.run(stop))
    await bench["north"].hanging.wait()
    stop.set()
    await asyncio.sleep(0)
    assert not running.done()
    hanging.set()
    await running
    assert await bench.codes() == ["A1"]


async def test_a_call_that_hangs_is_in_doubt(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatching, "CALL_MAX", timedelta(milliseconds=20))
    bench = await a_bench(shop)
    bench["north"].will("place", asyncio.Event())
    await bench.work()
    assert await bench.states() == ["in_doubt"]
    assert await bench.answers() == [("place", "indoubt", "no answer in time")]


async def test_a_call_that_would_begin_too_late_is_not_made(shop: Shop) -> None:
    """The process stood still between intention and call: by now others may believe that nothing was ordered."""
    bench = await a_bench(shop, "north", "south")
    sources = {source.id: source for source in await bench.depot.suppliers.listed()}
    [delivery] = await shop.rows("SELECT id FROM deliveries")
    [planned] = await plan(
        db=shop.db, keyring=bench.keyring, delivery_id=int(str(delivery["id"])), order_id=bench.order_id,
        sources=sources, free=dict.fromkeys(sources, 5),
    )  # fmt: skip
    shop.clock.go_on(timedelta(minutes=5))
    source = sources[planned.attempt.supplier_id]
    await dispatching.dispatch(
        db=shop.db, keyring=bench.keyring, source=source, planned=planned, callback_url="https://shop.example/"
    )
    assert bench["north"].placed == []
    assert await bench.states() == ["refused"]
    await bench.work()
    assert len(bench["south"].placed) == 1


async def test_of_two_dispatchers_each_order_is_taken_by_one(shop: Shop) -> None:
    bench = await a_bench(shop)
    await several(bench, 11)
    both = [a_dispatcher(bench.depot), a_dispatcher(bench.depot)]
    await asyncio.gather(*(one.look() for one in both))
    await asyncio.gather(*(one.finish() for one in both))
    assert len({ask.number for ask in bench["north"].placed}) == len(bench["north"].placed) == 12


async def test_an_unreadable_suppliers_orders_come_before_a_person_and_are_asked_about_once_it_is_read(
    shop: Shop,
) -> None:
    bench = await a_bench(shop, "north", "south")
    await bench.work()
    [sealed] = [row["config_sealed"] for row in await shop.rows(SEALED, "north")]
    async with shop.db.transaction() as tx:
        await tx.connection.execute(MAKE_UNREADABLE, "north")
    for _ in range(10):
        await bench.skip(minutes=3)
    assert await bench.states() == ["placed"]
    assert await bench.state() is OrderState.EXCEPTION
    assert await shop.alarms() == ["delivery_stuck"]
    assert (bench["north"].queried, bench["south"].placed) == ([], [])
    async with shop.db.transaction() as tx:
        await tx.connection.execute(READABLE_AGAIN, "north", sealed)
    bench["north"].will("query", Delivered(codes=codes("A1")))
    await bench.skip(minutes=11)
    assert await bench.state() is OrderState.DELIVERED


async def test_a_call_of_a_supplier_that_became_unreadable_can_be_decided(shop: Shop) -> None:
    bench = await a_bench(shop)
    dying = bench.dispatcher
    dying._call = lambda *_: asyncio.sleep(0)  # type: ignore[method-assign]
    await bench.work()
    async with shop.db.transaction() as tx:
        await tx.connection.execute(MAKE_UNREADABLE, "north")
    for _ in range(10):
        await bench.skip(minutes=3)
    assert await bench.states() == ["in_doubt"]
    assert await bench.state() is OrderState.EXCEPTION


async def test_a_disabled_supplier_is_asked_about_what_it_has_but_gets_nothing_new(shop: Shop) -> None:
    bench = await a_bench(shop)
    await bench.work()
    await several(bench, 1)
    async with shop.db.transaction() as tx:
        await tx.connection.execute("UPDATE suppliers SET enabled = false")
    bench["north"].will("query", Delivered(codes=codes("A1")))
    await bench.skip(seconds=6)
    assert await bench.state() is OrderState.DELIVERED
    assert len(bench["north"].placed) == 1


async def test_an_account_that_cannot_be_read_ends_before_a_person(shop: Shop) -> None:
    bench = await a_bench(shop, top_up=True)
    bench["north"].will("place", Accepted())
    await bench.work()
    bench.dispatcher._keyring = keyring_of("other:" + "AAAA" * 10 + "AAA=")
    for _ in range(25):
        await bench.skip(hours=1)
    assert await bench.state() is OrderState.EXCEPTION
    assert bench["north"].queried == []


async def test_an_answer_outlives_a_short_trouble_of_the_database(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is delivered in the very answer to the order may be told only once."""
    monkeypatch.setattr(recording, "PAUSES_S", (0.0, 0.0, 0.0))
    bench = await a_bench(shop)
    settled, troubles = settling.settle, [ConnectionResetError(), OSError()]

    async def settle(**values: object) -> object:
        if troubles:
            raise troubles.pop()
        return await settled(**values)  # type: ignore[arg-type]

    monkeypatch.setattr(recording, "settle", settle)
    bench["north"].will("place", Delivered(codes=codes("A1")))
    await bench.work()
    assert await bench.codes() == ["A1"]


async def test_an_answer_that_breaks_us_is_in_doubt(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = await a_bench(shop)
    settled, troubles = settling.settle, [ValueError("a bug")]

    async def settle(**values: object) -> object:
        if troubles:
            raise troubles.pop()
        return await settled(**values)  # type: ignore[arg-type]

    monkeypatch.setattr(recording, "settle", settle)
    bench["north"].will("place", Delivered(codes=codes("A1")))
    await bench.work()
    assert await bench.states() == ["in_doubt"]
    assert await bench.answers() == [("place", "indoubt", "can't be recorded: ValueError")]


async def test_a_round_that_breaks_is_followed_by_another(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = await a_bench(shop)
    stop, listed, troubles = asyncio.Event(), bench.depot.suppliers.listed, [OSError("no database")]

    async def sometimes() -> object:
        if troubles:
            raise troubles.pop()
        return await listed()

    monkeypatch.setattr(bench.depot.suppliers, "listed", sometimes)
    running = asyncio.create_task(bench.dispatcher.run(stop))
    await until(bench.states, ["placed"])
    stop.set()
    await running
    assert await bench.states() == ["placed"]


async def test_questions_have_their_share_of_calls_too(shop: Shop) -> None:
    depot = await a_depot(shop, calls_at_once=2)
    goods = await a_supplied_sku(shop)
    await a_route(depot, goods.sku_id)
    depot["north"].abilities = replace(depot["north"].abilities, ask_after=(timedelta(seconds=5),))
    dispatcher = a_dispatcher(depot)
    for number in range(4):
        await a_paid_order(shop, goods, contact=f"138{number:08d}")
        await worked(dispatcher)
    hanging = asyncio.Event()
    depot["north"].will("query", hanging, InDoubt("late"), hanging, InDoubt("late"))
    shop.clock.go_on(timedelta(seconds=6))
    assert await dispatcher.look() == 2
    assert await dispatcher.look() == 0
    hanging.set()
    await dispatcher.finish()
    assert await dispatcher.look() == 2
    await dispatcher.finish()
