"""Routes are checked when they are saved, stopped when their price drifts, and go on when a person agrees."""

from dataclasses import replace
from typing import Any

import pytest

from kameng.kernel.errors import InvalidInput
from kameng.supply.availability import available
from kameng.supply.edit_route import (
    PriceAboveLossGuard,
    RouteDraft,
    RouteMissing,
    accept_price,
    resume_route,
    save_route,
    stop_route,
)
from kameng.supply.goods import GoodsKind
from kameng.supply.list_routes import RouteLine, list_routes
from kameng.supply.sync_goods import SYNC_EVERY, sync_goods
from tests.builders.shop import Shop
from tests.builders.supplier import Depot, a_depot, a_route, a_supplied_sku, put_on_shelf, some_goods

pytestmark = pytest.mark.anyio

ROUTE = "SELECT stopped_because FROM routes WHERE id = $1"
TOPS_UP = "UPDATE products SET delivers = 'top_up'"


async def left(shop: Shop, sku_id: int) -> int:
    async with shop.db.reading() as connection:
        return (await available(connection, [sku_id], now=shop.clock.now()))[sku_id]


async def save(shop: Shop, draft: RouteDraft) -> int:
    async with shop.db.transaction() as tx:
        return await save_route(tx, draft)


async def lines(shop: Shop, **narrowed: Any) -> list[RouteLine]:
    async with shop.db.reading() as connection:
        return await list_routes(connection, **narrowed)


async def a_draft(shop: Shop, *, price_fen: int = 900) -> tuple[Depot, RouteDraft]:
    depot = await a_depot(shop)
    sku = await a_supplied_sku(shop)
    await put_on_shelf(depot, "north", some_goods(price_fen=price_fen))
    return depot, RouteDraft(sku.sku_id, "north", "100")


async def test_a_route_agrees_to_the_price_of_the_moment_and_keeps_it(shop: Shop) -> None:
    depot, draft = await a_draft(shop)
    route_id = await save(shop, draft)
    await put_on_shelf(depot, "north", some_goods(price_fen=950))
    changed = replace(draft, priority=3, weight=0, operators=("mobile",), open_from=60, open_to=0, again=1)
    assert await save(shop, changed) == route_id
    (line,) = await lines(shop)
    assert (line.agreed_price_fen, line.price_now_fen, line.sells_fen) == (900, 950, 1000)
    assert (line.route.priority, line.route.weight, line.route.operators, line.route.again) == (3, 0, ("mobile",), 1)
    assert (line.route.open_from, line.route.open_to) == (60, 0)
    assert (line.product_name, line.face_value, line.supplier_name, line.goods_name) == (
        "直充", "10元", "North", "商品100",
    )  # fmt: skip
    await save(shop, replace(draft, agreed_price_fen=940))
    assert (await lines(shop, sku_id=draft.sku_id))[0].agreed_price_fen == 940
    assert await lines(shop, sku_id=0) == await lines(shop, supplier_code="south") == []
    assert await lines(shop, stopped_only=True) == await lines(shop, after=route_id) == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"sku_id": 0}, "sku_id"), ({"supplier_code": "south"}, "supplier"), ({"goods": "101"}, "goods"),
        ({"priority": 1001}, "priority"), ({"weight": -1}, "weight"), ({"weight": 1001}, "weight"),
        ({"cost_max_fen": 0}, "cost_max"), ({"again": 6}, "again"), ({"open_from": 60}, "open"),
        ({"open_from": 60, "open_to": 60}, "open"), ({"open_from": 1440, "open_to": 0}, "open"),
        ({"open_from": 0, "open_to": 1441}, "open"), ({"operators": ("Mobile;",)}, "operators"),
        ({"operators": tuple("abcdefghijk")}, "operators"), ({"field_names": {"server": ""}}, "field_names"),
        ({"drift_max_percent": -1}, "drift_max"), ({"agreed_price_fen": -1}, "agreed_price"),
        ({"face_fen": 0}, "face"),
    ],
)  # fmt: skip
async def test_what_cannot_be_a_route(shop: Shop, changes: dict[str, Any], field: str) -> None:
    _, draft = await a_draft(shop)
    with pytest.raises(InvalidInput) as refused:
        await save(shop, replace(draft, **changes))
    assert list(refused.value.fields) == [field]
    assert await lines(shop) == []


async def test_codes_are_not_top_ups_and_face_values_fit(shop: Shop) -> None:
    depot = await a_depot(shop)
    sku = await a_supplied_sku(shop, face_fen=5000, price_fen=5000)
    draft = RouteDraft(sku.sku_id, "north", "1")
    for number, goods in enumerate(
        [
            some_goods("1", kind=GoodsKind.TOP_UP),
            some_goods("1", face_fen=2500),
            some_goods("1", face_fen=10000),
        ]
    ):
        draft = replace(draft, goods=str(number))
        await put_on_shelf(depot, "north", replace(goods, number=str(number)))
        with pytest.raises(InvalidInput):
            await save(shop, draft)
    async with shop.db.transaction() as tx:
        await tx.connection.execute(TOPS_UP)
    await put_on_shelf(depot, "north", some_goods("5", kind=GoodsKind.TOP_UP, face_fen=2500))
    await save(shop, replace(draft, goods="5"))
    assert (await lines(shop))[0].route.face_fen == 2500
    with pytest.raises(InvalidInput):
        await save(shop, replace(draft, goods="5", face_fen=5001))


async def test_goods_without_a_catalogue_need_a_price_agreed_by_hand(shop: Shop) -> None:
    _, draft = await a_draft(shop)
    await save(shop, replace(draft, goods="unlisted", agreed_price_fen=880))
    (line,) = await lines(shop)
    assert (line.agreed_price_fen, line.price_now_fen, line.goods_name, line.on_sale) == (880, None, None, False)


async def test_a_route_that_would_lose_money_stops_at_once(shop: Shop) -> None:
    _, draft = await a_draft(shop, price_fen=1001)
    await save(shop, draft)
    (line,) = await lines(shop, stopped_only=True)
    assert line.route.stopped_because == "above_loss_guard"
    assert await shop.alarms() == ["price_drift"]
    await save(shop, replace(draft, cost_max_fen=1100))
    assert (await lines(shop))[0].route.stopped_because is None


async def test_what_a_person_stopped_only_a_person_lets_go_on(shop: Shop) -> None:
    depot, draft = await a_draft(shop)
    route_id = await save(shop, draft)
    async with shop.db.transaction() as tx:
        await stop_route(tx, route_id, why="客户投诉")
    await sync_goods(db=shop.db, suppliers=depot.suppliers)
    assert (await shop.rows(ROUTE, route_id))[0]["stopped_because"] == "staff: 客户投诉"
    assert await left(shop, draft.sku_id) == 0
    async with shop.db.transaction() as tx:
        assert await resume_route(tx, route_id)
    assert await left(shop, draft.sku_id) == 100


async def test_a_price_is_accepted_up_to_the_loss_guard(shop: Shop) -> None:
    depot, draft = await a_draft(shop, price_fen=800)
    route_id = await save(shop, draft)
    depot["north"].changes("100", price_fen=990)
    await sync_goods(db=shop.db, suppliers=depot.suppliers)
    async with shop.db.transaction() as tx:
        assert not await resume_route(tx, route_id)
        assert await accept_price(tx, route_id) == 990
    assert await left(shop, draft.sku_id) == 100
    shop.clock.go_on(SYNC_EVERY)
    depot["north"].changes("100", price_fen=1050)
    await sync_goods(db=shop.db, suppliers=depot.suppliers)
    async with shop.db.transaction() as tx:
        with pytest.raises(PriceAboveLossGuard) as refused:
            await accept_price(tx, route_id)
        assert refused.value.values == {"price_yuan": "10.50", "most_yuan": "10.00"}
        assert await accept_price(tx, route_id, cost_max_fen=1050) == 1050
    assert await left(shop, draft.sku_id) == 100


async def test_routes_that_are_not_there(shop: Shop) -> None:
    async with shop.db.transaction() as tx:
        for answer in (stop_route(tx, 7, why="x"), resume_route(tx, 7), accept_price(tx, 7)):
            with pytest.raises(RouteMissing):
                await answer


async def test_prices_that_drift_stop_their_routes_until_they_come_back(shop: Shop) -> None:
    depot = await a_depot(shop)
    sku = await a_supplied_sku(shop, price_fen=1000)
    route_id = await a_route(depot, sku.sku_id, "north", some_goods(price_fen=800))

    async def after(price_fen: int) -> object:
        depot["north"].changes("100", price_fen=price_fen)
        await sync_goods(db=shop.db, suppliers=depot.suppliers)
        shop.clock.go_on(SYNC_EVERY)
        return (await shop.rows(ROUTE, route_id))[0]["stopped_because"]

    assert await after(880) is None
    assert await after(881) == "price_drift"
    assert await left(shop, sku.sku_id) == 0
    assert await after(1001) == "price_drift"
    assert await after(880) is None
    assert await left(shop, sku.sku_id) == 100
    assert await after(1001) == "above_loss_guard"
    assert await after(100) is None
    alarms = await shop.rows("SELECT subject, times, facts FROM alarms WHERE kind = 'price_drift'")
    assert [(row["subject"], row["times"]) for row in alarms] == [(f"route:{route_id}", 2)]
    assert alarms[0]["facts"] == {
        "reason": "above_loss_guard", "sku": sku.sku_id, "supplier": "north", "goods": "100", "price_fen": 1001,
        "before_fen": 800,
    }  # fmt: skip
