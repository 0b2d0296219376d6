"""A product is found by name, pinyin, initials or another name, best match first."""

import pytest

from kameng.catalogue.edit import ProductDraft, TypeDraft, save_product, save_type
from kameng.catalogue.search import FOUND_MAX, search
from tests.builders.shop import Shop

pytestmark = pytest.mark.anyio

GOODS = [
    ProductDraft("wzry", "games", "王者荣耀", aliases=("农药",), popularity=5),
    ProductDraft("hpjy", "games", "和平精英", aliases=("吃鸡", "PUBG Mobile"), popularity=9),
    ProductDraft("qb", "games", "Q币", popularity=3),
    ProductDraft("qd", "games", "Q点"),
    ProductDraft("cq", "games", "重庆麻将"),
    ProductDraft("wz", "games", "王者归来", popularity=8),
    ProductDraft("percent", "games", "100%_折扣"),
    ProductDraft("gone", "games", "王者远征", on_sale=False, popularity=99),
]


@pytest.fixture(autouse=True)
async def goods(shop: Shop) -> None:
    async with shop.db.transaction() as tx:
        await save_type(tx, TypeDraft("games", "游戏"))
        for draft in GOODS:
            await save_product(tx, draft)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("王者荣耀", ["wzry"]),
        ("王者", ["wz", "wzry"]),
        (" 王 者 ", ["wz", "wzry"]),
        ("荣耀", ["wzry"]),
        ("wangzhe", ["wz", "wzry"]),
        ("WangZheRong", ["wzry"]),
        ("wzry", ["wzry"]),
        ("ｗｚｒｙ", ["wzry"]),
        ("农药", ["wzry"]),
        ("nongyao", ["wzry"]),
        ("吃鸡", ["hpjy"]),
        ("pubg", ["hpjy"]),
        ("mobile", ["hpjy"]),
        ("hpjy", ["hpjy"]),
        ("q币", ["qb"]),
        ("chongqing", ["cq"]),
        ("zhongqing", ["cq"]),
        ("cqmj", ["cq"]),
        ("100%", ["percent"]),
        ("%", ["percent"]),
        ("_", ["percent"]),
        ("\\", []),
        ("没有的东西", []),
        ("远征", []),
        ("", []),
        ("   ", []),
        ("x" * 1000, []),
    ],
)
async def test_what_is_typed_finds(shop: Shop, typed: str, found: list[str]) -> None:
    assert [product.slug for product in await search(shop.db, typed)] == found


async def test_a_whole_name_comes_first_even_among_other_names(shop: Shop) -> None:
    async with shop.db.transaction() as tx:
        await save_product(tx, ProductDraft("long", "games", "吃鸡大厅豪华礼包", popularity=1000))
    assert [product.slug for product in await search(shop.db, "吃鸡")] == ["hpjy", "long"]


async def test_no_more_than_a_page_is_found(shop: Shop) -> None:
    async with shop.db.transaction() as tx:
        for number in range(FOUND_MAX + 5):
            await save_product(tx, ProductDraft(f"many-{number}", "games", f"点卡{number}"))
    assert len(await search(shop.db, "点卡")) == FOUND_MAX
