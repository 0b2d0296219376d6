"""A buyer reads out the end of a code; staff find the order by it, and put it right from its page."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import DESK, PHONE, Open
from tests.browser.test_exceptions import at_work
from tests.browser.test_live import MARK, still_here
from tests.browser.visitor import a_phone

LIVE_MS = 15_000


def test_an_order_is_found_by_the_end_of_its_code_and_put_right(open_browser: Open) -> None:
    buyer, staff, colleague = open_browser(PHONE), open_browser(DESK), open_browser(DESK)
    order_no = buyer.order(a_phone())
    buyer.pay()
    buyer.go(f"/orders/{order_no}")
    expect(buyer.page.locator("[data-state=delivered]")).to_be_visible(timeout=LIVE_MS)
    buyer.press("查看卡密")
    code = buyer.page.locator(".code code").first.inner_text()
    assert "•" not in code

    at_work(staff)
    staff.go("/console/orders")
    staff.page.fill("#q", code.replace("-", "")[-6:].lower())
    staff.press("查找")
    staff.is_at(rf"/console/orders/{order_no}\?done=found_code_tail$")
    staff.sees("按卡密尾号找到")
    staff.look()
    assert code not in staff.page.content()

    at_work(colleague)
    colleague.go(f"/console/orders/{order_no}")
    colleague.page.evaluate(MARK)
    staff.page.locator("[data-act=resubmit]").click()
    staff.sees("与买家自己点补交完全一样")
    staff.look()
    staff.page.get_by_label("更换卡密").check()
    staff.page.get_by_label("原因（会记录）").fill("买家来电：兑换时提示已使用")
    staff.page.get_by_label("我已看清后果，确认执行").check()
    staff.page.locator("#act-form").get_by_role("button", name="替买家补交").click()
    staff.is_at(r"done=resubmission_applied$")
    staff.look()

    expect(colleague.page.locator(".from-staff", has_text=re.compile("申请补交"))).to_be_visible(timeout=LIVE_MS)
    assert still_here(colleague)
    colleague.look()
    colleague.page.locator("#show-staff").uncheck()
    expect(colleague.page.locator(".from-staff").first).to_be_hidden()
    buyer.go(f"/orders/{order_no}")
    buyer.sees("补交")
