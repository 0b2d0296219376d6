"""submit.php, mapi.php and api.php answer as the originals do."""

import pytest

from tests.web.sandbox.conftest import REFERENCE, Scene

pytestmark = pytest.mark.anyio

ACCESS = {"pid": "1001", "key": "sandbox-key"}


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_browser_is_led_to_the_pay_page(scene: Scene, method: str) -> None:
    fields = scene.order()
    by = {"params": fields} if method == "GET" else {"data": fields}
    answer = await scene.visitor.request(method, "submit.php", **by)  # type: ignore[arg-type]
    order = (await scene.books())["orders"][0]
    assert answer.status_code == 302
    assert answer.headers["location"] == f"{scene.sandbox.url}pay/{order['trade_no']}"
    assert (order["out_trade_no"], order["money_fen"], order["name"]) == (REFERENCE, 1234, "Q币 100个 <b>&")


@pytest.mark.parametrize(
    "changes",
    [
        {"sign": "0" * 32},
        {"money": "0.01"},
        {"pid": "1002"},
    ],
)
async def test_a_request_that_was_tampered_with_is_declined(scene: Scene, changes: dict[str, str]) -> None:
    fields = scene.order() | changes
    page = await scene.visitor.post("submit.php", data=fields)
    assert page.status_code == 200
    assert "location" not in page.headers
    assert (await scene.visitor.post("mapi.php", data=fields)).json()["code"] == -1
    assert (await scene.books())["orders"] == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"money": "0.00"}, "金额"),
        ({"money": "-1"}, "金额"),
        ({"out_trade_no": ""}, "缺少参数"),
        ({"notify_url": ""}, "缺少参数"),
        ({"name": "币" * 43}, "过长"),
    ],
)
async def test_a_signed_request_that_makes_no_sense_is_declined(
    scene: Scene, changes: dict[str, str], words: str
) -> None:
    said = (await scene.visitor.post("mapi.php", data=scene.order(**changes))).json()
    assert said["code"] == -1
    assert words in said["msg"]
    assert (await scene.books())["orders"] == []


async def test_one_number_is_one_order(scene: Scene) -> None:
    url = await scene.ordered()
    assert await scene.ordered() == url
    assert (await scene.visitor.post("mapi.php", data=scene.order(money="1.00"))).json()["code"] == -1
    await scene.pulled("pay", out_trade_no=REFERENCE, wait=True)
    assert "已支付" in (await scene.visitor.post("mapi.php", data=scene.order())).json()["msg"]
    assert len((await scene.books())["orders"]) == 1


async def test_the_key_opens_the_books_to_questions(scene: Scene) -> None:
    await scene.ordered()
    question = {"act": "order", "out_trade_no": REFERENCE}
    assert (await scene.visitor.get("api.php", params=question | ACCESS)).json()["status"] == 0
    for wrong in ({}, ACCESS | {"key": "x"}, ACCESS | {"pid": "1"}):
        assert (await scene.visitor.get("api.php", params=question | wrong)).json()["code"] == -1
    assert (await scene.visitor.get("api.php", params=ACCESS | {"act": "query"})).json()["code"] == 1
    assert (await scene.visitor.get("api.php", params=ACCESS | {"act": "order"})).json()["msg"] == "订单号不能为空"
    assert (await scene.visitor.get("api.php")).json()["code"] == -5


async def test_money_is_sent_back_once(scene: Scene) -> None:
    await scene.ordered()
    refund = ACCESS | {"out_trade_no": REFERENCE, "money": "12.34"}
    unpaid = (await scene.visitor.post("api.php?act=refund", data=refund)).json()
    assert "未支付" in unpaid["msg"]
    await scene.pulled("pay", out_trade_no=REFERENCE, wait=True)
    codes = [(await scene.visitor.post("api.php?act=refund", data=refund)).json()["code"] for _ in range(2)]
    assert codes == [1, -1]
    books = await scene.books()
    assert [row["fen"] for row in books["refunds"]] == [1234]
    assert [row["returned_fen"] for row in books["payments"]] == [1234]


async def test_the_front_page_says_what_this_is(scene: Scene) -> None:
    assert "测试" in (await scene.visitor.get("/")).text
