from datetime import timedelta

import pytest

from kameng.kernel.clock import VirtualClock
from kameng.payment.expire import expire_orders
from tests.web.shopfront import CODES, PHONE, Shopfront

pytestmark = pytest.mark.anyio


async def looked_up(shopfront: Shopfront, order_no: str, *, second_factor: str = PHONE[-4:]) -> None:
    """A fresh browser that has found the order by its number and second factor."""
    shopfront.client.cookies.clear()
    answer = await shopfront.post("/q", {"order_no": order_no, "second_factor": second_factor})
    assert answer.status_code == 303, answer.text


async def test_an_unpaid_order_shows_its_clock_and_the_ways_to_pay(shopfront: Shopfront) -> None:
    page = await shopfront.get(f"/orders/{await shopfront.ordered()}")
    for text in ("待支付", "15:00", "支付宝", "微信支付", "取消订单", "¥93.10", "138********"):
        assert text in page.text
    assert page.headers["cache-control"] == "no-store"


async def test_cancelling_puts_the_codes_back(shopfront: Shopfront) -> None:
    order_no = await shopfront.ordered()
    answer = await shopfront.post(f"/orders/{order_no}/cancel")
    assert answer.status_code == 303
    assert await shopfront.state_of(order_no) == "cancelled"
    assert "订单已取消" in (await shopfront.get(f"/orders/{order_no}")).text
    assert await shopfront.db.pool.fetchval("SELECT count(*) FROM cards WHERE state = 'available'") == len(CODES)


async def test_a_paid_order_can_not_be_cancelled(shopfront: Shopfront) -> None:
    order_no = await shopfront.ordered()
    await shopfront.paid(order_no)
    page = await shopfront.post(f"/orders/{order_no}/cancel")
    assert page.status_code == 409
    assert "不能取消" in page.text
    assert await shopfront.state_of(order_no) == "delivered"


async def test_an_expired_order_says_so_and_can_not_be_paid(shopfront: Shopfront, clock: VirtualClock) -> None:
    order_no = await shopfront.ordered()
    clock.go_on(timedelta(minutes=15, seconds=1))
    await expire_orders(db=shopfront.db)
    page = await shopfront.get(f"/orders/{order_no}")
    assert "超过支付时间" in page.text
    assert "支付宝" not in page.text
    refused = await shopfront.post(f"/orders/{order_no}/payments", {"way": "sandbox:alipay"})
    assert refused.status_code == 409
    assert await shopfront.count("payment_attempts") == 0


async def test_delivered_goods_are_masked_until_they_are_asked_for(shopfront: Shopfront) -> None:
    order_no = await shopfront.ordered()
    await shopfront.paid(order_no)
    page = await shopfront.get(f"/orders/{order_no}")
    assert "已发货" in page.text
    assert not any(code in page.text for code in CODES)
    shown = await shopfront.post(f"/orders/{order_no}/reveal")
    assert shown.status_code == 200
    assert sum(code in shown.text for code in CODES) == 1
    assert shown.headers["cache-control"] == "no-store"
    assert "已查看 1 次" in (await shopfront.get(f"/orders/{order_no}")).text


async def test_another_browser_types_the_whole_contact_for_the_codes(shopfront: Shopfront) -> None:
    order_no = await shopfront.ordered()
    await shopfront.paid(order_no)
    await looked_up(shopfront, order_no)
    assert "完整手机号或邮箱" in (await shopfront.get(f"/orders/{order_no}")).text
    missing = await shopfront.post(f"/orders/{order_no}/reveal")
    wrong = await shopfront.post(f"/orders/{order_no}/reveal", {"contact": "13900138000"})
    assert (missing.status_code, wrong.status_code) == (403, 422)
    assert "与下单时填写的不一致" in wrong.text
    assert not any(code in missing.text + wrong.text for code in CODES)
    right = await shopfront.post(f"/orders/{order_no}/reveal", {"contact": PHONE})
    assert sum(code in right.text for code in CODES) == 1


async def test_nothing_happens_to_an_order_for_a_browser_without_its_token(shopfront: Shopfront) -> None:
    order_no = await shopfront.ordered()
    shopfront.client.cookies.clear()
    for what in ("cancel", "reveal", "payments"):
        answer = await shopfront.post(f"/orders/{order_no}/{what}", {"way": "sandbox:alipay"})
        assert (answer.status_code, answer.headers["location"]) == (303, f"/orders/{order_no}")
    assert (await shopfront.get(f"/orders/{order_no}/events")).status_code == 404
    assert await shopfront.state_of(order_no) == "awaiting_payment"
    assert await shopfront.count("payment_attempts") == 0


async def test_a_token_opens_its_own_order_alone(shopfront: Shopfront) -> None:
    first, second = await shopfront.ordered(), await shopfront.ordered()
    token = shopfront.client.cookies.get("order_owner", path=f"/orders/{first}")
    shopfront.client.cookies.clear()
    shopfront.client.cookies.set("order_owner", token or "", path="/")
    assert "待支付" in (await shopfront.get(f"/orders/{first}")).text
    assert "待支付" not in (await shopfront.get(f"/orders/{second}")).text


async def test_looking_up_does_not_take_the_owners_rights_away(shopfront: Shopfront) -> None:
    order_no = await shopfront.ordered()
    await shopfront.paid(order_no)
    await shopfront.post("/q", {"order_no": order_no, "second_factor": PHONE[-4:]})
    shown = await shopfront.post(f"/orders/{order_no}/reveal")
    assert sum(code in shown.text for code in CODES) == 1


async def test_the_timeline_tells_what_happened_in_order(shopfront: Shopfront) -> None:
    order_no = await shopfront.ordered()
    await shopfront.paid(order_no)
    page = (await shopfront.get(f"/orders/{order_no}")).text
    told = ("已发货", "已收到付款", "已选择支付方式", "订单已提交")
    record = page[page.index("全部记录") :]
    assert sorted(told, key=record.index) == list(told)
