"""Buy, pay, read the code, come back and look it up."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.visitor import Visitor, a_phone


def test_a_guest_buys_and_finds_the_code_again(visitor: Visitor, open_browser: Open) -> None:
    phone = a_phone()
    visitor.go("/")
    order_no = visitor.order(phone)
    visitor.pay()
    visitor.go(f"/orders/{order_no}")
    visitor.sees("已发货")
    visitor.press("查看卡密")
    visitor.look()
    codes = visitor.texts("#codes code")
    assert re.fullmatch(r"DEMO(-[A-Z0-9]{4}){3}", codes[0])

    later = open_browser(visitor.page.viewport_size)
    later.go("/q")
    later.page.fill("#order_no", f" {order_no[:10]} {order_no[10:]}")
    later.page.fill("#second_factor", phone[-4:])
    later.press("查询订单")
    later.is_at(rf"/orders/{order_no}$")
    later.sees("已发货")
    later.look()
    assert codes[0] not in later.page.content()
    later.page.fill("#contact", phone)
    later.press("查看卡密")
    later.look()
    assert later.texts("#codes code") == codes


def test_a_slip_in_the_number_is_corrected_and_said(visitor: Visitor) -> None:
    phone = a_phone()
    order_no = visitor.order(phone)
    typed = order_no[:9] + order_no[10:]
    visitor.go("/q")
    visitor.page.fill("#order_no", typed)
    visitor.page.fill("#second_factor", phone[-4:])
    visitor.press("查询订单")
    visitor.sees(f"您输入的是 {typed}")
    visitor.look()


def test_everything_works_without_javascript(open_browser: Open) -> None:
    visitor = open_browser(java_script_enabled=False)
    phone = a_phone()
    page = visitor.page
    page.goto(visitor.shop.url + "/goods/game-cards/genshin")
    visitor.choose()
    page.fill("#contact", phone)
    visitor.press("下一步")
    page.check("[name=terms_accepted]")
    visitor.press("提交订单")
    visitor.is_at(r"/orders/\d{20}$")
    order = page.url
    visitor.pay()
    page.goto(order)
    visitor.sees("已发货")
    visitor.press("查看卡密")
    assert page.locator("#codes code").count() == 1
    page.goto(visitor.shop.url + "/q")
    page.fill("#order_no", order.rsplit("/", 1)[1])
    page.fill("#second_factor", phone[-4:])
    visitor.press("查询订单")
    visitor.sees("已发货")


def test_the_first_page_can_be_used_by_keyboard_alone(open_browser: Open) -> None:
    buyer, visitor = open_browser(), open_browser()
    phone = a_phone()
    order_no = buyer.order(phone)
    visitor.go("/")
    keyboard = visitor.page.keyboard
    for _ in range(12):
        keyboard.press("Tab")
        focus = visitor.page.locator(":focus")
        assert focus.evaluate("it => getComputedStyle(it).outlineStyle") != "none"
        if focus.get_attribute("id") == "order_no":
            break
    keyboard.type(order_no)
    keyboard.press("Tab")
    keyboard.type(phone[-4:])
    keyboard.press("Enter")
    visitor.is_at(rf"/orders/{order_no}$")


def test_a_product_can_be_chosen_by_keyboard_alone(open_browser: Open) -> None:
    visitor = open_browser()
    visitor.go("/goods/game-cards/genshin")
    visitor.page.locator("input[name=sku]:enabled").first.focus()
    keyboard = visitor.page.keyboard
    keyboard.press("Space")
    for key in ("Tab", "Tab", "Tab", "Tab"):
        keyboard.press(key)
    keyboard.type(a_phone())
    keyboard.press("Enter")
    visitor.sees("请核对订单")


def test_search_suggests_and_is_walked_with_arrows(visitor: Visitor) -> None:
    visitor.go("/")
    visitor.page.locator("#search").press_sequentially("yscs", delay=20)
    first = visitor.page.locator("#suggestions a").first
    expect(first).to_contain_text("原神")
    visitor.look()
    visitor.page.keyboard.press("ArrowDown")
    visitor.page.keyboard.press("Enter")
    visitor.is_at(r"/goods/game-cards/genshin$")
