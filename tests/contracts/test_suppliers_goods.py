"""Catalogues: what can be sold is taken as it is, garbage is refused entry by entry, with a reason for each."""

from dataclasses import replace
from typing import Any

import pytest

from kameng.supply.answer import Reason, Refused
from kameng.supply.goods import GOODS_MAX, Catalogue, Goods, GoodsKind
from kameng.web.sandbox.suppliers.wares import Ware
from tests.contracts.suppliers.choosing import for_entries
from tests.contracts.suppliers.entry import Contract, Entry

pytestmark = pytest.mark.anyio

NO_PRICES: tuple[Any, ...] = (
    -1,
    "-1.00",
    "0",
    "abc",
    "",
    None,
    [],
    {},
    True,
    "1e9",
    "NaN",
    "99999999999999999999",
    "1,00",
)
NO_NAMES: tuple[Any, ...] = (
    *(
        "<b>100</b>",
        "<script>alert(1)</script>",
        "话费<img src=x onerror=alert(1)>",
        "a&lt;b&gt;",
        "javascript:alert(1)",
    ),
    *("", None, [], {"a": 1}, "长" * 300, "两\n行", "a\u202eb", "a\x00b"),
)
NO_NUMBERS: tuple[Any, ...] = ("", None, [], {})


def lists(entry: Entry) -> bool:
    return entry.lists_goods


def has(name: str) -> Any:
    return lambda entry: entry.lists_goods and name in entry.raw


@for_entries(lists)
async def test_goods_are_listed_as_they_are(contract: Contract) -> None:
    read = await contract.supplier.catalogue()
    assert isinstance(read, Catalogue)
    assert read.unusable == ()
    assert {goods.number for goods in read.goods} == {ware.number for ware in contract.entry.wares}
    for goods in read.goods:
        ware = contract.warehouse.ware(goods.number)
        kind = GoodsKind.CODE if ware.kind == "code" else GoodsKind.TOP_UP
        assert (goods.name, goods.price_fen, goods.kind, goods.on_sale) == (ware.name, ware.price_fen, kind, True)
        assert goods.stock in {ware.stock, None}
        assert goods.face_fen in {ware.face_fen, None}


@for_entries()
async def test_one_of_them_can_be_asked_for(contract: Contract) -> None:
    for ware in contract.entry.wares:
        goods = await contract.supplier.goods(ware.number)
        assert isinstance(goods, Goods)
        assert (goods.number, goods.price_fen) == (ware.number, ware.price_fen)
        contract.warehouse.change(ware.number, price_fen=ware.price_fen + 1)
        changed = await contract.supplier.goods(ware.number)
        assert isinstance(changed, Goods)
        assert changed.price_fen == ware.price_fen + 1
    gone = await contract.supplier.goods("99999999")
    assert isinstance(gone, Refused)
    assert gone.reason is Reason.GOODS_GONE


@for_entries()
async def test_goods_taken_off_the_shelf_are_not_on_sale(contract: Contract) -> None:
    ware = contract.entry.any_ware
    contract.warehouse.change(ware.number, on_sale=False)
    goods = await contract.supplier.goods(ware.number)
    if isinstance(goods, Refused):
        assert goods.reason is Reason.GOODS_GONE
    else:
        assert isinstance(goods, Goods)
        assert not goods.on_sale


@for_entries(has("price"))
async def test_an_impossible_price_is_refused(contract: Contract) -> None:
    await each_is_refused(contract, "price", NO_PRICES)


@for_entries(has("name"))
async def test_an_impossible_name_is_refused(contract: Contract) -> None:
    await each_is_refused(contract, "name", NO_NAMES)


@for_entries(has("number"))
async def test_goods_without_a_number_are_refused(contract: Contract) -> None:
    await each_is_refused(contract, "number", NO_NUMBERS)


async def each_is_refused(contract: Contract, what: str, values: tuple[Any, ...]) -> None:
    """All the rest stays, and each refusal says why. Some garbage may stand under its proper number."""
    garbage = [
        replace(bad_ware(contract, place), raw={contract.entry.raw[what]: value}) for place, value in enumerate(values)
    ]
    contract.warehouse.stock_up(garbage)
    read = await contract.supplier.catalogue()
    assert isinstance(read, Catalogue)
    assert {goods.number for goods in read.goods} == {ware.number for ware in contract.entry.wares}
    assert len(read.unusable) == len(values)
    assert all(entry.why for entry in read.unusable)


def bad_ware(contract: Contract, place: int) -> Ware:
    return replace(contract.entry.any_ware, number=str(700_000 + place))


@for_entries(has("number"))
async def test_one_number_for_two_goods_is_refused(contract: Contract) -> None:
    twins = [replace(bad_ware(contract, place), raw={contract.entry.raw["number"]: "700000"}) for place in (0, 1)]
    contract.warehouse.stock_up(twins)
    read = await contract.supplier.catalogue()
    assert isinstance(read, Catalogue)
    assert {goods.number for goods in read.goods} == {ware.number for ware in contract.entry.wares}
    assert read.unusable


@for_entries(lists)
async def test_a_million_goods_are_garbage_as_a_whole(contract: Contract) -> None:
    contract.warehouse.listed_times = GOODS_MAX // len(contract.entry.wares) + 1
    read = await contract.supplier.catalogue()
    assert isinstance(read, Refused)
    assert read.reason is Reason.NOT_SUPPORTED
