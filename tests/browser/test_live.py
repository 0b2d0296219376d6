"""What happens is seen without a reload."""

from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.visitor import Visitor, a_phone

MARK = "window.stillHere = true"


def still_here(visitor: Visitor) -> bool:
    """The page was not loaded anew since it was marked."""
    return bool(visitor.page.evaluate("window.stillHere === true"))


def test_a_payment_elsewhere_is_seen_on_the_open_page(visitor: Visitor, open_browser: Open) -> None:
    phone = a_phone()
    order_no = visitor.order(phone)
    visitor.page.evaluate(MARK)
    other = open_browser()
    other.go("/q")
    other.page.fill("#order_no", order_no)
    other.page.fill("#second_factor", phone[-4:])
    other.press("查询订单")
    other.is_at(rf"/orders/{order_no}$")
    other.pay()
    expect(visitor.page.locator("[data-state=delivered]")).to_be_visible(timeout=15_000)
    expect(visitor.page.get_by_role("button", name="查看卡密")).to_be_visible()
    assert still_here(visitor)
    visitor.look()


def test_an_order_that_runs_out_of_time_says_so_by_itself(visitor: Visitor) -> None:
    order_no = visitor.order(a_phone())
    visitor.page.evaluate(MARK)
    visitor.shop.sql("UPDATE orders SET pay_until = placed_at WHERE id = $1", int(order_no[:18]))
    expect(visitor.page.locator("[data-state=cancelled]")).to_be_visible(timeout=15_000)
    visitor.sees("超过支付时间")
    assert visitor.page.get_by_role("button", name="支付宝").count() == 0
    assert still_here(visitor)
    visitor.look()


def test_the_clock_runs(open_browser: Open) -> None:
    visitor = open_browser()
    visitor.order(a_phone())
    clock = visitor.page.locator(".clock")
    first = clock.inner_text()
    expect(clock).not_to_have_text(first, timeout=5000)
    assert clock.inner_text() < first


def test_a_dropped_line_is_taken_up_again(open_browser: Open) -> None:
    visitor, other = open_browser(), open_browser()
    phone = a_phone()
    order_no = visitor.order(phone)
    visitor.page.context.set_offline(True)
    other.go("/q")
    other.page.fill("#order_no", order_no)
    other.page.fill("#second_factor", phone[-4:])
    other.press("查询订单")
    other.is_at(rf"/orders/{order_no}$")
    other.page.on("dialog", lambda dialog: dialog.accept())
    other.press("取消订单")
    other.sees("已取消")
    visitor.page.context.set_offline(False)
    expect(visitor.page.locator("[data-state=cancelled]")).to_be_visible(timeout=20_000)
