"""A top-up from its form to the order: checked while it is typed, shown in full before the order and masked after."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, PHONE, Open
from tests.browser.stack import Running
from tests.browser.visitor import Visitor, a_phone

PHONE_CREDIT = "/goods/phone-credit/phone-credit"
LEAGUE = "/goods/game-top-up/league-top-up"
NUMBER = "13912345678"

SUPPLY = """
WITH supplier AS (
    INSERT INTO suppliers (code, name, protocol, config_sealed, enabled)
    VALUES ('browser', '浏览器测试', 'none', '', true)
    ON CONFLICT (code) DO UPDATE SET enabled = true RETURNING id
), goods AS (
    INSERT INTO supplier_goods (supplier_id, number, name, kind, price_fen, on_sale, face_fen, first_seen_at, seen_at)
    SELECT supplier.id, 'b' || s.id, s.face_value, 'top_up', 1, true, s.face_fen, now(), now() + interval '1 hour'
    FROM supplier, skus s WHERE s.filled_by = 'supplier'
    ON CONFLICT (supplier_id, number) DO NOTHING
)
INSERT INTO routes (sku_id, supplier_id, goods, face_fen, agreed_price_fen, priority)
SELECT s.id, supplier.id, 'b' || s.id, s.face_fen, 1, 1000 FROM supplier, skus s WHERE s.filled_by = 'supplier'
ON CONFLICT DO NOTHING
"""


@pytest.fixture(autouse=True)
def supplied(shop: Running) -> Iterator[None]:
    """Somebody has everything that is topped up; nobody pays in these tests, so nobody is asked."""
    shop.sql(SUPPLY)
    yield
    shop.sql("UPDATE suppliers SET enabled = false WHERE code = 'browser'")


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["360px", "desk"])
def test_phone_credit_from_form_to_order(open_browser: Open, size: dict[str, int]) -> None:
    visitor = open_browser(size)
    page = visitor.page
    visitor.go(PHONE_CREDIT)
    visitor.choose()
    page.fill("#account-account", "1391234")
    page.locator("#account-account").blur()
    expect(page.locator("#account-account-note")).to_contain_text("11 位数字")
    page.fill("#account-account", "139 1234 5678")
    expect(page.locator("#account-account-note")).to_contain_text("中国移动 · 江苏")
    page.fill("#again-account", "13912345679")
    page.locator("#again-account").blur()
    expect(page.locator("#again-account-note")).to_contain_text("两次填写的不一样")
    page.fill("#again-account", NUMBER)
    expect(page.locator("#again-account-note")).not_to_contain_text("不一样")
    page.get_by_text("携号转网").click()
    page.select_option("#operator", "unicom")
    expect(page.locator("#account-account-note")).to_contain_text("中国联通 · 江苏")
    page.fill("#contact", a_phone())
    visitor.look()
    visitor.press("下一步")
    visitor.sees(NUMBER)
    visitor.sees("按您的选择")
    visitor.look()
    order_no = placed(visitor)
    visitor.sees("139****5678")
    visitor.sees("中国联通 · 江苏")
    assert NUMBER not in page.content()
    assert order_no in page.url


def test_going_back_keeps_the_account(visitor: Visitor) -> None:
    page = visitor.page
    visitor.go(PHONE_CREDIT)
    visitor.choose()
    page.fill("#account-account", NUMBER)
    page.fill("#again-account", NUMBER)
    page.fill("#contact", a_phone())
    visitor.press("下一步")
    visitor.press("返回修改")
    visitor.look()
    expect(page.locator("#account-account")).to_have_value(NUMBER)
    expect(page.locator("#again-account")).to_have_value(NUMBER)
    expect(page.locator("#account-account-note")).to_contain_text("中国移动")


def test_a_player_has_a_server_and_a_role(open_browser: Open) -> None:
    visitor = open_browser(PHONE)
    page = visitor.page
    visitor.go(LEAGUE)
    visitor.choose()
    page.fill("#account-account", "01234")
    page.locator("#account-account").blur()
    expect(page.locator("#account-account-note")).to_contain_text("不以 0 开头")
    page.fill("#account-account", "12345678")
    page.select_option("#account-server", "祖安")
    page.fill("#account-role", "夜的第七章")
    page.fill("#contact", a_phone())
    visitor.look()
    visitor.press("下一步")
    for text in ("12345678", "祖安", "夜的第七章"):
        visitor.sees(text)
    placed(visitor)
    for text in ("12****78", "祖安", "夜****章"):
        visitor.sees(text)


def test_without_javascript_the_server_says_it_all(open_browser: Open) -> None:
    visitor = open_browser(PHONE, java_script_enabled=False)
    page = visitor.page
    page.goto(visitor.shop.url + PHONE_CREDIT)
    page.locator("label.choice").last.click()
    page.fill("#account-account", "1391234567")
    page.fill("#again-account", "1391234567")
    page.fill("#contact", a_phone())
    visitor.press("下一步")
    expect(page.locator(".wrong #account-account-note")).to_contain_text("11 位数字")
    page.fill("#account-account", NUMBER)
    page.fill("#again-account", NUMBER)
    visitor.press("下一步")
    visitor.sees("中国移动 · 江苏")


def placed(visitor: Visitor) -> str:
    """From the confirm page to the unpaid order; its number."""
    visitor.page.check("[name=terms_accepted]")
    visitor.press("提交订单")
    visitor.is_at(r"/orders/\d{20}$")
    visitor.look()
    return re.sub(r".*/", "", visitor.page.url)
