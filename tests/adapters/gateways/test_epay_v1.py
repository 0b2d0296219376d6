"""EpayV1 against what real gateways and clones have been seen to answer."""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from kameng.adapters.gateways.epay_config import EpayConfig
from kameng.adapters.gateways.epay_v1 import EpayV1
from kameng.adapters.gateways.epay_wire import sign
from kameng.adapters.http import HttpClient
from kameng.payment.gateway import (
    Ask,
    InDoubt,
    Paid,
    PartlySentBack,
    PayByCode,
    PayByForm,
    PayByLink,
    QueryAnswer,
    RefundAnswer,
    RefundAsk,
    RefundDone,
    Refused,
    SentBack,
    StartAnswer,
    Unpaid,
)
from tests.stand_in import StandIn, says, stand_in

pytestmark = pytest.mark.anyio

KEY = "s3cr3t-K3Y"
TRADE_NO = "2026112214305500001"
REFERENCE = "P202611221430551234"
REFUND = RefundAsk("R1", REFERENCE, TRADE_NO, 500, 1234)


def an_ask(*, on_phone: bool = False) -> Ask:
    return Ask(
        reference=REFERENCE,
        method="alipay",
        amount_fen=1234,
        goods="Q币 100个",
        notify_url="https://shop.example.com/notify/main",
        return_url="https://shop.example.com/back",
        client_address="203.0.113.7",
        on_phone=on_phone,
    )


@dataclass
class Case:
    there: StandIn
    gateway: EpayV1


def saying(answer: Any, **config: str) -> AbstractAsyncContextManager[Case]:
    return answering(lambda: says(answer if isinstance(answer, str) else json.dumps(answer)), config)


@asynccontextmanager
async def answering(reply: Callable[[], bytes], config: Mapping[str, str]) -> AsyncIterator[Case]:
    async with stand_in(lambda _: reply()) as there, HttpClient() as http:
        settings = EpayConfig.read({"base_url": there.url, "pid": "1001", "key": KEY, **config})
        yield Case(there, EpayV1(settings, http=http))


async def test_mapi_is_asked_with_signed_fields() -> None:
    async with saying({"code": 1, "trade_no": TRADE_NO, "payurl": "https://pay.example.com/p/1"}) as case:
        answer = await case.gateway.start(an_ask(on_phone=True))
    assert answer == PayByLink("https://pay.example.com/p/1")
    heard = case.there.heard[0]
    assert (heard.method, heard.path) == ("POST", "/mapi.php")
    assert heard.fields == {
        "pid": "1001",
        "type": "alipay",
        "out_trade_no": REFERENCE,
        "notify_url": "https://shop.example.com/notify/main",
        "return_url": "https://shop.example.com/back",
        "name": "Q币 100个",
        "money": "12.34",
        "clientip": "203.0.113.7",
        "device": "mobile",
        "sign": sign(heard.fields, KEY),
        "sign_type": "MD5",
    }


async def test_submit_gives_the_browser_a_form_and_calls_nobody() -> None:
    async with saying("", start_by="submit", sign_with="&key=") as case:
        answer = await case.gateway.start(an_ask())
        assert isinstance(answer, PayByForm)
        assert answer.url == case.there.url + "submit.php"
        assert answer.fields["sign"] == sign(answer.fields, KEY, sign_with="&key=")
        assert answer.fields["money"] == "12.34"
        assert KEY not in str(answer.fields)
    assert case.there.heard == []


LINK = "https://pay.example.com/p/1"
CODE = "wxp://f2f0abc"
APP = "weixin://dl/business/?t=abc"


@pytest.mark.parametrize(
    ("said", "on_phone", "answer"),
    [
        ({"code": 1, "payurl": LINK}, False, PayByLink(LINK)),
        ({"code": "1", "payurl": LINK}, False, PayByLink(LINK)),
        (json.dumps({"code": 1, "payurl": LINK}), False, PayByLink(LINK)),
        ({"code": 1, "payurl": "", "qrcode": CODE}, False, PayByCode(CODE)),
        ({"code": 1, "payurl": LINK, "qrcode": CODE}, False, PayByCode(CODE)),
        ({"code": 1, "payurl": LINK, "qrcode": CODE}, True, PayByLink(LINK)),
        ({"code": 1, "qrcode": CODE}, True, PayByCode(CODE)),
        ({"code": 1, "urlscheme": APP}, True, PayByLink(APP)),
        ({"code": 1, "urlscheme": APP, "payurl": LINK}, True, PayByLink(APP)),
        ({"code": 1, "urlscheme": APP, "payurl": LINK}, False, PayByLink(LINK)),
        ({"code": 1}, False, InDoubt("accepted, but no place to pay")),
        ({"code": 1, "payurl": "javascript:alert(1)"}, False, InDoubt("accepted, but no place to pay")),
        ({"code": 1, "urlscheme": "JavaScript:alert(1)"}, True, InDoubt("accepted, but no place to pay")),
        ({"code": 1, "payurl": "https://[bad"}, False, InDoubt("accepted, but no place to pay")),
        ({"code": -1, "msg": "渠道关闭"}, False, Refused("渠道关闭 (code -1)")),
        ({"code": 0, "msg": f"bad {KEY}"}, False, Refused("bad *** (code 0)")),
        ({"msg": "?"}, False, InDoubt("an answer without a code")),
        ({"code": True, "payurl": LINK}, False, InDoubt("an answer without a code")),
    ],
)
async def test_the_place_to_pay_is_read(said: Any, on_phone: bool, answer: StartAnswer) -> None:
    async with saying(json.dumps(said)) as case:
        assert await case.gateway.start(an_ask(on_phone=on_phone)) == answer


async def test_a_relative_address_belongs_to_the_gateway() -> None:
    async with saying({"code": 1, "payurl": "/pay/alipay/1/"}) as case:
        assert await case.gateway.start(an_ask()) == PayByLink(case.there.url + "pay/alipay/1/")


ORDER = {"code": 1, "trade_no": TRADE_NO, "out_trade_no": REFERENCE, "money": "12.34", "status": 1}


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (ORDER, Paid(REFERENCE, TRADE_NO, 1234)),
        (ORDER | {"code": "1", "status": "1", "money": 12.34, "endtime": "never"}, Paid(REFERENCE, TRADE_NO, 1234)),
        (ORDER | {"money": "12.3400"}, Paid(REFERENCE, TRADE_NO, 1234)),
        (ORDER | {"money": 12}, Paid(REFERENCE, TRADE_NO, 1200)),
        (ORDER | {"refundmoney": "5.00"}, PartlySentBack(TRADE_NO, 500)),
        (ORDER | {"status": 0}, Unpaid()),
        (ORDER | {"status": 2}, SentBack(TRADE_NO)),
        (ORDER | {"status": 2, "refundmoney": "12.34"}, SentBack(TRADE_NO)),
        ({"code": -1, "msg": "订单号不存在"}, Unpaid()),
        ({"code": "-1", "msg": "该订单不存在"}, Unpaid()),
    ],
)
async def test_a_payment_is_read(said: Any, answer: QueryAnswer) -> None:
    async with saying(said) as case:
        assert await case.gateway.query(REFERENCE, trade_no=TRADE_NO) == answer
    heard = case.there.heard[0]
    assert (heard.method, heard.path) == ("GET", "/api.php")
    sent = {"act": "order", "pid": "1001", "key": KEY, "out_trade_no": REFERENCE, "trade_no": TRADE_NO}
    assert heard.fields == sent


@pytest.mark.parametrize(
    ("told", "nothing"), [({}, False), ({"refundmoney": ""}, False), ({"refundmoney": "0.00"}, True)]
)
async def test_silence_about_refunds_is_not_taken_to_mean_that_there_were_none(
    told: dict[str, str], nothing: bool
) -> None:
    async with saying(ORDER | told) as case:
        paid = await case.gateway.query(REFERENCE, trade_no=TRADE_NO)
    assert isinstance(paid, Paid)
    assert paid.nothing_sent_back is nothing


@pytest.mark.parametrize(
    "said",
    [
        "",
        "<html>",
        "[]",
        {},
        {"code": -3, "msg": "商户ID不存在"},
        {"code": -3, "msg": f"密钥错误 {KEY}"},
        {"msg": "订单号不存在"},
        ORDER | {"code": True},
        ORDER | {"out_trade_no": "P999"},
        ORDER | {"trade_no": "999"},
        {name: value for name, value in ORDER.items() if name != "out_trade_no"},
        {name: value for name, value in ORDER.items() if name != "status"},
        ORDER | {"status": 3},
        ORDER | {"money": "much"},
        ORDER | {"money": "-12.34"},
        ORDER | {"money": "0.00"},
        ORDER | {"money": 1e30},
        ORDER | {"money": "１２.34"},
        ORDER | {"status": 2, "refundmoney": "5.00"},
        ORDER | {"status": 2, "refundmoney": "0.00"},
        ORDER | {"status": 2, "refundmoney": "x"},
    ],
)
async def test_what_nobody_can_be_sure_of_is_in_doubt(said: Any) -> None:
    async with saying(said) as case:
        answer = await case.gateway.query(REFERENCE, trade_no=TRADE_NO)
    assert isinstance(answer, InDoubt)
    assert KEY not in answer.words


@pytest.mark.parametrize(
    ("said", "done_code", "answer"),
    [
        ({"code": 1, "msg": "退款成功"}, "1", RefundDone("退款成功 (code 1)")),
        ({"code": "1"}, "1", RefundDone("(code 1)")),
        ({"code": 0, "msg": "ok"}, "0", RefundDone("ok (code 0)")),
        ({"code": 0, "msg": "ok"}, "1", InDoubt("ok (code 0)")),
        ({"code": 1, "msg": "失败"}, "0", InDoubt("失败 (code 1)")),
        ({"code": -1, "msg": "余额不足"}, "1", Refused("余额不足 (code -1)")),
        ({"code": -1, "msg": "该订单已退款"}, "1", InDoubt("该订单已退款 (code -1)")),
        ({"code": -1, "msg": "上游请求超时"}, "1", InDoubt("上游请求超时 (code -1)")),
        ({"code": -1}, "1", InDoubt("(code -1)")),
        ({"msg": "?"}, "1", InDoubt("? (code no code)")),
        ("<html>x</html>", "1", InDoubt("HTTP 200, no JSON: <html>x</html>")),
    ],
)
async def test_a_refund_is_read(said: Any, done_code: str, answer: RefundAnswer) -> None:
    async with saying(said, refund_done_code=done_code) as case:
        assert await case.gateway.refund(REFUND) == answer
    heard = case.there.heard[0]
    assert (heard.method, heard.target) == ("POST", "/api.php?act=refund")
    sent = {"pid": "1001", "key": KEY, "trade_no": TRADE_NO, "out_trade_no": REFERENCE, "money": "5.00"}
    assert heard.fields == sent | {"act": "refund"}


async def test_a_refusal_may_come_with_a_status_of_its_own() -> None:
    said = says('{"code":-1,"msg":"无权限"}', status="403 Forbidden")
    async with answering(lambda: said, {}) as case:
        assert await case.gateway.refund(REFUND) == Refused("无权限 (code -1)")
