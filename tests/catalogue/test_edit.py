"""What is sold can change; what was promised can not."""

import pytest

from kameng.catalogue.browse import ProductMissing, find_offer, find_product, list_pinned, list_products, list_types
from kameng.catalogue.edit import ProductDraft, SkuDraft, TypeDraft, save_product, save_sku, save_type
from kameng.kernel.errors import InvalidInput
from kameng.tracking.view import view_order
from tests.builders.shop import Shop, a_stocked_sku, an_order

pytestmark = pytest.mark.anyio

VERSIONS = "SELECT type_name, product_name, face_value, usage_note FROM sku_versions WHERE sku_id = $1 ORDER BY id"


async def save(shop: Shop, *drafts: TypeDraft | ProductDraft | SkuDraft) -> list[int]:
    saved = []
    async with shop.db.transaction() as tx:
        for draft in drafts:
            match draft:
                case TypeDraft():
                    saved.append(await save_type(tx, draft))
                case ProductDraft():
                    saved.append(await save_product(tx, draft))
                case SkuDraft():
                    saved.append(await save_sku(tx, draft))
    return saved


async def test_saving_again_changes_the_same(shop: Shop) -> None:
    drafts = TypeDraft("games", "游戏"), ProductDraft("wzry", "games", "王者荣耀"), SkuDraft("wzry", "60点券", 600)
    assert await save(shop, *drafts) == await save(shop, *drafts)
    product = await find_product(shop.db, "wzry")
    assert (product.type_name, product.name, product.price_from_fen) == ("游戏", "王者荣耀", 600)
    assert [(sku.face_value, sku.price_fen) for sku in product.skus] == [("60点券", 600)]


async def test_an_order_keeps_the_words_it_was_placed_under(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    order = await an_order(shop, goods)
    await save(
        shop,
        TypeDraft("games", "手游"),
        ProductDraft(goods.slug, "games", "新点卡", usage_note="新说明"),
        SkuDraft(goods.slug, "10元", 2000),
    )
    view = await view_order(db=shop.db, keyring=shop.keyring, order_id=order.order_id)
    assert (view.type_name, view.product_name, view.usage_note, view.unit_price_fen) == ("游戏", "点卡", "", 1000)
    newer = await an_order(shop, type(goods)(goods.sku_id, 2000, goods.slug, goods.codes))
    view = await view_order(db=shop.db, keyring=shop.keyring, order_id=newer.order_id)
    assert (view.type_name, view.product_name, view.usage_note, view.unit_price_fen) == (
        "手游",
        "新点卡",
        "新说明",
        2000,
    )


async def test_versions_are_written_when_words_change_and_only_then(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    assert len(await shop.rows(VERSIONS, goods.sku_id)) == 1
    await save(shop, SkuDraft(goods.slug, "10元", 1234), ProductDraft(goods.slug, "games", "点卡", popularity=9))
    assert len(await shop.rows(VERSIONS, goods.sku_id)) == 1
    await save(shop, ProductDraft(goods.slug, "games", "点卡", usage_note="在商城兑换"))
    assert [row["usage_note"] for row in await shop.rows(VERSIONS, goods.sku_id)] == ["", "在商城兑换"]
    async with shop.db.reading() as connection:
        offer = await find_offer(connection, goods.sku_id)
    assert offer is not None
    assert offer.usage_note == "在商城兑换"


async def test_lists_show_what_is_on_sale_by_popularity(shop: Shop) -> None:
    await save(
        shop,
        TypeDraft("games", "游戏", position=2),
        TypeDraft("cards", "礼品卡", position=1),
        ProductDraft("a", "games", "甲", popularity=1),
        ProductDraft("b", "games", "乙", popularity=5, pinned=True),
        ProductDraft("c", "cards", "丙"),
        ProductDraft("d", "cards", "丁", on_sale=False, pinned=True),
    )
    assert [(t.name, t.products) for t in await list_types(shop.db)] == [("礼品卡", 1), ("游戏", 2)]
    assert [product.slug for product in await list_products(shop.db)] == ["c", "b", "a"]
    assert [product.slug for product in await list_products(shop.db, type_slug="games")] == ["b", "a"]
    assert [product.slug for product in await list_products(shop.db, on_sale_only=False)] == ["c", "d", "b", "a"]
    assert [product.slug for product in await list_pinned(shop.db)] == ["b"]
    with pytest.raises(ProductMissing):
        await find_product(shop.db, "d")
    assert (await find_product(shop.db, "d", on_sale_only=False)).name == "丁"


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (TypeDraft("Games", "游戏"), "slug"),
        (TypeDraft("games", ""), "name"),
        (ProductDraft("", "games", "甲"), "slug"),
        (ProductDraft("a", "games", "甲" * 61), "name"),
        (ProductDraft("a", "nothing", "甲"), "type_slug"),
        (ProductDraft("a", "games", "甲", code_format="("), "code_format"),
        (SkuDraft("a", "", 1), "face_value"),
        (SkuDraft("a", "10元", 0), "price"),
        (SkuDraft("a", "10元", 10**13), "price"),
        (SkuDraft("a", "10元", 1, quantity_max=0), "quantity_max"),
        (SkuDraft("a", "10元", 1, quantity_max=1001), "quantity_max"),
    ],
)
async def test_what_is_wrong_is_named_and_not_saved(
    shop: Shop, draft: TypeDraft | ProductDraft | SkuDraft, field: str
) -> None:
    await save(shop, TypeDraft("games", "游戏"))
    with pytest.raises(InvalidInput) as refusal:
        await save(shop, draft)
    assert list(refusal.value.fields) == [field]
    assert await list_products(shop.db, on_sale_only=False) == []


async def test_a_face_value_needs_its_product(shop: Shop) -> None:
    with pytest.raises(ProductMissing):
        await save(shop, SkuDraft("nothing", "10元", 1))
