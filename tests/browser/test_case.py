"""A case from its one tap to solved: the buyer on a cheap phone, staff at a desk, each seeing the other live."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from kameng.orders.number import OrderId, grouped
from tests.browser.conftest import PHONE, Open
from tests.browser.stack import Running
from tests.browser.test_exceptions import at_work
from tests.browser.test_live import MARK, still_here
from tests.browser.visitor import Visitor, a_phone
from tests.builders.cases import a_picture

LIVE_MS = 15_000


@pytest.fixture
def screenshot(tmp_path: Path) -> Path:
    """What a phone makes of its screen."""
    file = tmp_path / "截图 1.png"
    file.write_bytes(a_picture("PNG", size=(1080, 2340)))
    return file


def with_a_case(buyer: Visitor) -> str:
    """Bought, delivered, and one tap; the order's number."""
    order_no = buyer.order(a_phone())
    buyer.pay()
    buyer.go(f"/orders/{order_no}")
    expect(buyer.page.locator("[data-state=delivered]")).to_be_visible(timeout=LIVE_MS)
    buyer.press("卡密无效")
    buyer.is_at(rf"/orders/{order_no}/case$")
    buyer.sees("等待客服答复")
    buyer.look()
    return order_no


def test_a_case_with_a_picture_from_one_tap_to_solved(open_browser: Open, shop: Running, screenshot: Path) -> None:
    buyer, staff = open_browser(PHONE), open_browser({"width": 1280, "height": 800})
    order_no = with_a_case(buyer)
    buyer.page.fill("#words", "兑换时提示已使用")
    buyer.page.set_input_files("#pictures", screenshot)
    buyer.press("发送")
    buyer.sees("兑换时提示已使用")
    expect(buyer.page.locator(".talk img")).to_have_js_property("complete", value=True)
    buyer.look()

    at_work(staff)
    staff.go("/console/cases")
    staff.page.get_by_role("row").filter(has_text=grouped(OrderId(int(order_no[:18])))).get_by_role(
        "link"
    ).first.click()
    staff.is_at(r"/console/cases/\d+$")
    staff.sees("兑换时提示已使用")
    expect(staff.page.locator("img.shot")).to_be_visible()
    staff.look()
    staff.page.evaluate(MARK)
    buyer.page.evaluate(MARK)
    buyer.page.fill("#words", "买的是两小时前的那张")
    buyer.press("发送")
    staff.sees("买的是两小时前的那张")
    assert still_here(staff)

    staff.page.get_by_role("link", name="正在核实").click()
    expect(staff.page.locator("#words")).not_to_have_value("", timeout=LIVE_MS)
    assert order_no in staff.page.locator("#words").input_value()
    buyer.page.evaluate(MARK)
    staff.press("发送，继续处理")
    buyer.sees("正在核实，有结果会第一时间在这里回复您")
    buyer.sees("客服处理中")
    assert still_here(buyer)

    staff.page.fill("#words", "已核实，请换个区服兑换")
    staff.press("发送并标为已处理")
    expect(buyer.page.get_by_role("button", name="已经解决")).to_be_visible(timeout=LIVE_MS)
    assert still_here(buyer)
    buyer.look()
    staff.page.evaluate(MARK)
    buyer.press("已经解决")
    buyer.sees("工单已关闭")
    buyer.look()
    staff.sees("工单已关闭")
    assert still_here(staff)
    staff.look()


def test_without_javascript_a_case_can_be_opened_written_in_and_taken_back(
    open_browser: Open, screenshot: Path
) -> None:
    buyer = open_browser(PHONE, java_script_enabled=False)
    buyer.page.goto(f"{buyer.shop.url}/goods/game-cards/genshin")
    buyer.choose()
    buyer.page.fill("#contact", a_phone())
    buyer.press("下一步")
    buyer.page.check("[name=terms_accepted]")
    buyer.press("提交订单")
    buyer.is_at(r"/orders/\d{20}$")
    buyer.press("付了款但没有显示")
    buyer.is_at(r"/case$")
    buyer.page.fill("#words", "钱已经扣了")
    buyer.page.set_input_files("#pictures", screenshot)
    buyer.press("发送")
    buyer.sees("钱已经扣了")
    expect(buyer.page.locator(".talk img")).to_be_visible()
    buyer.press("问题已自行解决")
    buyer.sees("工单已关闭")


def test_common_questions_are_at_hand(visitor: Visitor) -> None:
    visitor.order(a_phone())
    visitor.page.locator("#help summary", has_text="付了款，订单还显示待支付").click()
    visitor.sees("支付渠道的通知有时会晚到")
    visitor.page.locator("#help [name=q]").fill("卡密用不了")
    visitor.page.locator("#help [name=q]").press("Enter")
    visitor.is_at(r"/help\?q=")
    visitor.sees("卡密无效怎么办")
    visitor.look()
