"""Types, products and prices in the console."""

import pytest

from kameng.catalogue.browse import find_product, list_types
from kameng.catalogue.product import Product
from kameng.staff.roles import Role
from tests.web.console.conftest import Console
from tests.web.console.shop import Shop

pytestmark = pytest.mark.anyio

PRODUCT = {"slug": "qb", "type_slug": "games", "name": "Q币", "usage_note": "新的说明", "aliases": "腾讯Q币， QQ币",
           "popularity": "5", "on_sale": "on"}  # fmt: skip
SKU = {"face_value": "10元", "price": "9.80", "quantity_max": "5", "position": "3", "on_sale": "on"}


@pytest.fixture(autouse=True)
async def at_the_desk(console: Console, shop: Shop) -> None:
    await console.enter_as(Role.OPERATOR)


async def product(console: Console, slug: str = "qb") -> Product:
    return await find_product(console.db, slug, on_sale_only=False)


async def test_a_price_is_changed_and_both_are_told(console: Console) -> None:
    answer = await console.post("/console/goods/products/qb/skus", SKU)
    assert answer.status_code == 303
    (sku,) = (await product(console)).skus
    assert (sku.price_fen, sku.quantity_max, sku.position, sku.on_sale) == (980, 5, 3, True)
    (line,) = await console.log()
    assert (line.action, line.facts["before_fen"], line.facts["price_fen"]) == ("sku:saved", 1000, 980)


@pytest.mark.parametrize(
    ("field", "value"),
    [("price", "0"), ("price", "-1"), ("price", "1.005"), ("price", "免费"), ("price", ""), ("quantity_max", "0"),
     ("quantity_max", "1001"), ("quantity_max", "x")],
)  # fmt: skip
async def test_a_wrong_price_changes_nothing(console: Console, field: str, value: str) -> None:
    answer = await console.post("/console/goods/products/qb/skus", SKU | {field: value})
    assert answer.status_code == 422
    (sku,) = (await product(console)).skus
    assert (sku.price_fen, sku.quantity_max) == (1000, 20)
    assert await console.log() == []


async def test_a_face_value_is_added_once(console: Console) -> None:
    new = SKU | {"new": "1", "face_value": "100元", "price": "98"}
    assert (await console.post("/console/goods/products/qb/skus", new)).status_code == 303
    again = await console.post("/console/goods/products/qb/skus", new | {"price": "1"})
    assert again.status_code == 422
    assert [(sku.face_value, sku.price_fen) for sku in (await product(console)).skus] == [
        ("10元", 1000),
        ("100元", 9800),
    ]


async def test_a_product_is_changed(console: Console) -> None:
    assert (await console.post("/console/goods/products", PRODUCT)).status_code == 303
    saved = await product(console)
    assert (saved.usage_note, saved.aliases, saved.popularity, saved.on_sale) == (
        "新的说明",
        ("腾讯Q币", "QQ币"),
        5,
        True,
    )
    await console.post("/console/goods/products", {n: v for n, v in PRODUCT.items() if n != "on_sale"})
    assert not (await product(console)).on_sale
    assert [line.facts["on_sale"] for line in await console.log()] == [False, True]


async def test_a_product_is_added_once(console: Console) -> None:
    assert (await console.post("/console/goods/products", PRODUCT | {"new": "1", "slug": "steam"})).status_code == 303
    taken = await console.post("/console/goods/products", PRODUCT | {"new": "1", "name": "别的"})
    assert taken.status_code == 422
    assert (await product(console)).name == "Q币"


async def test_a_product_needs_a_form_that_fits(console: Console) -> None:
    for fields, words in (
        ({"code_format": "("}, "正则表达式"),
        ({"type_slug": "none"}, "没有这个类型"),
        ({"name": ""}, "名称应为"),
    ):
        answer = await console.post("/console/goods/products", PRODUCT | fields)
        assert answer.status_code == 422
        assert words in answer.text
    assert (await product(console)).usage_note == "在充值页输入卡密"


async def test_a_type_is_added_and_changed(console: Console) -> None:
    new = {"new": "1", "slug": "video", "name": "影音会员", "position": "4"}
    assert (await console.post("/console/goods/types", new)).status_code == 303
    assert (await console.post("/console/goods/types", new)).status_code == 422
    await console.post("/console/goods/types", {"slug": "video", "name": "视频会员", "position": "2"})
    types = {one.slug: (one.name, one.position) for one in await list_types(console.db)}
    assert types["video"] == ("视频会员", 2)


@pytest.mark.parametrize(
    "path", ["/console/goods/products/none", "/console/goods/types/none", "/console/goods/products/%00"]
)
async def test_what_is_not_there_is_not_found(console: Console, path: str) -> None:
    assert (await console.get(path)).status_code == 404
