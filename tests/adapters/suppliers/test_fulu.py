"""福禄 against what its tables say, and against answers they leave open. Keys and codes are our own."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from hashlib import md5
from typing import Any

import pytest

from kameng.adapters.http import HttpClient
from kameng.adapters.options import read_options
from kameng.adapters.suppliers.fulu import OPTIONS, Fulu
from kameng.adapters.suppliers.fulu_wire import asks_of, codes_of, sign, sign_of
from kameng.adapters.suppliers.reading import compact
from kameng.kernel.clock import VirtualClock
from kameng.supply.answer import Accepted, Balance, Code, Delivered, Failed, InDoubt, NotFound, Reason, Refused
from kameng.supply.goods import AskedField, Catalogue, Goods, GoodsKind
from kameng.supply.supplier import Callback, CallbackTrust, Forged, Post, SupplyAsk
from kameng.web.sandbox.suppliers.fulu import wrap
from tests.stand_in import Heard, StandIn, says, stand_in

pytestmark = pytest.mark.anyio

APP_KEY, SECRET = "our+own/app=key", "0123456789abcdef0123456789abcdef"
NOW = datetime(2026, 11, 22, 14, 30, 5, tzinfo=UTC)
TOP_UP = SupplyAsk("A1", "10000001", 1, 4_630, "https://shop.example.com/cb", NOW, account="888888")
CODES = replace(TOP_UP, account=None)
NO = "22113019210922951925"
ORDER = {
    "order_id": NO,
    "customer_order_no": "A1",
    "buy_num": 1,
    "order_price": 46.3,
    "order_state": "success",
    "cards": None,
    "operator_serial_number": "R7",
}


def yes(told: Any, **changes: Any) -> dict[str, Any]:
    text = compact(told)
    return {"code": 0, "message": "接口调用成功", "result": text, "sign": sign(text, SECRET)} | changes


@dataclass
class Case:
    there: StandIn
    supplier: Fulu


@asynccontextmanager
async def saying(*answers: Any, **config: str) -> AsyncIterator[Case]:
    left = [json.dumps(answer) for answer in answers]

    def reply(_: Heard) -> bytes:
        return says(left.pop(0) if len(left) > 1 else left[0])

    async with stand_in(reply) as there, HttpClient() as http:
        given = {"base_url": there.url + "api/getway", "app_key": APP_KEY, "secret": SECRET} | config
        yield Case(there, Fulu(read_options(OPTIONS, given), http=http, clock=VirtualClock(NOW)))


def test_the_signature_is_of_sorted_characters() -> None:
    assert sign('{"b":"充1"}', "KEY") == md5('""""1:b{}充KEY'.encode()).hexdigest()
    # The published rule's weakness: other texts of the same characters are signed alike.
    assert sign_of({"buy_num": "1", "account": "10021"}, SECRET) == sign_of(
        {"buy_num": "2", "account": "10011"}, SECRET
    )
    assert Fulu.abilities.callback is CallbackTrust.HINT


async def test_a_top_up() -> None:
    async with saying(yes(ORDER | {"order_state": "processing"})) as case:
        ask = replace(TOP_UP, fields={"charge_game_srv": "逐鹿中原"}, client_address="203.0.113.7")
        assert await case.supplier.place(ask) == Accepted(NO, 4_630)
        (heard,) = case.there.heard
    assert heard.path == "/api/getway"
    told = json.loads(heard.body)
    assert told["sign"] == sign_of(told, SECRET)
    assert (told["method"], told["timestamp"]) == ("fulu.order.direct.add", "2026-11-22 22:30:05")
    assert json.loads(told["biz_content"]) == {
        "product_id": 10000001,
        "customer_order_no": "A1",
        "buy_num": 1,
        "customer_price": 46.3,
        "charge_account": "888888",
        "charge_game_srv": "逐鹿中原",
        "charge_ip": "203.0.113.7",
    }


async def test_codes_are_ordered_without_an_account_and_fetched_later() -> None:
    async with saying(yes(ORDER | {"order_state": "processing"}), customer_price="none") as case:
        assert await case.supplier.place(CODES) == Accepted(NO, 4_630)
        told = json.loads(case.there.heard[0].body)
    assert told["method"] == "fulu.order.card.add"
    assert json.loads(told["biz_content"]).keys() == {"product_id", "customer_order_no", "buy_num"}


@pytest.mark.parametrize(
    ("code", "words", "reason"),
    [
        (1016, "签名错误", Reason.NOT_ALLOWED),
        (1019, "访问IP不在IP白名单内", Reason.NOT_ALLOWED),
        (3001, "商品不存在", Reason.GOODS_GONE),
        (3004, "商品库存不足", Reason.OUT_OF_STOCK),
        (3005, "余额不足", Reason.BALANCE_LOW),
    ],
)
async def test_known_failures(code: int, words: str, reason: Reason) -> None:
    async with saying({"code": code, "message": words, "result": None}) as case:
        assert await case.supplier.place(TOP_UP) == Refused(reason, f"{words} (code {code})")


@pytest.mark.parametrize(
    "answer",
    [
        {"code": 3000, "message": "外部订单号已存在"},
        {"code": 4012, "message": "查询异常，请重试"},
        {"code": 5000, "message": "系统异常"},
        {"code": 3006, "message": "商品不存在"},
        {"message": "商品不存在"},
        yes(ORDER, sign="0" * 32),
        yes(ORDER, result="?"),
        yes(ORDER | {"customer_order_no": "A2"}),
        yes(ORDER | {"order_state": "refunded"}),
    ],
)
async def test_everything_else_is_in_doubt(answer: Any) -> None:
    async with saying(answer) as case:
        assert isinstance(await case.supplier.place(TOP_UP), InDoubt)
        assert isinstance(await case.supplier.query(TOP_UP, supplier_no=None), InDoubt)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (yes(ORDER), Delivered(NO, (), "R7", 4_630)),
        (yes(ORDER | {"order_state": "untreated"}), Accepted(NO, 4_630)),
        (yes(ORDER | {"order_state": "failed"}), Failed(Reason.OTHER, "failed", NO, 4_630)),
        (yes(ORDER | {"order_state": "processing", "buy_num": 2}), Accepted(NO, None)),
        ({"code": 4011, "message": "订单不存在"}, NotFound("订单不存在 (code 4011)")),
    ],
)
async def test_what_became_of_an_order(answer: Any, expected: object) -> None:
    async with saying(answer) as case:
        assert await case.supplier.query(TOP_UP, supplier_no=None) == expected


async def test_codes_are_unwrapped_and_counted() -> None:
    card = {"card_number": wrap("CD1", SECRET), "card_pwd": wrap("CP1", SECRET), "card_deadline": "2027-03-11 23:59:59"}
    async with saying(yes(ORDER | {"cards": [card]})) as case:
        done = Delivered(NO, (Code("CD1", "CP1", date(2027, 3, 11)),), "", 4_630)
        assert await case.supplier.query(CODES, supplier_no=None) == done
        assert isinstance(await case.supplier.query(replace(CODES, quantity=2), supplier_no=None), InDoubt)
    assert codes_of([card, card | {"card_pwd": "plain"}], SECRET) is None


def a_post(**changes: str) -> Post:
    told = {
        "order_id": NO,
        "customer_order_no": "A1",
        "order_status": "success",
        "recharge_description": "充值成功",
        "price": "46.3000",
        "operator_serial_number": "R7",
    }
    signed = told | {"sign": sign_of(told, SECRET)} | changes
    return Post({}, {}, json.dumps(signed).encode())


async def test_callbacks() -> None:
    async with saying({}) as case:
        heard = case.supplier.read_callback(a_post())
        assert heard == Callback("A1", NO, Delivered(NO, receipt="R7", words="充值成功"))
        for post in (a_post(order_status="failed"), a_post(sign="密"), Post({}, {}, b"[]"), Post({}, {}, b"")):
            with pytest.raises(Forged):
                case.supplier.read_callback(post)


GOODS = {
    "product_id": 10000001,
    "product_name": "腾讯Q币1元",
    "product_type": "直充",
    "face_value": 1,
    "purchase_price": 0.9801,
    "sales_status": "上架",
    "stock_status": "充足",
    "template_id": "t-1",
}


async def test_goods_and_what_their_template_asks_for() -> None:
    inputs = [{"Id": "ChargeAccount", "Name": "QQ号"}, {"Id": "ChargeServer", "Name": "服务器"}]
    async with saying(yes(GOODS), yes({"ElementInfo": {"Inputs": inputs}})) as case:
        assert await case.supplier.goods("10000001") == Goods(
            "10000001",
            "腾讯Q币1元",
            99,
            GoodsKind.TOP_UP,
            face_fen=100,
            asks=(AskedField("charge_game_srv", "服务器"),),
        )
    assert asks_of(compact({"ElementInfo": {"Inputs": [{"Id": "ChargeHoroscope"}]}})) is None
    assert asks_of("{}") is None


async def test_the_catalogue_and_the_balance() -> None:
    spoiled = [GOODS | {"product_id": 2, "product_type": "?"}, GOODS | {"product_id": 3, "purchase_price": -1}]
    sold_out = GOODS | {"product_id": 4, "stock_status": "断货"}
    async with saying(yes([GOODS, *spoiled, sold_out])) as case:
        catalogue = await case.supplier.catalogue()
        assert isinstance(catalogue, Catalogue)
        assert [(goods.number, goods.stock) for goods in catalogue.goods] == [("10000001", None), ("4", 0)]
        assert [entry.number for entry in catalogue.unusable] == ["2", "3"]
    async with saying(yes({"name": "测试", "balance": 344283.1608, "is_open": 1})) as case:
        assert await case.supplier.balance() == Balance(34_428_316)
