import pytest

from tests.web.shopfront import PHONE, PRICE_FEN, PRODUCT, Shopfront, hidden

pytestmark = pytest.mark.anyio


async def test_the_confirm_page_says_what_for_whom_and_how_much(shopfront: Shopfront) -> None:
    page = await shopfront.post(PRODUCT, shopfront.wish(quantity="２", contact="+86 138-0013-8000"))
    assert page.status_code == 200
    for text in ("王者荣耀点券卡", "980 点", "13800138000", "¥186.20", "不支持七天无理由退货", "返回修改"):
        assert text in page.text
    assert page.headers["cache-control"] == "no-store"
    assert await shopfront.count("orders") == 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"contact": ""}, "请填写手机号或邮箱"),
        ({"contact": "1380013800"}, "手机号应为 11 位数字"),
        ({"contact": "12800138000"}, "手机号应以 1 开头"),
        ({"contact": "a@b"}, "邮箱格式不对"),
        ({"quantity": "0"}, "数量应为 1 到 5"),
        ({"quantity": "6"}, "数量应为 1 到 5"),
        ({"quantity": "一"}, "数量应为 1 到 5"),
        ({"quantity": "4"}, "库存只剩 3 件"),
        ({"sku": "999"}, "请选择面值"),
        ({"sku": ""}, "请选择面值"),
    ],
)
async def test_what_is_wrong_stands_beside_its_field(shopfront: Shopfront, changes: dict[str, str], words: str) -> None:
    page = await shopfront.post(PRODUCT, shopfront.wish(**changes))
    assert page.status_code == 422
    assert words in page.text
    assert await shopfront.count("orders") == 0


async def test_going_back_to_change_keeps_what_was_typed(shopfront: Shopfront) -> None:
    page = await shopfront.post(PRODUCT, shopfront.wish(edit="1", contact="buyer@example.com"))
    assert page.status_code == 200
    assert 'value="buyer@example.com"' in page.text


async def test_an_order_needs_the_tick(shopfront: Shopfront) -> None:
    confirm = await shopfront.post(PRODUCT, shopfront.wish())
    page = await shopfront.post("/orders", hidden(confirm.text))
    assert page.status_code == 422
    assert "请勾选确认" in page.text
    assert await shopfront.count("orders") == 0


async def test_a_changed_price_is_confirmed_again(shopfront: Shopfront) -> None:
    confirm = await shopfront.post(PRODUCT, shopfront.wish())
    await shopfront.db.pool.execute("UPDATE skus SET price_fen = price_fen + 1")
    page = await shopfront.post("/orders", hidden(confirm.text) | {"terms_accepted": "yes"})
    assert page.status_code == 409
    assert "价格刚刚变动" in page.text
    assert hidden(page.text)["unit_price_fen"] == str(PRICE_FEN + 1)
    assert await shopfront.count("orders") == 0


async def test_sold_out_meanwhile_goes_back_to_the_form(shopfront: Shopfront) -> None:
    confirm = await shopfront.post(PRODUCT, shopfront.wish())
    await shopfront.db.pool.execute("UPDATE cards SET state = 'withdrawn'")
    page = await shopfront.post("/orders", hidden(confirm.text) | {"terms_accepted": "yes"})
    assert page.status_code == 409
    assert "库存不足" in page.text
    assert await shopfront.count("orders") == 0


async def test_sending_the_confirm_page_twice_makes_one_order(shopfront: Shopfront) -> None:
    confirm = await shopfront.post(PRODUCT, shopfront.wish())
    fields = hidden(confirm.text) | {"terms_accepted": "yes"}
    first, second = await shopfront.post("/orders", fields), await shopfront.post("/orders", fields)
    assert first.headers["location"] == second.headers["location"]
    assert await shopfront.count("orders") == 1


async def test_the_order_page_opens_in_the_browser_that_ordered_and_nowhere_else(shopfront: Shopfront) -> None:
    order_no = await shopfront.ordered()
    assert "待支付" in (await shopfront.get(f"/orders/{order_no}")).text
    shopfront.client.cookies.clear()
    page = await shopfront.get(f"/orders/{order_no}")
    assert "待支付" not in page.text
    assert f'value="{order_no}"' in page.text


async def test_the_token_is_kept_from_scripts_and_from_other_pages(shopfront: Shopfront) -> None:
    confirm = await shopfront.post(f"/s/wanbao{PRODUCT}", shopfront.wish())
    placed = await shopfront.post("/s/wanbao/orders", hidden(confirm.text) | {"terms_accepted": "yes"})
    cookie = placed.headers["set-cookie"]
    assert placed.headers["location"].startswith("/s/wanbao/orders/")
    for part in ("order_owner=", "HttpOnly", f"Path={placed.headers['location']}", "SameSite=lax"):
        assert part in cookie


async def test_a_form_without_its_token_is_refused(shopfront: Shopfront) -> None:
    answer = await shopfront.client.post(PRODUCT, data=shopfront.wish(), follow_redirects=False)
    assert answer.status_code == 403
    assert "页面已过期" in answer.text


async def test_nothing_typed_reaches_an_address(shopfront: Shopfront) -> None:
    order_no = await shopfront.ordered()
    assert PHONE not in order_no
    assert PHONE not in (await shopfront.get(f"/orders/{order_no}")).text
