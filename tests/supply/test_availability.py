"""What suppliers can deliver is counted from what they said last, and only by routes that are open."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from kameng.supply.availability import FRESH_FOR, available
from kameng.supply.hold import hold
from tests.builders.shop import Shop, a_stocked_sku, an_order
from tests.builders.supplier import Depot, a_depot, a_route, a_supplied_sku, put_on_shelf, some_goods

pytestmark = pytest.mark.anyio

DISABLE = "UPDATE suppliers SET enabled = false WHERE code = $1"
TROUBLE = """
INSERT INTO troubles (supplier_id, operator, kind, opened_at, expected_until, probe_at)
VALUES ($1, $2, $3, $4, $5, $5) RETURNING id
"""
CLOSE = "UPDATE troubles SET closed_at = opened_at WHERE id = $1"


async def left(shop: Shop, sku_id: int, **options: Any) -> int | None:
    async with shop.db.reading() as connection:
        return (await available(connection, [sku_id], now=shop.clock.now(), **options)).get(sku_id)


async def test_the_stock_of_all_open_routes_together(shop: Shop) -> None:
    depot = await a_depot(shop, "north", "south")
    sku = await a_supplied_sku(shop)
    assert await left(shop, sku.sku_id) == 0
    await a_route(depot, sku.sku_id, "north", some_goods(stock=3))
    assert await left(shop, sku.sku_id) == 3
    await a_route(depot, sku.sku_id, "south", some_goods(stock=4))
    assert await left(shop, sku.sku_id) == 7
    assert await left(shop, sku.sku_id, at_most=5) == 5
    await a_route(depot, sku.sku_id, "south", some_goods("101"))
    assert await left(shop, sku.sku_id) == 100


async def test_skus_filled_from_stock_are_left_out(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    assert await left(shop, goods.sku_id) is None


@pytest.mark.parametrize(
    ("goods", "route"),
    [
        ({"on_sale": False}, {}),
        ({"stock": 0}, {}),
        ({"price_fen": 1001}, {}),
        ({"price_fen": 901}, {"cost_max_fen": 900}),
        ({"quantity_min": 2}, {}),
        ({}, {"enabled": False}),
        ({}, {"stopped_because": "price_drift"}),
        # It is 14:30 in Shanghai.
        ({}, {"open_from": 0, "open_to": 870}),
        ({}, {"open_from": 871, "open_to": 1440}),
        ({}, {"open_from": 871, "open_to": 870}),
    ],
)
async def test_what_does_not_count(shop: Shop, goods: dict[str, Any], route: dict[str, Any]) -> None:
    depot = await a_depot(shop)
    sku = await a_supplied_sku(shop)
    await a_route(depot, sku.sku_id, "north", some_goods(**goods), **route)
    assert await left(shop, sku.sku_id) == 0


@pytest.mark.parametrize("hours", [(870, 871), (0, 1440), (871, 0), (1320, 871)])
async def test_open_hours(shop: Shop, hours: tuple[int, int]) -> None:
    depot = await a_depot(shop)
    sku = await a_supplied_sku(shop)
    await a_route(depot, sku.sku_id, open_from=hours[0], open_to=hours[1])
    assert await left(shop, sku.sku_id) == (0 if hours == (871, 0) else 100)


async def test_the_loss_guard_may_be_above_the_price(shop: Shop) -> None:
    depot = await a_depot(shop)
    sku = await a_supplied_sku(shop)
    await a_route(depot, sku.sku_id, "north", some_goods(price_fen=1001), cost_max_fen=1001)
    assert await left(shop, sku.sku_id) == 100


async def test_goods_not_seen_for_ten_minutes_do_not_count(shop: Shop) -> None:
    depot = await a_depot(shop)
    sku = await a_supplied_sku(shop)
    await a_route(depot, sku.sku_id)
    shop.clock.go_on(FRESH_FOR)
    assert await left(shop, sku.sku_id) == 100
    shop.clock.go_on(timedelta(seconds=1))
    assert await left(shop, sku.sku_id) == 0
    await put_on_shelf(depot, "north", some_goods())
    assert await left(shop, sku.sku_id) == 100


async def test_a_disabled_supplier_delivers_nothing(shop: Shop) -> None:
    depot = await a_depot(shop)
    sku = await a_supplied_sku(shop)
    await a_route(depot, sku.sku_id)
    async with shop.db.transaction() as tx:
        await tx.connection.execute(DISABLE, "north")
    assert await left(shop, sku.sku_id) == 0


async def troubled(depot: Depot, operator: str, kind: str, at: datetime) -> int:
    async with depot.shop.db.transaction() as tx:
        trouble_id: int = await tx.connection.fetchval(
            TROUBLE, depot.ids["north"], operator, kind, at, at + timedelta(minutes=5)
        )
    return trouble_id


async def test_a_supplier_in_trouble_counts_again_when_it_is_due_to_be_tried(shop: Shop) -> None:
    depot = await a_depot(shop)
    sku = await a_supplied_sku(shop)
    await a_route(depot, sku.sku_id)
    await troubled(depot, "unicom", "failing", shop.clock.now())
    assert await left(shop, sku.sku_id) == 100
    assert await left(shop, sku.sku_id, operator="unicom") == 0
    assert await left(shop, sku.sku_id, operator="mobile") == 100
    trouble = await troubled(depot, "", "silent", shop.clock.now())
    assert await left(shop, sku.sku_id) == 0
    async with shop.db.transaction() as tx:
        await tx.connection.execute(CLOSE, trouble)
    assert await left(shop, sku.sku_id) == 100
    await troubled(depot, "", "slow", shop.clock.now())
    assert await left(shop, sku.sku_id) == 100
    shop.clock.go_on(timedelta(minutes=5))
    assert await left(shop, sku.sku_id, operator="unicom") == 100


async def test_routes_of_other_operators_do_not_count(shop: Shop) -> None:
    depot = await a_depot(shop)
    sku = await a_supplied_sku(shop)
    await a_route(depot, sku.sku_id, operators=["mobile"])
    assert await left(shop, sku.sku_id) == 100
    assert await left(shop, sku.sku_id, operator="mobile") == 100
    assert await left(shop, sku.sku_id, operator="telecom") == 0


async def test_pieces_are_counted_in_the_skus_face_value(shop: Shop) -> None:
    """A sku of 100 yuan filled by goods of 30: four of them fall short of two, and each may cost its share."""
    depot = await a_depot(shop)
    sku = await a_supplied_sku(shop, price_fen=10_000, face_fen=10_000)
    await a_route(depot, sku.sku_id, "north", some_goods(stock=4, price_fen=3000), face_fen=3000)
    assert await left(shop, sku.sku_id) == 1
    await put_on_shelf(depot, "north", some_goods(stock=4, price_fen=3001))
    assert await left(shop, sku.sku_id) == 0


async def test_held_pieces_are_promised_until_the_hold_runs_out(shop: Shop) -> None:
    depot = await a_depot(shop)
    sku = await a_supplied_sku(shop)
    await a_route(depot, sku.sku_id, "north", some_goods(stock=3))
    order = await an_order(shop, await a_stocked_sku(shop))
    until = shop.clock.now() + timedelta(minutes=5)
    async with shop.db.transaction() as tx:
        assert await hold(tx, order_id=order.order_id, sku_id=sku.sku_id, quantity=2, until=until)
    assert await left(shop, sku.sku_id) == 1
    shop.clock.go_on(timedelta(minutes=5))
    assert await left(shop, sku.sku_id) == 3
