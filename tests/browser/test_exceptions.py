"""Orders that a supplier leaves in doubt are worked off by a member of staff until the queue is empty."""

import re
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pyotp
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, PHONE, Open
from tests.browser.stack import Running
from tests.browser.visitor import Visitor, a_phone

QUEUE = "/console/exceptions"
BADGE = f".menu [href='{QUEUE}'] .badge"
PHONE_CREDIT = "/goods/phone-credit/phone-credit"
ACCOUNT = "13912345678"
FIRST, SECOND = "yrapi", "kasushou"
RELOADS_MAX = 60


@pytest.fixture
def broken_supplier(shop: Running) -> Iterator[None]:
    """The first supplier takes two orders and then loses one, says so of none, and answers no question. Nothing is
    known against it yet."""
    shop.sql("UPDATE troubles SET closed_at = now(), closed_by = 'test' WHERE closed_at IS NULL")
    shop.sql("DELETE FROM radar_streams")
    for name in (FIRST, SECOND):
        shop.ask_supplier(f"{name}/control/reset", {})
        shop.ask_supplier(f"{name}/control/course", {"delay_s": 0, "silent": name == FIRST})
    for how, times in (("html_502", 2), ("not_done_502", 1)):
        shop.ask_supplier(f"{FIRST}/control/whim", {"call": "place", "how": how, "times": times})
    shop.ask_supplier(f"{FIRST}/control/whim", {"call": "query", "how": "html_502", "times": None})
    yield
    for name in (FIRST, SECOND):
        shop.ask_supplier(f"{name}/control/reset", {})


def a_paid_top_up(visitor: Visitor) -> str:
    """The number of an order that is on its way."""
    page = visitor.page
    visitor.go(PHONE_CREDIT)
    # The shop has just opened, and its suppliers' goods are being read.
    until(visitor, lambda: page.locator("label.choice:has(input:enabled)").count() > 0)
    visitor.choose()
    page.fill("#account-account", ACCOUNT)
    page.fill("#again-account", ACCOUNT)
    page.fill("#contact", a_phone())
    visitor.press("下一步")
    page.check("[name=terms_accepted]")
    visitor.press("提交订单")
    visitor.is_at(r"/orders/\d{20}$")
    number = page.url.rsplit("/", 1)[1]
    visitor.pay()
    return number


def until(visitor: Visitor, is_so: Callable[[], bool]) -> None:
    """The page is loaded again until it shows it."""
    for _ in range(RELOADS_MAX):
        if is_so():
            return
        visitor.page.wait_for_timeout(500)
        visitor.page.reload()
    pytest.fail(f"{visitor.page.url} does not change")


def at_work(visitor: Visitor, role: str = "operator") -> str:
    """Hired, logged in for the first time, at the console's first page; the login."""
    page, login, password = visitor.page, f"staff-{secrets.token_hex(4)}", secrets.token_urlsafe(12)
    visitor.shop.command("staff", "add", login, "--role", role, "--password", password)
    visitor.go("/console")
    page.fill("#login", login)
    page.fill("#password", password)
    visitor.press("登录")
    secret = page.locator("code.secret").inner_text().replace(" ", "")
    page.fill("#code", pyotp.TOTP(secret).now())
    visitor.press("完成绑定")
    visitor.is_at(r"/console$")
    visitor.look()
    return login


def open_exception(visitor: Visitor, order_no: str) -> None:
    visitor.go(QUEUE)
    visitor.page.locator("tr", has_text=re.sub(r"(.{4})(?!$)", r"\1 ", order_no)).get_by_role(
        "link", name="处理"
    ).click()
    visitor.sees("502")
    visitor.look()


def decide(visitor: Visitor, finding: str, why: str) -> None:
    visitor.page.get_by_label(finding).check()
    visitor.page.fill("#why", why)
    visitor.press("下一步：看后果")
    visitor.sees("确认之后")
    visitor.look()
    visitor.press("确认：")
    visitor.look()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "360px"])
def test_the_queue_is_worked_to_empty(
    open_browser: Open, shop: Running, broken_supplier: None, size: dict[str, int]
) -> None:
    buyer, staff = open_browser(PHONE), open_browser(size)
    orders = [a_paid_top_up(buyer) for _ in range(3)]
    arrived, asked_for, lost = orders
    at_work(staff)
    until(staff, lambda: staff.texts(BADGE) == ["3"])

    open_exception(staff, lost)
    staff.press("接手")
    staff.sees("正在处理")
    decide(staff, "没有发货，也不会再发", "对方后台没有这一单")
    open_exception(staff, arrived)
    decide(staff, "已经到货", "对方客服给了流水号")

    open_exception(staff, asked_for)
    shop.ask_supplier(f"{FIRST}/control/reset", {})
    staff.press("立即查询货源")
    staff.look()

    for order_no in orders:
        buyer.go(f"/orders/{order_no}")
        expect(buyer.page.locator("[data-state=delivered]")).to_be_visible(timeout=20_000)
    staff.go(QUEUE)
    staff.sees("现在没有异常")
    staff.look()
    expect(staff.page.locator(BADGE)).to_have_count(0)
    staff.go(f"/console/orders/{lost}")
    staff.sees("对方后台没有这一单")
    assert [delivered(shop, order_no) for order_no in orders] == [[FIRST], [FIRST], [SECOND]]


def delivered(shop: Running, order_no: str) -> list[str]:
    """Which suppliers say in their own books that they delivered this order."""
    found: list[str] = []
    for name in (FIRST, SECOND):
        books: dict[str, Any] = shop.ask_supplier(f"{name}/control/books")
        found += [
            name for one in books["purchases"] if one["number"].startswith(order_no) and one["state"] == "delivered"
        ]
    return found
