import pytest

from tests.web.shopfront import Shopfront

pytestmark = pytest.mark.anyio


async def test_a_genuine_notify_delivers_and_is_acknowledged(shopfront: Shopfront) -> None:
    order_no = await shopfront.ordered()
    answer = await shopfront.paid(order_no)
    assert (answer.status_code, answer.text) == (200, "success")
    assert answer.headers["content-type"].startswith("text/plain")
    assert await shopfront.state_of(order_no) == "delivered"


@pytest.mark.parametrize(
    "fields", [{}, {"sign": "x"}, {"pid": "1001", "trade_status": "TRADE_SUCCESS", "sign": "0" * 32}]
)
async def test_a_forged_notify_is_rejected_by_get_and_post(shopfront: Shopfront, fields: dict[str, str]) -> None:
    order_no = await shopfront.ordered()
    by_get = await shopfront.get("/callbacks/sandbox", params=fields)
    by_post = await shopfront.client.post("/callbacks/sandbox", data=fields)
    assert {by_get.text, by_post.text} == {"fail"}
    assert await shopfront.state_of(order_no) == "awaiting_payment"
    assert await shopfront.count("receipts") == 0


async def test_a_gateway_nobody_configured_is_not_found(shopfront: Shopfront) -> None:
    answer = await shopfront.get("/callbacks/nobody")
    assert (answer.status_code, answer.text) == (404, "gateway_unknown")


async def test_notifies_are_counted(shopfront: Shopfront) -> None:
    await shopfront.paid(await shopfront.ordered())
    await shopfront.get("/callbacks/sandbox", params={"sign": "x"})
    metrics = (await shopfront.get("/metrics")).text
    assert 'kameng_gateway_notifies_total{gateway="sandbox",outcome="accepted"} 1.0' in metrics
    assert 'kameng_gateway_notifies_total{gateway="sandbox",outcome="rejected"} 1.0' in metrics
