"""What routing would choose is what it chooses."""

from collections import Counter

import pytest

from kameng.fulfilment.preview_route import Imagined, preview_route
from kameng.supply.routing import PassedOver
from tests.builders.dispatching import a_dispatcher, worked
from tests.builders.shop import Shop, a_paid_order
from tests.builders.supplier import Depot, a_depot, a_route, a_supplied_sku, some_goods

pytestmark = pytest.mark.anyio

COUNTS = ("deliveries", "delivery_attempts", "troubles", "supply_holds")


async def two_routes(shop: Shop, **second: int) -> tuple[Depot, int, int, int]:
    depot = await a_depot(shop, "north", "south")
    goods = await a_supplied_sku(shop)
    north = await a_route(depot, goods.sku_id, "north")
    south = await a_route(depot, goods.sku_id, "south", some_goods("200"), **second)
    return depot, goods.sku_id, north, south


async def test_it_says_what_happens_next_and_writes_nothing(shop: Shop) -> None:
    depot, sku_id, north, south = await two_routes(shop, priority=1)
    preview = await preview_route(db=shop.db, suppliers=depot.suppliers, imagined=Imagined(sku_id))
    assert preview.shares == {north: 1.0}
    assert preview.passed_over == {south: PassedOver.LESS_PREFERRED}
    assert preview.first is not None
    assert preview.first.route.id == north
    assert depot["north"].calls == depot["south"].calls == []
    for table in COUNTS:
        assert await shop.db.pool.fetchval(f"SELECT count(*) FROM {table}") == 0


async def test_shares_are_what_chance_comes_to(shop: Shop) -> None:
    depot, sku_id, north, south = await two_routes(shop, weight=3)
    preview = await preview_route(db=shop.db, suppliers=depot.suppliers, imagined=Imagined(sku_id))
    assert preview.shares == {north: 0.25, south: 0.75}
    assert preview.passed_over == {}


async def test_what_has_failed_is_not_the_next(shop: Shop) -> None:
    depot, sku_id, north, south = await two_routes(shop, priority=1)
    for failed, shares in (((north,), {south: 1.0}), ((north, south), {})):
        by_route = {north: depot.ids["north"], south: depot.ids["south"]}
        imagined = Imagined(sku_id, failures=Counter(by_route[one] for one in failed))
        preview = await preview_route(db=shop.db, suppliers=depot.suppliers, imagined=imagined)
        assert preview.shares == shares
        assert all(preview.passed_over[one] is PassedOver.TRIED_ALREADY for one in failed)


async def test_a_supplier_that_can_not_be_used_is_named(shop: Shop) -> None:
    depot, sku_id, north, south = await two_routes(shop, priority=1)
    await shop.db.pool.execute("UPDATE suppliers SET protocol = 'gone' WHERE code = 'north'")
    preview = await preview_route(db=shop.db, suppliers=depot.suppliers, imagined=Imagined(sku_id))
    assert preview.shares == {south: 1.0}
    assert preview.passed_over[north] is PassedOver.UNREADABLE


async def test_it_agrees_with_what_is_done(shop: Shop) -> None:
    depot = await a_depot(shop, "north", "south")
    goods = await a_supplied_sku(shop)
    await a_route(depot, goods.sku_id, "north", some_goods("100", price_fen=2000))
    south = await a_route(depot, goods.sku_id, "south", some_goods("200"), priority=5)
    preview = await preview_route(db=shop.db, suppliers=depot.suppliers, imagined=Imagined(goods.sku_id))
    assert preview.shares == {south: 1.0}
    await a_paid_order(shop, goods)
    await worked(a_dispatcher(depot))
    assert (len(depot["north"].placed), len(depot["south"].placed)) == (0, 1)
