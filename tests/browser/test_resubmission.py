"""On a phone: a code doesn't work, one tap exchanges it, and the five steps can be watched."""

from tests.browser.conftest import Open
from tests.browser.visitor import a_phone

PHONE_SIZE = {"width": 360, "height": 740}


def test_one_tap_and_five_steps(open_browser: Open) -> None:
    visitor = open_browser(PHONE_SIZE)
    visitor.go("/")
    order_no = visitor.order(a_phone())
    visitor.pay()
    visitor.go(f"/orders/{order_no}")
    visitor.sees("取消并退款")
    visitor.press("查看卡密")
    before = visitor.texts("#codes code")
    visitor.go(f"/orders/{order_no}")
    visitor.sees("卡密提示无效或已被使用？点击这里自动更换")
    visitor.press("更换卡密")
    visitor.sees("补交成功")
    assert len(visitor.texts("#resubmission .steps .done")) == 5
    visitor.look()
    visitor.press("查看卡密")
    assert visitor.texts("#codes code") != before
    visitor.go(f"/orders/{order_no}")
    visitor.press("确认收货")
    visitor.sees("已完成")
    visitor.look()
