"""Garbage in a catalogue is named in the supplier's report, and everything else is taken."""

from dataclasses import replace
from typing import Any

import pytest

from kameng.supply.goods import AskedField, Catalogue, Goods, Unusable
from kameng.supply.sync_goods import sync_goods
from tests.builders.shop import Shop
from tests.builders.supplier import Depot, a_depot, some_goods

pytestmark = pytest.mark.anyio

GOODS = "SELECT number, price_fen FROM supplier_goods ORDER BY number"
REPORT = "SELECT sync_report FROM suppliers"


async def taken(depot: Depot, *told: Goods, unusable: tuple[Unusable, ...] = ()) -> dict[str, Any]:
    """The supplier's report after it told this much."""
    depot["north"].will("catalogue", Catalogue(told, unusable))
    await sync_goods(db=depot.shop.db, suppliers=depot.suppliers)
    (row,) = await depot.shop.rows(REPORT)
    report: Any = row["sync_report"]
    return dict(report)


def garbage(**changes: Any) -> Goods:
    return replace(some_goods("bad"), **changes)


@pytest.mark.parametrize(
    "entry",
    [
        garbage(price_fen=-1), garbage(price_fen=10**13), garbage(price_fen="9.00"), garbage(price_fen=True),
        garbage(price_fen=9.5), garbage(stock=-1), garbage(stock=2**31), garbage(stock="many"),
        garbage(name=""), garbage(name=None), garbage(name="字" * 201), garbage(name="<script>alert(1)</script>"),
        garbage(name="<b>点卡</b>"), garbage(name="点\x00卡"), garbage(name="点\n卡"), garbage(category="<img src=x>"),
        garbage(category=None), garbage(kind="card"), garbage(on_sale=1), garbage(on_sale=None),
        garbage(face_fen=0), garbage(face_fen=-5), garbage(quantity_min=0), garbage(quantity_max=0),
        garbage(quantity_min=5, quantity_max=4), garbage(asks=(AskedField("a" * 300, "x"),)),
        garbage(asks=(AskedField("a", "<i>x</i>"),)), garbage(asks=None),
        garbage(asks=tuple(AskedField(str(n), "x") for n in range(21))), garbage(name="\ud800"),
    ],
)  # fmt: skip
async def test_unusable_entries_are_named_and_the_rest_is_taken(shop: Shop, entry: Goods) -> None:
    depot = await a_depot(shop)
    said = await taken(depot, some_goods(), entry)
    assert [row["number"] for row in await shop.rows(GOODS)] == ["100"]
    assert (said["goods"], said["unusable_count"]) == (1, 1)
    assert said["unusable"][0]["number"] == "bad"
    assert said["unusable"][0]["why"]


@pytest.mark.parametrize("number", ["", None, 7, "9" * 101, "a\x00", "<b>"])
async def test_numbers_that_are_none(shop: Shop, number: Any) -> None:
    depot = await a_depot(shop)
    said = await taken(depot, some_goods(), garbage(number=number))
    assert [row["number"] for row in await shop.rows(GOODS)] == ["100"]
    assert said["unusable_count"] == 1


async def test_a_number_told_twice_is_taken_once_and_reports_stay_short(shop: Shop) -> None:
    depot = await a_depot(shop)
    twice = [some_goods("1"), some_goods("1", price_fen=1)]
    bad = tuple(Unusable(str(n) * 500, "why " * 500) for n in range(300))
    said = await taken(depot, *twice, unusable=bad)
    assert await shop.rows(GOODS) == [{"number": "1", "price_fen": 900}]
    assert (said["unusable_count"], len(said["unusable"])) == (301, 50)
    assert max(len(entry["number"]) + len(entry["why"]) for entry in said["unusable"]) <= 220
