"""A second proof on a cheap phone: what is asked, what a slip leads to, and that the goods come at once."""

from tests.browser.conftest import Open
from tests.browser.stack import Running
from tests.browser.visitor import Visitor, a_phone

# As if a dozen new contacts of one network had ordered within the hour.
CROWD = """
INSERT INTO risk_scores (order_id, stage, points, verdict, reasons, signals, at)
VALUES ($1, 'placed', 50, 'middle', '[["newcomers_of_network", 12, 50]]', '{"network_newcomers_hour": 12}', now())
"""
RISK = "UPDATE orders SET risk = 50 WHERE id = $1"


def suspect(shop: Running, order_no: str) -> None:
    for statement in (CROWD, RISK):
        shop.sql(statement, int(order_no[:18]))


def test_the_buyer_proves_it_and_has_the_goods(visitor: Visitor, shop: Running) -> None:
    phone = a_phone()
    order_no = visitor.order(phone)
    suspect(shop, order_no)
    visitor.pay()
    visitor.go(f"/orders/{order_no}")
    visitor.sees("审核中")
    visitor.sees("再验证一次")
    visitor.page.fill("#contact", f"{phone[:10]}{(int(phone[10]) + 1) % 10}")
    visitor.press("验证并发货")
    visitor.sees("与下单时填写的不一致")
    visitor.page.fill("#contact", phone)
    visitor.complaints.clear()
    visitor.press("验证并发货")
    visitor.sees("已发货")
    visitor.look()
    visitor.press("查看卡密")
    assert len(visitor.texts("#codes code")) == 1


def test_in_english_and_without_javascript(open_browser: Open, shop: Running) -> None:
    visitor = open_browser(java_script_enabled=False)
    phone, page = a_phone(), visitor.page
    page.goto(visitor.shop.url + "/goods/game-cards/genshin")
    visitor.choose()
    page.fill("#contact", phone)
    visitor.press("下一步")
    page.check("[name=terms_accepted]")
    visitor.press("提交订单")
    visitor.is_at(r"/orders/\d{20}$")
    order = page.url
    suspect(shop, order.rsplit("/", 1)[1])
    visitor.pay()
    page.goto(f"{order}?lang=en")
    visitor.sees("needs to be verified once more")
    page.fill("#contact", phone)
    visitor.press("Verify and deliver")
    visitor.sees("Delivered")
