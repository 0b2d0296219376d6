"""Wrong input in each field is told beside it, in Chinese, while typing and again by the server."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.visitor import Visitor, a_phone

PRODUCT = "/goods/game-cards/genshin"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("1380013800", "手机号应为 11 位数字"),
        ("12800138000", "手机号应以 1 开头"),
        ("buyer@example", "邮箱格式不对"),
        ("我的手机", "请填写手机号或邮箱"),
    ],
)
def test_a_wrong_contact_is_told_while_typing_and_by_the_server(visitor: Visitor, typed: str, words: str) -> None:
    visitor.go(PRODUCT)
    note = visitor.page.locator("#contact-note")
    visitor.page.fill("#contact", typed)
    visitor.page.locator("#contact").blur()
    expect(note).to_contain_text(words)
    visitor.choose()
    visitor.press("下一步")
    expect(visitor.page.locator("#contact-note")).to_contain_text(words)
    expect(visitor.page.locator("#contact")).to_have_value(typed)
    visitor.page.fill("#contact", a_phone())
    expect(visitor.page.locator("#contact-note")).not_to_contain_text(words)


def test_the_quantity_can_not_pass_what_is_left(visitor: Visitor) -> None:
    visitor.go(PRODUCT)
    visitor.choose()
    visitor.page.fill("#quantity", "500")
    expect(visitor.page.locator("#quantity")).to_have_value("20")
    visitor.look()


def test_without_the_tick_nothing_is_ordered(visitor: Visitor) -> None:
    visitor.go(PRODUCT)
    visitor.choose()
    visitor.page.fill("#contact", a_phone())
    visitor.press("下一步")
    visitor.page.get_by_role("button", name="提交订单").click()
    assert visitor.page.url.endswith(PRODUCT)
    assert visitor.page.evaluate("document.querySelector('[name=terms_accepted]').validity.valueMissing")


@pytest.mark.parametrize(
    ("order_no", "second_factor", "field", "words"),
    [
        ("1234", "8000", "order_no", "20 位数字"),
        ("26112214305512345607", "80", "second_factor", "4 位数字"),
        ("26112214305512345607", "a@b", "second_factor", "邮箱"),
    ],
)
def test_a_wrong_lookup_is_told_beside_its_field(
    visitor: Visitor, order_no: str, second_factor: str, field: str, words: str
) -> None:
    visitor.go("/q")
    visitor.page.fill("#order_no", order_no)
    visitor.page.fill("#second_factor", second_factor)
    visitor.page.locator("#second_factor").blur()
    expect(visitor.page.locator(f"#{field}-note")).to_contain_text(words)
    visitor.press("查询订单")
    expect(visitor.page.locator(f".wrong #{field}-note")).to_contain_text(
        "填写" if field != "order_no" else "订单号不对"
    )


def test_after_misses_the_browser_solves_a_challenge_and_finds_the_order(open_browser: Open) -> None:
    visitor = open_browser()
    phone = a_phone()
    order_no = visitor.order(phone)
    wrong_tail = f"{(int(phone[-4:]) + 1) % 10_000:04d}"
    try:
        for _ in range(4):
            visitor.go("/q")
            visitor.page.fill("#order_no", order_no)
            visitor.page.fill("#second_factor", wrong_tail)
            visitor.page.get_by_role("button", name="查询订单").click()
            expect(visitor.page.locator(".notice.bad")).to_be_visible()
            visitor.complaints.clear()
        expect(visitor.page.get_by_role("button", name="查询订单")).to_be_enabled(timeout=60_000)
        visitor.page.fill("#second_factor", phone[-4:])
        visitor.press("查询订单")
        visitor.is_at(rf"/orders/{order_no}$")
    finally:
        visitor.shop.sql("DELETE FROM guard_budgets")
