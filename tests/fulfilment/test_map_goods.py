"""A supplier's goods are mapped in bulk, in batches that can be repeated."""

from decimal import Decimal

import pytest

from kameng.catalogue.browse import ProductMissing
from kameng.fulfilment import map_goods as module
from kameng.fulfilment.map_goods import map_goods, preview_mapping
from kameng.supply.list_goods import GoodsPick, list_goods
from kameng.supply.map_goods import MappingRule, MarkUp
from tests.builders.shop import Shop, a_stocked_sku
from tests.builders.supplier import Depot, a_depot, put_on_shelf, some_goods

pytestmark = pytest.mark.anyio

SKUS = """
SELECT s.face_value, s.price_fen, s.filled_by, array_agg(r.goods ORDER BY r.goods) AS goods
FROM skus s JOIN routes r ON r.sku_id = s.id GROUP BY s.id ORDER BY s.id
"""
MARK_UP = MarkUp(Decimal(10), round_to_fen=10)


async def stocked(shop: Shop) -> tuple[Depot, MappingRule]:
    """A product with one face value of its own, and a supplier with seven goods."""
    depot = await a_depot(shop)
    product = await a_stocked_sku(shop)
    categories = ("游戏", "视频")
    await put_on_shelf(
        depot, "north", *(some_goods(str(n), price_fen=100 * n, category=categories[n % 2]) for n in range(1, 7))
    )
    await put_on_shelf(depot, "north", some_goods("7", on_sale=False))
    return depot, MappingRule(product.slug, MARK_UP)


async def test_new_goods_become_skus_with_routes(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH", 4)
    _, rule = await stocked(shop)
    pick = GoodsPick("north", unmapped_only=True)
    planned = await preview_mapping(db=shop.db, pick=pick, rule=rule)
    assert await shop.rows(SKUS) == []
    assert await map_goods(db=shop.db, planned=planned, rule=rule) == 6
    skus = await shop.rows(SKUS)
    assert [(row["face_value"], row["price_fen"], row["filled_by"], row["goods"]) for row in skus[:2]] == [
        ("商品1", 110, "supplier", ["1"]),
        ("商品2", 220, "supplier", ["2"]),
    ]
    # Once more changes nothing: what is mapped is not new any more, and what is planned is there.
    assert await preview_mapping(db=shop.db, pick=pick, rule=rule) == []
    assert await map_goods(db=shop.db, planned=planned, rule=rule) == 6
    assert await shop.rows(SKUS) == skus


async def test_a_pick_of_goods(shop: Shop) -> None:
    await stocked(shop)
    for pick, numbers in (
        (GoodsPick("north", category="游戏"), ["2", "4", "6"]),
        (GoodsPick("north", containing="品3"), ["3"]),
        (GoodsPick("north", numbers=("5", "7", "99")), ["5", "7"]),
        (GoodsPick("north", unmapped_only=True, numbers=("5", "7")), ["5"]),
        (GoodsPick("south"), []),
    ):
        async with shop.db.reading() as connection:
            assert [goods.number for goods in await list_goods(connection, pick)] == numbers
    async with shop.db.reading() as connection:
        following = await list_goods(connection, GoodsPick("north"), after="4", at_most=2)
    assert [goods.number for goods in following] == ["5", "6"]


async def test_goods_join_a_sku_that_is_there(shop: Shop) -> None:
    depot, rule = await stocked(shop)
    await put_on_shelf(depot, "north", some_goods("8", price_fen=900, face_fen=1000))
    await put_on_shelf(depot, "north", some_goods("9", price_fen=1001, face_fen=1000))
    pick = GoodsPick("north", numbers=("8", "9"))
    by_face = MappingRule(rule.product_slug, MARK_UP, by_face=True)
    planned = await preview_mapping(db=shop.db, pick=pick, rule=by_face)
    assert [(mapped.sku_id is not None, mapped.problem is None) for mapped in planned] == [(True, True), (True, False)]
    assert await map_goods(db=shop.db, planned=planned, rule=by_face) == 1
    (sku,) = await shop.rows(SKUS)
    assert (sku["face_value"], sku["price_fen"], sku["filled_by"], sku["goods"]) == ("10元", 1000, "stock", ["8"])


async def test_a_product_that_is_not_there(shop: Shop) -> None:
    await a_depot(shop)
    with pytest.raises(ProductMissing):
        await preview_mapping(db=shop.db, pick=GoodsPick("north"), rule=MappingRule("nothing"))
