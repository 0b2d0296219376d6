"""Catalogues are read again every few minutes; garbage in them changes nothing but the report."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from kameng.supply.answer import InDoubt, Reason, Refused
from kameng.supply.availability import available
from kameng.supply.goods import GOODS_MAX, AskedField, Catalogue, GoodsKind
from kameng.supply.sold_out import mark_sold_out
from kameng.supply.sync_goods import FAILURES_TILL_ALARM, SOLD_OUT_FOR, SYNC_EVERY, sync_goods
from tests.builders.shop import Shop
from tests.builders.supplier import ABILITIES, Depot, a_depot, a_route, a_supplied_sku, some_goods

pytestmark = pytest.mark.anyio

SUPPLIER = "SELECT * FROM suppliers WHERE code = $1"
GOODS = "SELECT * FROM supplier_goods ORDER BY supplier_id, number"


async def sync(depot: Depot) -> int:
    return await sync_goods(db=depot.shop.db, suppliers=depot.suppliers)


async def supplier(depot: Depot, code: str = "north") -> dict[str, Any]:
    return (await depot.shop.rows(SUPPLIER, code))[0]


async def report(depot: Depot) -> dict[str, Any]:
    found: dict[str, Any] = (await supplier(depot))["sync_report"]
    return found


async def goods(depot: Depot) -> dict[str, dict[str, Any]]:
    return {str(row["number"]): row for row in await depot.shop.rows(GOODS)}


async def left(depot: Depot, sku_id: int) -> int:
    async with depot.shop.db.reading() as connection:
        return (await available(connection, [sku_id], now=depot.shop.clock.now()))[sku_id]


async def test_a_new_supplier_is_read_at_once_and_then_every_five_minutes(shop: Shop) -> None:
    depot = await a_depot(shop)
    depot["north"].sells(some_goods("1", stock=5), some_goods("2", price_fen=100))
    assert await sync(depot) == 1
    assert await sync(depot) == 0
    known = await goods(depot)
    assert [(row["price_fen"], row["stock"], row["on_sale"]) for row in known.values()] == [
        (900, 5, True),
        (100, None, True),
    ]
    row = await supplier(depot)
    assert (row["balance_fen"], row["balance_at"], row["synced_at"]) == (1_000_000, shop.clock.now(), shop.clock.now())
    shop.clock.go_on(SYNC_EVERY)
    assert await sync(depot) == 1
    assert depot["north"].calls == ["catalogue", "balance"] * 2


async def test_changes_are_taken_over_and_what_is_missing_is_not_on_sale(shop: Shop) -> None:
    depot = await a_depot(shop)
    depot["north"].sells(some_goods("1"), some_goods("2"), some_goods("3"))
    await sync(depot)
    shop.clock.go_on(SYNC_EVERY)
    depot["north"].changes("1", price_fen=950, name="新名称", stock=7, asks=(AskedField("lblName1", "区服", ("一",)),))
    del depot["north"].shelf["2"]
    depot["north"].sells(some_goods("4"))
    await sync(depot)
    known = await goods(depot)
    assert (known["1"]["price_fen"], known["1"]["name"], known["1"]["stock"]) == (950, "新名称", 7)
    assert known["1"]["asks"] == [{"name": "lblName1", "label": "区服", "choices": ["一"]}]
    assert {number: row["on_sale"] for number, row in known.items()} == {"1": True, "2": False, "3": True, "4": True}
    # What has not changed is not written.
    assert known["3"]["seen_at"] < known["1"]["seen_at"]
    assert {name: (await report(depot))[name] for name in ("goods", "new", "changed", "gone")} == {
        "goods": 3, "new": 1, "changed": 1, "gone": 1,
    }  # fmt: skip
    assert await shop.alarms() == []


async def test_goods_stay_fresh_as_long_as_the_catalogue_is_read(shop: Shop) -> None:
    depot = await a_depot(shop)
    sku = await a_supplied_sku(shop)
    await a_route(depot, sku.sku_id)
    for _ in range(4):
        await sync(depot)
        shop.clock.go_on(SYNC_EVERY)
    assert await left(depot, sku.sku_id) == 100
    depot["north"].will("catalogue", *[InDoubt("hangs")] * 20)
    for _ in range(6):
        await sync(depot)
        shop.clock.go_on(timedelta(minutes=1))
    assert await left(depot, sku.sku_id) == 0


async def test_goods_that_go_off_sale_are_not_offered_and_told_where_a_route_leads_to_them(shop: Shop) -> None:
    depot = await a_depot(shop)
    sku = await a_supplied_sku(shop)
    await a_route(depot, sku.sku_id)
    depot["north"].sells(some_goods("101"))
    await sync(depot)
    depot["north"].shelf.clear()
    shop.clock.go_on(SYNC_EVERY)
    await sync(depot)
    assert await left(depot, sku.sku_id) == 0
    alarms = await shop.rows("SELECT kind, subject, facts FROM alarms")
    assert [(row["kind"], row["subject"], row["facts"]) for row in alarms] == [
        ("goods_gone", "supplier:north", {"goods": ["100"], "times": 1})
    ]
    shop.clock.go_on(SYNC_EVERY)
    await sync(depot)
    assert len(await shop.alarms()) == 1
    depot["north"].sells(some_goods())
    shop.clock.go_on(SYNC_EVERY)
    await sync(depot)
    assert await left(depot, sku.sku_id) == 100


@pytest.mark.parametrize(
    "answer",
    [InDoubt("HTTP 502"), Refused(Reason.NOT_ALLOWED, "IP not allowed"), RuntimeError("bug"),
     Catalogue(tuple([some_goods()] * (GOODS_MAX + 1)))],
    ids=["in doubt", "refused", "broken", "too many"],
)  # fmt: skip
async def test_a_catalogue_that_cannot_be_read_changes_nothing(shop: Shop, answer: object) -> None:
    depot = await a_depot(shop)
    depot["north"].sells(some_goods())
    await sync(depot)
    before, balance = await goods(depot), (await supplier(depot))["balance_fen"]
    shop.clock.go_on(SYNC_EVERY)
    depot["north"].will("catalogue", *[answer] * 4)
    waits = []
    for failures in range(1, 5):
        assert await sync(depot) == 1
        row = await supplier(depot)
        assert (row["sync_failures"], row["balance_fen"]) == (failures, balance)
        assert row["sync_report"]["error"]
        assert len(await shop.alarms()) == (1 if failures >= FAILURES_TILL_ALARM else 0)
        waits.append((row["sync_at"] - shop.clock.now()).total_seconds())
        shop.clock.go_on(row["sync_at"] - shop.clock.now())
    assert waits == [30, 60, 120, 300]
    assert await goods(depot) == before
    await sync(depot)
    row = await supplier(depot)
    assert (row["sync_failures"], "error" in row["sync_report"]) == (0, False)
    assert await shop.alarms() == ["supplier_unreadable"]


async def test_known_goods_that_turn_to_garbage_go_off_sale(shop: Shop) -> None:
    depot = await a_depot(shop)
    sku = await a_supplied_sku(shop)
    await a_route(depot, sku.sku_id)
    await sync(depot)
    shop.clock.go_on(SYNC_EVERY)
    depot["north"].changes("100", price_fen=-900)
    await sync(depot)
    assert await left(depot, sku.sku_id) == 0
    assert (await goods(depot))["100"]["price_fen"] == 900
    assert await shop.alarms() == ["goods_gone"]


async def test_a_low_balance_is_told_once(shop: Shop) -> None:
    depot = await a_depot(shop, balance_low_fen=10_000)
    north = depot["north"]
    for balance_fen, alarms in ((20_000, 0), (9_999, 1), (5_000, 1), (10_000, 1), (9_000, 2)):
        north.balance_fen = balance_fen
        await sync(depot)
        told = await shop.rows("SELECT times FROM alarms WHERE kind = 'supplier_balance_low'")
        assert sum(int(str(row["times"])) for row in told) == alarms
        assert (await supplier(depot))["balance_fen"] == balance_fen
        shop.clock.go_on(SYNC_EVERY)
    north.will("balance", InDoubt("no answer"))
    await sync(depot)
    row = await supplier(depot)
    assert (row["balance_fen"], row["sync_failures"], row["sync_report"]["balance_error"]) == (9_000, 0, "no answer")
    assert row["balance_at"] < shop.clock.now()


async def test_a_disabled_supplier_is_not_read(shop: Shop) -> None:
    depot = await a_depot(shop, enabled=False)
    assert await sync(depot) == 0
    assert depot["north"].calls == []


async def test_workers_share_suppliers_out(shop: Shop) -> None:
    depot = await a_depot(shop, "north", "south", "west")
    assert sum(await asyncio.gather(*(sync(depot) for _ in range(4)))) == 3
    assert [depot[code].calls for code in ("north", "south", "west")] == [["catalogue", "balance"]] * 3


async def test_a_supplier_that_is_being_read_is_left_alone(shop: Shop) -> None:
    depot = await a_depot(shop, "north", "south")
    depot["south"].sells(some_goods())
    goes_on = asyncio.Event()
    depot["north"].will("catalogue", goes_on)
    running = asyncio.create_task(sync(depot))
    await depot["north"].hanging.wait()
    # Another worker finds nothing to do while the first one waits.
    assert await sync(depot) == 0
    goes_on.set()
    assert await running == 2
    assert [(await supplier(depot, code))["synced_at"] for code in ("north", "south")] == [shop.clock.now()] * 2


async def test_what_an_order_found_out_meanwhile_stands(shop: Shop) -> None:
    depot = await a_depot(shop)
    sku = await a_supplied_sku(shop)
    await a_route(depot, sku.sku_id, "north", some_goods(stock=3))
    await sync(depot)
    shop.clock.go_on(SYNC_EVERY)
    goes_on = asyncio.Event()
    depot["north"].will("catalogue", goes_on)
    running = asyncio.create_task(sync(depot))
    await depot["north"].hanging.wait()
    shop.clock.go_on(timedelta(seconds=1))
    async with shop.db.transaction() as tx:
        await mark_sold_out(tx, depot.ids["north"], "100")
    goes_on.set()
    await running
    assert await left(depot, sku.sku_id) == 0
    shop.clock.go_on(SYNC_EVERY)
    await sync(depot)
    assert await left(depot, sku.sku_id) == 3


@pytest.mark.parametrize("reason", [Reason.OUT_OF_STOCK, Reason.GOODS_GONE])
async def test_sold_out_goods_without_figures_stay_so_for_a_while(shop: Shop, reason: Reason) -> None:
    depot = await a_depot(shop)
    sku = await a_supplied_sku(shop)
    await a_route(depot, sku.sku_id)
    await sync(depot)
    async with shop.db.transaction() as tx:
        await mark_sold_out(tx, depot.ids["north"], "100", reason=reason)
        await mark_sold_out(tx, depot.ids["north"], "unheard of")
    marked_at: datetime = shop.clock.now()
    while shop.clock.now() < marked_at + SOLD_OUT_FOR:
        assert await left(depot, sku.sku_id) == 0
        shop.clock.go_on(SYNC_EVERY)
        await sync(depot)
    assert await left(depot, sku.sku_id) == 100


async def test_without_a_catalogue_the_goods_of_routes_are_asked_for_one_by_one(shop: Shop) -> None:
    depot = await a_depot(shop)
    north = depot["north"]
    north.abilities = replace(ABILITIES, has_catalogue=False, has_balance=False)
    sku = await a_supplied_sku(shop)
    for number in ("1", "2", "3", "4"):
        await a_route(depot, sku.sku_id, "north", some_goods(number, stock=1))
    north.changes("1", stock=2)
    del north.shelf["4"]
    shop.clock.go_on(timedelta(minutes=11))
    north.will("goods", north.shelf["1"], Refused(Reason.NOT_SUPPORTED, ""), InDoubt("?"))
    await sync(depot)
    assert north.calls == ["goods"] * 4
    known = await goods(depot)
    assert {number: (row["stock"], row["on_sale"]) for number, row in known.items()} == {
        "1": (2, True), "2": (None, True), "3": (1, True), "4": (None, False),
    }  # fmt: skip
    row = await supplier(depot)
    assert (row["synced_at"], row["sync_failures"], row["balance_fen"]) == (None, 0, None)
    shop.clock.go_on(SYNC_EVERY)
    await sync(depot)
    assert (await supplier(depot))["synced_at"] == shop.clock.now()


async def test_a_code_and_a_top_up_are_told_apart(shop: Shop) -> None:
    depot = await a_depot(shop)
    depot["north"].sells(some_goods("1"), replace(some_goods("2"), kind=GoodsKind.TOP_UP, face_fen=5000))
    await sync(depot)
    known = await goods(depot)
    assert [(row["kind"], row["face_fen"]) for row in known.values()] == [("code", None), ("top_up", 5000)]
