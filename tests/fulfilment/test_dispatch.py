"""A paid order is sent to a supplier once, and what the supplier says decides what happens next."""

from contextlib import suppress
from datetime import timedelta

import pytest

from kameng.checkout.place_order import OutOfStock
from kameng.orders.lifecycle import OrderState
from kameng.stock.reveal import read_codes
from kameng.supply.answer import Accepted, Code, Delivered, Failed, InDoubt, NotFound, Partly, Reason, Refused
from tests.builders.dispatching import a_dispatcher, waited, worked
from tests.builders.shop import Shop, a_paid_order, an_order
from tests.builders.supplier import a_depot, a_route, a_supplied_sku, some_goods

pytestmark = pytest.mark.anyio

ATTEMPTS = "SELECT n, state, supplier_id, number, delivered, cost_fen, refund_fen FROM delivery_attempts ORDER BY id"


async def states(shop: Shop) -> list[str]:
    return [str(row["state"]) for row in await shop.rows(ATTEMPTS)]


async def close_routes(shop: Shop, *, open_from: int, open_to: int) -> None:
    async with shop.db.transaction() as tx:
        await tx.connection.execute("UPDATE routes SET open_from = $1, open_to = $2", open_from, open_to)


class Died(BaseException):
    """Nobody catches this: the process is gone."""


def codes(*texts: str) -> tuple[Code, ...]:
    return tuple(Code(text) for text in texts)


async def test_a_supplier_is_asked_once_and_its_codes_go_to_the_buyer(shop: Shop) -> None:
    depot = await a_depot(shop)
    goods = await a_supplied_sku(shop)
    await a_route(depot, goods.sku_id)
    order = await a_paid_order(shop, goods)
    assert await shop.state(order.order_id) is OrderState.DELIVERING
    dispatcher = a_dispatcher(depot)
    await worked(dispatcher)
    (ask,) = depot["north"].placed
    assert (ask.goods, ask.quantity, ask.cost_max_fen) == ("100", 1, goods.price_fen)
    assert ask.callback_url == "https://shop.example/callbacks/suppliers/north"
    assert await states(shop) == ["placed"]

    depot["north"].will("query", Delivered(codes=codes("AAAA-1"), cost_fen=900))
    await waited(depot, dispatcher, seconds=10)
    assert await shop.state(order.order_id) is OrderState.DELIVERED
    assert len(depot["north"].placed) == 1
    async with shop.db.reading() as connection:
        assert await read_codes(connection, shop.keyring, order.order_id) == ["AAAA-1"]
    assert [(row["delivered"], row["cost_fen"]) for row in await shop.rows(ATTEMPTS)] == [(1, 900)]
    events = ["placed", "payment_started", "payment_confirmed", "delivery_started", "sent_to_supplier", "delivered"]
    assert await shop.events(order.order_id) == events


async def test_a_known_refusal_goes_to_the_next_supplier(shop: Shop) -> None:
    depot = await a_depot(shop, "north", "south")
    goods = await a_supplied_sku(shop)
    await a_route(depot, goods.sku_id, "north")
    await a_route(depot, goods.sku_id, "south", priority=1)
    depot["north"].will("place", Refused(Reason.BALANCE_LOW, "余额不足"))
    depot["south"].will("place", Delivered(codes=codes("B1"), cost_fen=800))
    order = await a_paid_order(shop, goods)
    await worked(a_dispatcher(depot))
    assert await shop.state(order.order_id) is OrderState.DELIVERED
    assert await states(shop) == ["refused", "delivered"]
    numbers = [str(row["number"]) for row in await shop.rows(ATTEMPTS)]
    assert numbers[0].removesuffix("-1") == numbers[1].removesuffix("-2")


async def test_no_supplier_left_sends_the_money_back(shop: Shop) -> None:
    depot = await a_depot(shop)
    goods = await a_supplied_sku(shop)
    await a_route(depot, goods.sku_id)
    depot["north"].will("place", Refused(Reason.GOODS_GONE, "商品已下架"))
    order = await a_paid_order(shop, goods)
    await worked(a_dispatcher(depot))
    assert await shop.state(order.order_id) is OrderState.REFUNDING
    assert await shop.refund_lines() == [("undeliverable", goods.price_fen, "intended")]
    assert len(depot["north"].placed) == 1
    # Nobody else is offered what is gone.
    with pytest.raises(OutOfStock):
        await an_order(shop, goods)


@pytest.mark.parametrize("answer", [InDoubt("no answer in time"), RuntimeError("a bug in the adapter")])
async def test_in_doubt_blocks_every_other_supplier_until_it_is_known(shop: Shop, answer: object) -> None:
    depot = await a_depot(shop, "north", "south")
    goods = await a_supplied_sku(shop)
    await a_route(depot, goods.sku_id, "north")
    await a_route(depot, goods.sku_id, "south", priority=1)
    depot["north"].will("place", answer)
    depot["north"].will("query", *[InDoubt("no answer in time")] * 3, NotFound("order missing"))
    order = await a_paid_order(shop, goods)
    dispatcher = a_dispatcher(depot)
    await waited(depot, dispatcher, seconds=40)
    assert await states(shop) == ["in_doubt"]
    assert depot["south"].placed == []
    # Young, "never heard of it" proves nothing; after three minutes it does.
    await waited(depot, dispatcher, seconds=30)
    assert await states(shop) == ["in_doubt"]
    depot["north"].will("query", *[NotFound("order missing")] * 9)
    await waited(depot, dispatcher, seconds=400)
    assert await states(shop) == ["failed", "placed"]
    assert len(depot["north"].placed) == len(depot["south"].placed) == 1
    assert await shop.state(order.order_id) is OrderState.DELIVERING


async def test_asking_that_does_not_help_ends_before_a_person(shop: Shop) -> None:
    depot = await a_depot(shop)
    goods = await a_supplied_sku(shop)
    await a_route(depot, goods.sku_id)
    depot["north"].will("place", InDoubt("HTTP 502"))
    depot["north"].will("query", *[InDoubt("HTTP 502")] * 100)
    order = await a_paid_order(shop, goods)
    dispatcher = a_dispatcher(depot)
    await waited(depot, dispatcher, seconds=30 * 60)
    assert await shop.state(order.order_id) is OrderState.EXCEPTION
    assert "delivery_stuck" in await shop.alarms()
    # It is asked on, and a late truth still counts.
    depot["north"].script["query"].clear()
    depot["north"].will("query", Delivered(codes=codes("LATE"), cost_fen=900))
    await waited(depot, dispatcher, seconds=15 * 60)
    assert await shop.state(order.order_id) is OrderState.DELIVERED


async def test_a_part_is_completed_by_the_next_supplier(shop: Shop) -> None:
    depot = await a_depot(shop, "north", "south")
    goods = await a_supplied_sku(shop, price_fen=1000)
    for place, code in enumerate(("north", "south")):
        supplier = depot[code]
        supplier.abilities = type(supplier.abilities)(**{**vars(supplier.abilities), "quantity_max": 10})
        await a_route(depot, goods.sku_id, code, some_goods(quantity_max=10), priority=place)
    depot["north"].will("place", Partly(2, "只有两张", codes=codes("N1", "N2"), cost_fen=1800, refund_fen=2700))
    depot["south"].will("place", Delivered(codes=codes("S1", "S2", "S3"), cost_fen=2700))
    order = await a_paid_order(shop, goods, quantity=5)
    await worked(a_dispatcher(depot))
    assert await shop.state(order.order_id) is OrderState.DELIVERED
    assert [ask.quantity for ask in depot["north"].placed + depot["south"].placed] == [5, 3]
    async with shop.db.reading() as connection:
        assert sorted(await read_codes(connection, shop.keyring, order.order_id)) == ["N1", "N2", "S1", "S2", "S3"]


async def test_one_piece_at_a_time_is_asked_for_as_often_as_needed(shop: Shop) -> None:
    depot = await a_depot(shop)
    goods = await a_supplied_sku(shop)
    await a_route(depot, goods.sku_id)
    order = await a_paid_order(shop, goods, quantity=3)
    dispatcher = a_dispatcher(depot)
    await worked(dispatcher)
    assert [ask.quantity for ask in depot["north"].placed] == [1, 1, 1]
    assert len({ask.number for ask in depot["north"].placed}) == 3
    depot["north"].will("query", *[Delivered(codes=codes(f"C{n}")) for n in range(3)])
    await waited(depot, dispatcher, seconds=10)
    assert await shop.state(order.order_id) is OrderState.DELIVERED


async def test_a_caller_that_died_is_asked_about_not_called_again(shop: Shop) -> None:
    depot = await a_depot(shop)
    goods = await a_supplied_sku(shop)
    await a_route(depot, goods.sku_id)
    order = await a_paid_order(shop, goods)
    depot["north"].will("place", Died())
    dying = a_dispatcher(depot)
    with suppress(Died):
        await dying.look()
        await dying.finish()
    assert len(depot["north"].placed) == 1
    assert await states(shop) == ["calling"]
    depot["north"].will("query", Accepted(supplier_no="N9"), Delivered(codes=codes("C1")))
    await waited(depot, a_dispatcher(depot), seconds=120)
    assert await shop.state(order.order_id) is OrderState.DELIVERED
    assert len(depot["north"].placed) == 1


async def test_a_failure_after_acceptance_fails_over_with_cost_and_refund_kept(shop: Shop) -> None:
    depot = await a_depot(shop, "north", "south")
    goods = await a_supplied_sku(shop)
    await a_route(depot, goods.sku_id, "north")
    await a_route(depot, goods.sku_id, "south", priority=1)
    depot["north"].will("query", Failed(Reason.OPERATOR_TROUBLE, "运营商维护", cost_fen=900, refund_fen=900))
    await a_paid_order(shop, goods)
    await waited(depot, a_dispatcher(depot), seconds=10)
    first, second = await shop.rows(ATTEMPTS)
    assert (first["state"], first["cost_fen"], first["refund_fen"]) == ("failed", 900, 900)
    assert second["state"] == "placed"


async def test_an_order_waits_for_a_route_that_is_closed_only_for_now(shop: Shop) -> None:
    depot = await a_depot(shop)
    goods = await a_supplied_sku(shop)
    await a_route(depot, goods.sku_id)
    order = await a_paid_order(shop, goods)
    # It is 14:30:55 in Shanghai.
    await close_routes(shop, open_from=14 * 60 + 35, open_to=20 * 60)
    dispatcher = a_dispatcher(depot)
    await waited(depot, dispatcher, seconds=60)
    assert depot["north"].placed == []
    await waited(depot, dispatcher, seconds=240)
    assert len(depot["north"].placed) == 1
    assert await shop.state(order.order_id) is OrderState.DELIVERING


async def test_waiting_has_an_end(shop: Shop) -> None:
    depot = await a_depot(shop)
    goods = await a_supplied_sku(shop)
    await a_route(depot, goods.sku_id)
    order = await a_paid_order(shop, goods)
    await close_routes(shop, open_from=0, open_to=60)
    dispatcher = a_dispatcher(depot)
    await worked(dispatcher)
    shop.clock.go_on(timedelta(minutes=31))
    await worked(dispatcher)
    assert await shop.state(order.order_id) is OrderState.REFUNDING
    assert depot["north"].placed == []


CURVE = """
INSERT INTO arrival_curves (product_id, supplier_id, operator, hour, seen, median_s, p95_s, arrived, learned_at)
SELECT product_id, $2, '', -1, 100, $3, $3, '{}', $4 FROM skus WHERE id = $1
"""


async def test_the_fastest_is_taken_where_speed_decides(shop: Shop) -> None:
    depot = await a_depot(shop, "north", "south")
    goods = await a_supplied_sku(shop)
    for code, median_s in (("north", 300.0), ("south", 20.0)):
        await a_route(depot, goods.sku_id, code)
        async with shop.db.transaction() as tx:
            await tx.connection.execute(CURVE, goods.sku_id, depot.ids[code], median_s, tx.now)
            await tx.connection.execute("UPDATE skus SET choose_by = 'fastest'")
    await a_paid_order(shop, goods)
    await worked(a_dispatcher(depot))
    assert [len(depot[code].placed) for code in ("north", "south")] == [0, 1]
