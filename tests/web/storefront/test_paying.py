import pytest

from kameng.web.sandbox.behaviour import Behaviour, Call, How
from tests.web.shopfront import Shopfront

pytestmark = pytest.mark.anyio


async def test_choosing_a_way_leads_to_the_gateway(shopfront: Shopfront) -> None:
    order_no = await shopfront.ordered()
    page = await shopfront.post(f"/orders/{order_no}/payments", {"way": "sandbox:alipay"})
    assert page.status_code == 200
    assert f'content="0;url={shopfront.sandbox.url}' in page.text
    assert page.headers["cache-control"] == "no-store"


async def test_choosing_again_gives_the_same_place(shopfront: Shopfront) -> None:
    order_no = await shopfront.ordered()
    for _ in range(2):
        await shopfront.post(f"/orders/{order_no}/payments", {"way": "sandbox:alipay"})
    assert await shopfront.count("payment_attempts") == 1


@pytest.mark.parametrize("way", ["", "sandbox", "sandbox:bitcoin", "nobody:alipay"])
async def test_a_way_that_is_not_offered_is_refused(shopfront: Shopfront, way: str) -> None:
    order_no = await shopfront.ordered()
    page = await shopfront.post(f"/orders/{order_no}/payments", {"way": way})
    assert page.status_code == 404
    assert "没有这种支付方式" in page.text
    assert await shopfront.count("payment_attempts") == 0


async def test_a_gateway_that_breaks_is_said_and_the_order_goes_on_waiting(shopfront: Shopfront) -> None:
    order_no = await shopfront.ordered()
    shopfront.sandbox.room.behaviours.add(Call.MAPI, Behaviour(How.HTML_502))
    page = await shopfront.post(f"/orders/{order_no}/payments", {"way": "sandbox:alipay"})
    assert page.status_code == 503
    assert "支付渠道没有回应" in page.text
    assert await shopfront.state_of(order_no) == "awaiting_payment"


async def test_a_code_to_scan_is_drawn_on_the_page(shopfront: Shopfront) -> None:
    shopfront.sandbox.room.behaviours.add(Call.MAPI, Behaviour(How.AS_QRCODE))
    order_no = await shopfront.ordered()
    page = await shopfront.post(f"/orders/{order_no}/payments", {"way": "sandbox:wxpay"})
    assert page.status_code == 200
    assert "请扫码支付" in page.text
    assert "<svg" in page.text
    assert f"/orders/{order_no}/events?leave=1" in page.text
