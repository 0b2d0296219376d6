import pytest

from tests.stock.builders import some_cards
from tests.web.shopfront import PRODUCT, Shopfront

pytestmark = pytest.mark.anyio


async def test_the_first_page_has_the_lookup_the_pinned_goods_and_the_icp_number(shopfront: Shopfront) -> None:
    page = await shopfront.get("/")
    assert page.status_code == 200
    for text in ("查询订单", "王者荣耀点券卡", "¥93.10", "海城卡盟公告", 'href="https://beian.miit.gov.cn/"'):
        assert text in page.text


async def test_each_site_has_its_own_name_by_host_or_by_path(shopfront: Shopfront) -> None:
    by_host = await shopfront.get("/", headers={"host": "wanbao.localhost:8000"})
    by_path = await shopfront.get("/s/wanbao/")
    assert "万宝卡盟公告" in by_host.text
    assert "万宝卡盟公告" in by_path.text
    assert 'href="/s/wanbao/goods"' in by_path.text
    assert 'href="/goods"' in by_host.text


async def test_an_unknown_site_is_not_found(shopfront: Shopfront) -> None:
    assert (await shopfront.get("/s/nowhere/q")).status_code == 404
    assert (await shopfront.post("/s/nowhere/orders", {})).status_code == 404


async def test_a_product_shows_its_price_and_how_much_is_left(shopfront: Shopfront) -> None:
    page = await shopfront.get(PRODUCT)
    assert "仅剩 3" in page.text
    assert "¥93.10" in page.text
    assert "游戏内兑换" in page.text


async def test_plenty_is_not_counted_out(shopfront: Shopfront) -> None:
    await some_cards(shopfront.db, shopfront.app.state.keyring, shopfront.sku_id, [f"MORE-{n}" for n in range(30)])
    assert "充足" in (await shopfront.get(PRODUCT)).text


async def test_a_product_under_another_type_leads_to_its_own(shopfront: Shopfront) -> None:
    page = await shopfront.get("/goods/other/honor-of-kings")
    assert (page.status_code, page.headers["location"]) == (301, PRODUCT)


@pytest.mark.parametrize("typed", ["王者", "wangzhe", "wzry", "农药"])
async def test_search_finds_by_name_pinyin_initials_and_nickname(shopfront: Shopfront, typed: str) -> None:
    assert "王者荣耀点券卡" in (await shopfront.get("/search", params={"q": typed})).text
    assert "王者荣耀点券卡" in (await shopfront.get("/search/suggestions", params={"q": typed})).text


async def test_nothing_found_says_so_with_what_was_typed_made_harmless(shopfront: Shopfront) -> None:
    page = await shopfront.get("/search", params={"q": "<script>alert(1)</script>"})
    assert "没有找到" in page.text
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text


@pytest.mark.parametrize("path", ["/goods/nothing", "/goods/game-cards/nothing", "/nothing"])
async def test_what_is_not_there_is_not_found_and_says_so(shopfront: Shopfront, path: str) -> None:
    page = await shopfront.get(path)
    assert page.status_code == 404
    assert "没有" in page.text
