"""Each button of the pay page: what is paid, what the shop hears, where the buyer goes."""

import re
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from kameng.kernel.money import yuan
from kameng.web.sandbox.pay_page import BUTTONS
from tests.web.sandbox.conftest import MERCHANT, REFERENCE, Scene

pytestmark = pytest.mark.anyio


async def press(scene: Scene, button: str, *, url: str | None = None) -> httpx.Response:
    return await scene.visitor.post(url or await scene.ordered(), data={"act": button})


async def test_the_page_says_what_is_paid_and_that_it_is_a_test(scene: Scene) -> None:
    page = await scene.visitor.get(await scene.ordered())
    assert page.status_code == 200
    for words in ("¥12.34", "Q币 100个 &lt;b&gt;&amp;", REFERENCE, "支付宝", "测试", "不收取真实款项"):
        assert words in page.text
    assert "<script" not in page.text
    assert "script" not in page.headers["content-security-policy"]
    buttons = re.findall(r'name="act"\s+value="(\w+)"', page.text)
    assert buttons == ["pay", "leave", *(button.value for button in BUTTONS), "forged"]


async def test_the_style_sheet_is_served(scene: Scene) -> None:
    answer = await scene.visitor.get("sandbox.css")
    assert answer.headers["content-type"].startswith("text/css")
    assert len(answer.content) < 4_000


async def test_paying_tells_the_shop_and_leads_back_with_signed_fields(scene: Scene) -> None:
    answer = await press(scene, "pay")
    assert answer.status_code == 303
    heard = [h.fields for h in scene.shop.heard]
    assert [(f["money"], f["trade_status"], MERCHANT.wrote(f)) for f in heard] == [("12.34", "TRADE_SUCCESS", True)]
    assert answer.headers["location"].startswith(scene.shop.url + "back?order=1&")
    back = dict(parse_qsl(urlsplit(answer.headers["location"]).query))
    assert back == {"order": "1"} | heard[0]
    assert await scene.paid() == [1234]


@pytest.mark.parametrize(
    ("button", "paid", "told"),
    [
        ("no_notice", [1234], []),
        ("late_notice", [1234], []),
        ("thrice", [1234], ["12.34"] * 3),
        ("twice", [1234, 1234], ["12.34"] * 2),
        ("less", [1233], ["12.33"]),
        ("more", [1235], ["12.35"]),
        ("wrong_notice", [1234], ["13.34"]),
    ],
)
async def test_each_way_of_going_wrong(scene: Scene, button: str, paid: list[int], told: list[str]) -> None:
    answer = await press(scene, button)
    assert answer.status_code == 303
    assert await scene.paid() == paid
    heard = [h.fields for h in scene.shop.heard]
    assert [f["money"] for f in heard] == told
    assert all(MERCHANT.wrote(f) for f in heard)
    assert f"money={yuan(paid[0])}" in answer.headers["location"]
    numbers = {row["trade_no"] for row in (await scene.books())["payments"]}
    assert len(numbers) == len(paid)
    assert {f["trade_no"] for f in heard} <= numbers


async def test_a_forged_notify_pays_nothing_and_shows_the_shops_answer(scene: Scene) -> None:
    scene.answers = ["fail"]
    answer = await press(scene, "forged")
    assert answer.status_code == 200
    assert "fail" in answer.text
    assert [MERCHANT.wrote(h.fields) for h in scene.shop.heard] == [False]
    assert await scene.paid() == []


async def test_leaving_pays_nothing(scene: Scene) -> None:
    answer = await press(scene, "leave")
    assert (answer.status_code, answer.headers["location"]) == (303, scene.shop.url + "back?order=1")
    assert await scene.paid() == []
    assert scene.shop.heard == []


async def test_without_a_way_back_the_page_stays(scene: Scene) -> None:
    url = await scene.ordered(return_url="")
    answer = await press(scene, "pay", url=url)
    assert answer.status_code == 200
    assert "已付款" in answer.text
    assert "再支付一次" in answer.text


async def test_a_way_back_that_is_a_script_is_not_taken(scene: Scene) -> None:
    answer = await press(scene, "leave", url=await scene.ordered(return_url="javascript:alert(1)"))
    assert answer.status_code == 200


async def test_one_fen_cannot_be_paid_short(scene: Scene) -> None:
    url = await scene.ordered(money="0.01")
    assert 'value="less"' not in (await scene.visitor.get(url)).text
    assert (await press(scene, "less", url=url)).status_code == 400
    assert await scene.paid() == []


@pytest.mark.parametrize("act", ["", "steal"])
async def test_an_unknown_button_pays_nothing(scene: Scene, act: str) -> None:
    assert (await press(scene, act)).status_code == 400
    assert await scene.paid() == []


async def test_an_unknown_payment_has_no_page(scene: Scene) -> None:
    assert (await scene.visitor.get("pay/123")).status_code == 404
    assert (await scene.visitor.post("pay/123", data={"act": "pay"})).status_code == 404
