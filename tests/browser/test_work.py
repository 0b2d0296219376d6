"""The work page with the keyboard alone, in two windows at once, and what the buyer of a stuck order sees."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, PHONE, Open
from tests.browser.stack import Running
from tests.browser.test_exceptions import FIRST, SECOND, a_paid_top_up, at_work
from tests.browser.test_live import MARK, still_here
from tests.browser.visitor import Visitor, a_phone

LIVE_MS = 20_000
BOUND = (
    "INSERT INTO state_bounds (thing, state, event, bound, at_most, set_at)"
    " VALUES ('order', 'delivering', '', interval '1 s', interval '1 s', now())"
)


@pytest.fixture
def strict(shop: Running) -> Iterator[None]:
    """Whoever is watched has to be looked at by a person."""
    shop.command("risk", "thresholds", "--middle", "50", "--high", "50")
    yield
    shop.sql("DELETE FROM risk_thresholds")


@pytest.fixture
def silent_supplier(shop: Running) -> Iterator[None]:
    """Suppliers take an order and can't be asked about it; nothing may take longer than a second."""
    shop.sql("UPDATE troubles SET closed_at = now(), closed_by = 'test' WHERE closed_at IS NULL")
    shop.sql("DELETE FROM radar_streams")
    for name in (FIRST, SECOND):
        shop.ask_supplier(f"{name}/control/reset", {})
        shop.ask_supplier(f"{name}/control/course", {"delay_s": 0, "silent": True})
        shop.ask_supplier(f"{name}/control/whim", {"call": "query", "how": "html_502", "times": None})
    shop.sql(BOUND)
    yield
    shop.sql("DELETE FROM state_bounds")
    for name in (FIRST, SECOND):
        shop.ask_supplier(f"{name}/control/reset", {})


def watched(staff: Visitor) -> str:
    """A telephone that has been put on the list."""
    phone = a_phone()
    staff.go("/console/risk/lists")
    staff.page.fill("#subject", phone)
    staff.page.select_option("#list", "watch")
    staff.page.select_option("#kind", "contact")
    staff.page.fill("#days", "30")
    staff.page.fill("#list-reason", "多次盗刷")
    staff.page.locator("main form[action='/console/risk/lists'] button").click()
    staff.sees("已加入名单")
    staff.look()
    return phone


def held(buyer: Visitor, phone: str) -> str:
    """Paid, and waits for a person; its number."""
    order_no = buyer.order(phone)
    buyer.pay()
    buyer.go(f"/orders/{order_no}")
    expect(buyer.page.locator("[data-state=under_review]")).to_be_visible(timeout=LIVE_MS)
    return order_no


def test_a_queue_is_worked_to_empty_with_the_keyboard_alone(open_browser: Open, strict: None) -> None:
    buyer, staff = open_browser(PHONE), open_browser(DESK)
    at_work(staff, "owner")
    orders = [held(buyer, watched(staff)) for _ in range(2)]
    keys = staff.page.keyboard
    staff.go("/console")
    keys.type("gw")
    staff.is_at(r"/console/queues")
    keys.type("gs")
    staff.is_at(r"queue=review")
    expect(staff.page.locator("[data-row]")).to_have_count(2)
    staff.look()
    keys.press("?")
    expect(staff.page.locator("[data-keys]")).to_have_attribute("open", "")
    staff.look()
    keys.press("j")
    keys.press("t")
    staff.sees("已接手，由你处理")
    expect(staff.page.locator("[data-row] [data-open]").first).to_be_focused()
    for left in (1, 0):
        keys.press("j") if left == 0 else None
        keys.press("Enter")
        staff.is_at(r"/console/risk/orders/")
        staff.look()
        keys.press("r")
        keys.type("电话核实过，是本人")
        keys.press("Enter")
        staff.is_at(r"queue=review&done=risk_released")
        expect(staff.page.locator("[data-row]")).to_have_count(left)
    staff.sees("这个队列现在是空的")
    staff.look()
    keys.press("/")
    expect(staff.page.locator("#q")).to_be_focused()
    for order_no in orders:
        buyer.go(f"/orders/{order_no}")
        expect(buyer.page.locator("[data-state=delivered]")).to_be_visible(timeout=LIVE_MS)


def test_two_windows_see_each_others_takes_and_decisions(open_browser: Open, strict: None) -> None:
    buyer, first, second = open_browser(PHONE), open_browser(DESK), open_browser(DESK)
    login = at_work(first, "owner")
    at_work(second, "finance")
    second.go("/console/queues?queue=review")
    second.sees("这个队列现在是空的")
    second.page.evaluate(MARK)
    order_no = held(buyer, watched(first))
    row = second.page.locator("[data-row]")
    expect(row).to_have_count(1, timeout=LIVE_MS)
    expect(second.page.locator("#work-count")).not_to_have_text("0")
    planning = open_browser(DESK, storage_state=second.page.context.storage_state())
    planning.go("/console/queues?queue=review")
    planning.page.locator("[data-assign]").click()
    planning.is_at(r"/console/queues/review/\d+$")
    planning.look()

    first.go("/console/queues?queue=review")
    first.press("接手")
    expect(row).to_contain_text(login, timeout=LIVE_MS)
    assert still_here(second)
    planning.page.locator("#to").select_option(label="无人处理")
    planning.press("分派")
    planning.sees(f"刚刚由 {login} 接手了")

    stale = open_browser(DESK, storage_state=second.page.context.storage_state())
    stale.go(f"/console/risk/orders/{order_no}")
    first.go(f"/console/risk/orders/{order_no}")
    first.page.fill("#reason", "核实过")
    first.press("放行并发货")
    expect(row).to_have_count(0, timeout=LIVE_MS)
    assert still_here(second)
    stale.page.fill("#reason", "可疑")
    stale.press("放行并发货")
    stale.sees("这个订单已不在审核中")
    second.look()


def test_the_buyer_of_a_stuck_order_sees_that_somebody_is_on_it(
    open_browser: Open, shop: Running, silent_supplier: None
) -> None:
    buyer, staff = open_browser(PHONE), open_browser(DESK)
    order_no = a_paid_top_up(buyer)
    buyer.go(f"/orders/{order_no}")
    buyer.page.evaluate(MARK)
    buyer.sees("已转客服，正在安排处理")
    buyer.look()
    at_work(staff, "customer_service")
    staff.go("/console/queues?queue=stuck")
    row = staff.page.locator("[data-row]").filter(has_text=re.sub(r"(.{4})(?!$)", r"\1 ", order_no))
    expect(row).to_have_count(1, timeout=LIVE_MS)
    staff.look()
    staff.page.evaluate(MARK)
    row.get_by_role("button", name="接手").click()
    staff.sees("已接手，由你处理")
    buyer.sees("有客服正在处理")
    buyer.sees("起由客服跟进")
    assert still_here(buyer)
    buyer.look()
    staff.page.evaluate(MARK)
    for name in (FIRST, SECOND):
        shop.ask_supplier(f"{name}/control/reset", {})
    shop.sql("UPDATE delivery_attempts SET ask_at = now() WHERE ask_at IS NOT NULL")
    expect(row).to_have_count(0, timeout=90_000)
    assert still_here(staff)
    expect(buyer.page.locator("[data-attention]")).to_have_count(0, timeout=LIVE_MS)
    assert still_here(buyer)
