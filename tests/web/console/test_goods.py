"""Types, products and prices in the console."""

import pytest

from kameng.catalogue.browse import find_product, list_types
from kameng.catalogue.filling import ChooseBy, Delivers, FilledBy
from kameng.catalogue.form import FieldKind, FormField
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


QUESTIONS = {
    "delivers": "top_up",
    "form.0.name": "account", "form.0.kind": "qq", "form.0.label": "QQ 号", "form.0.required": "on",
    "form.0.confirm": "on",
    "form.1.name": "server", "form.1.kind": "choice", "form.1.label": "区服", "form.1.required": "on",
    "form.1.choices": "一区\r\n\r\n 二区 \r\n", "form.1.hint": "登录页可以看到",
    "form.2.name": "role", "form.2.kind": "role", "form.2.label": "角色名", "form.2.pattern": r".{2,12}",
    "form.3.name": "", "form.3.label": "空行",
}  # fmt: skip


async def test_what_buyers_are_asked_for_is_edited_row_by_row(console: Console) -> None:
    assert (await console.post("/console/goods/products", PRODUCT | QUESTIONS)).status_code == 303
    saved = await product(console)
    assert saved.delivers is Delivers.TOP_UP
    assert saved.form == (
        FormField("account", FieldKind.QQ, "QQ 号", confirm=True),
        FormField("server", FieldKind.CHOICE, "区服", "登录页可以看到", choices=("一区", "二区")),
        FormField("role", FieldKind.ROLE, "角色名", required=False, pattern=".{2,12}"),
    )
    page = (await console.get("/console/goods/products/qb")).text
    for text in ('value="account"', 'name="form.4.name"', "一区\n二区", 'value="top_up" selected'):
        assert text in page
    await console.post("/console/goods/products", PRODUCT | QUESTIONS | {"form.2.name": ""})
    assert [field.name for field in (await product(console)).form] == ["account", "server"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"form.0.name": ""}, "要有且只有一项的名称是 account"),
        ({"form.1.name": "account"}, "这个名称已经用过了"),
        ({"form.1.choices": ""}, "请写出可选的内容"),
        ({"form.2.pattern": "(a+)+b"}, "正则表达式写得不对"),
        ({"form.0.required": ""} | {f"form.{n}.name": "" for n in range(3)}, "直充商品要问买家充值账号"),
    ],
)
async def test_questions_nobody_could_answer_change_nothing(
    console: Console, fields: dict[str, str], words: str
) -> None:
    answer = await console.post("/console/goods/products", PRODUCT | QUESTIONS | fields)
    assert answer.status_code == 422
    assert words in answer.text
    assert (await product(console)).form == ()
    assert await console.log() == []


async def test_a_face_value_may_be_filled_by_suppliers(console: Console) -> None:
    filled = {"filled_by": "supplier", "face": "10", "choose_by": "cheapest"}
    assert (await console.post("/console/goods/products/qb/skus", SKU | filled)).status_code == 303
    (sku,) = (await product(console)).skus
    assert (sku.filled_by, sku.face_fen, sku.choose_by) == (FilledBy.SUPPLIER, 1000, ChooseBy.CHEAPEST)
    page = (await console.get("/console/goods/products/qb")).text
    assert 'value="supplier" selected' in page
    assert 'name="face" value="10.00"' in page
    assert (await console.post("/console/goods/products/qb/skus", SKU | filled | {"face": "十元"})).status_code == 422
