"""A batch from the pasted numbers to the last result, which comes by itself; at a desk and on a phone."""

import pytest
from playwright.sync_api import ViewportSize, expect

from tests.browser.conftest import DESK, PHONE, Open
from tests.browser.test_exceptions import at_work
from tests.browser.visitor import Visitor, a_phone

LIVE_MS = 20_000


def a_delivered_order(buyer: Visitor) -> str:
    order_no = buyer.order(a_phone())
    buyer.pay()
    buyer.go(f"/orders/{order_no}")
    expect(buyer.page.locator("[data-state=delivered]")).to_be_visible(timeout=LIVE_MS)
    return order_no


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_refunds_of_several_orders_are_previewed_confirmed_and_watched(open_browser: Open, size: ViewportSize) -> None:
    buyer, staff = open_browser(DESK), open_browser(size)
    at_work(staff, "customer_service")
    orders = [a_delivered_order(buyer) for _ in range(2)]
    staff.go("/console/batches/refund/new")
    staff.page.fill("#numbers", "\n".join([*orders, "13800138000"]))
    staff.look()
    staff.press("预览（不执行）")
    staff.sees("符合 2 笔")
    staff.sees("第 3 行不是订单号，已略过")
    staff.look()
    staff.page.select_option("#cause", "not_arrived")
    staff.page.fill("#reason", "货源故障，统一退款")
    staff.press("确认，对 2 笔订单执行")
    expect(staff.page.get_by_text("已处理 2 / 2 笔")).to_be_visible(timeout=LIVE_MS)
    expect(staff.page.get_by_text("已全部处理")).to_be_visible(timeout=LIVE_MS)
    staff.look()
    for order_no in orders:
        buyer.go(f"/orders/{order_no}")
        expect(buyer.page.locator("[data-state=refunding], [data-state=refunded]")).to_be_visible(timeout=LIVE_MS)
