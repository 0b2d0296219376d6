"""卡易信 against its document, and against answers it leaves open."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import pytest

from kameng.adapters.http import HttpClient
from kameng.adapters.options import read_options
from kameng.adapters.suppliers.kayixin import OPTIONS, Kayixin
from kameng.adapters.suppliers.kayixin_wire import NO, goods_of, kept_part, kind_of, sign
from kameng.adapters.suppliers.reading import read_object
from kameng.adapters.suppliers.refusals import reason_in
from kameng.kernel.clock import VirtualClock
from kameng.supply.answer import Accepted, Code, Delivered, Failed, InDoubt, NotFound, Partly, Reason, Refused
from kameng.supply.goods import AskedField, Goods, Unusable
from kameng.supply.supplier import Callback, Forged, Post, SupplyAsk
from tests.stand_in import StandIn, says, stand_in

pytestmark = pytest.mark.anyio

# The document's own example.
APP_ID, SECRET, TIMESTAMP = "10000", "652fbdd2f637606a2afbb2fe0ca72419", "1760767397"
CARDS = (
    "C8bR0FfVx+zMUZf/AJS9eyw3rKn+adBuHYqqnSFk09railKZVUvJV0fWO8w6q7OVOEw5RO04TfllBP1+8sjiMyj57JHp/ABJEtnygPhyYjr/6upkY"
    "Gi0lAVTSfrxuJaf"
)
CARDS_SECRET = "5fb9600dd400b5e0853caed93ebbfb4e"
NOW = datetime.fromtimestamp(int(TIMESTAMP), UTC)
TOP_UP = SupplyAsk("A1", "6518", 1, 9_850, "https://shop.example.com/cb", NOW, account="13800138000", face_fen=10_000)
CODES = replace(TOP_UP, account=None, face_fen=None)
ORDER = {"orderNumber": "S1", "outerNumber": "A1", "status": 3, "money": 98.5, "retMoney": 0, "result": "充值成功"}


@dataclass
class Case:
    there: StandIn
    supplier: Kayixin


@asynccontextmanager
async def saying(answer: Any, *, secret: str = SECRET) -> AsyncIterator[Case]:
    text = answer if isinstance(answer, str) else json.dumps(answer)
    async with stand_in(lambda _: says(text)) as there, HttpClient() as http:
        config = read_options(OPTIONS, {"base_url": there.url, "app_id": APP_ID, "secret": secret})
        yield Case(there, Kayixin(config, http=http, clock=VirtualClock(NOW)))


def yes(data: Any) -> dict[str, Any]:
    return {"code": 1000, "msg": "success", "data": data}


def no(words: str, code: int = 1001) -> dict[str, Any]:
    return {"code": code, "msg": words}


def test_the_published_signature() -> None:
    body = b'{"orderNumber":"20251016165825069","outerNumber":""}'
    assert sign(body, app_id=APP_ID, secret=SECRET, timestamp=TIMESTAMP) == "6a414e658265ff3ca665cee3b161c4e9"


async def test_an_order_is_signed_and_guarded() -> None:
    async with saying(yes({"orderNumber": "S1", "cards": []})) as case:
        ask = replace(TOP_UP, fields={"区服": "逐鹿中原"}, goods="6518:sku-9")
        assert await case.supplier.place(ask) == Accepted("S1")
        (heard,) = case.there.heard
    assert heard.path == "/api/v3/order/create"
    assert json.loads(heard.body) == {
        "goodsId": 6518,
        "count": 1,
        "notifyUrl": "https://shop.example.com/cb",
        "outerNumber": "A1",
        "safePrice": 98.5,
        "sku": "sku-9",
        "attach": [{"name": "充值账号", "value": "13800138000"}, {"name": "区服", "value": "逐鹿中原"}],
    }
    own = sign(heard.body.encode(), app_id=APP_ID, secret=SECRET, timestamp=TIMESTAMP)
    assert heard.headers["x-signature"] == own
    assert (heard.headers["x-app-id"], heard.headers["x-version"]) == (APP_ID, "3.0")
    assert heard.headers["x-timestamp"] == TIMESTAMP


async def test_an_account_the_route_names_itself_is_told_once() -> None:
    async with saying(yes({"orderNumber": "S1"})) as case:
        await case.supplier.place(replace(TOP_UP, fields={"QQ号": "13800138000"}))
        assert json.loads(case.there.heard[0].body)["attach"] == [{"name": "QQ号", "value": "13800138000"}]


async def test_codes_may_come_with_the_first_answer() -> None:
    async with saying(yes({"orderNumber": "S1", "cards": [{"cardNo": "K1", "cardPwd": "P1"}]})) as case:
        assert await case.supplier.place(CODES) == Delivered("S1", (Code("K1", "P1"),))
        assert await case.supplier.place(replace(CODES, quantity=2)) == Accepted("S1")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("账户余额不足", Reason.BALANCE_LOW),
        ("商品库存不足", Reason.OUT_OF_STOCK),
        ("商品不存在", Reason.GOODS_GONE),
        ("签名错误", Reason.NOT_ALLOWED),
        ("采购单号重复", None),
        ("订单已存在", None),
        ("系统繁忙，请稍后再试", None),
        ("系统异常，余额不足", None),
        ("下单失败", None),
        ("", None),
    ],
)
async def test_only_clear_words_are_a_no(words: str, reason: Reason | None) -> None:
    assert reason_in(words, NO) is reason
    async with saying(no(words)) as case:
        answer = await case.supplier.place(TOP_UP)
    if reason is None:
        assert isinstance(answer, InDoubt)
    else:
        assert answer == Refused(reason, words)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (yes(ORDER | {"status": 1}), Accepted("S1", 9_850, "充值成功")),
        (yes(ORDER | {"status": 9}), Accepted("S1", 9_850, "充值成功")),
        (yes(ORDER), Delivered("S1", (), "充值成功", 9_850, "充值成功")),
        (yes(ORDER | {"status": 4}), Failed(Reason.CANCELLED, "充值成功", "S1", 9_850, 9_850)),
        (yes(ORDER | {"status": 5, "retMoney": 98.5}), Failed(Reason.OTHER, "充值成功", "S1", 9_850, 9_850)),
        (
            yes(ORDER | {"status": 5, "retMoney": 49.25}),
            Partly(5_000, "充值成功", "S1", cost_fen=9_850, refund_fen=4_925),
        ),
        (no("订单不存在"), NotFound("订单不存在 (code 1001)")),
    ],
)
async def test_what_became_of_an_order(answer: Any, expected: object) -> None:
    async with saying(answer) as case:
        assert await case.supplier.query(TOP_UP, supplier_no=None) == expected


@pytest.mark.parametrize(
    "answer",
    [
        yes(ORDER | {"status": 0}),
        yes(ORDER | {"status": 6}),
        yes(ORDER | {"status": 5, "retMoney": 0}),
        yes(ORDER | {"status": 5, "retMoney": "?"}),
        yes(ORDER | {"outerNumber": "A2"}),
        yes(ORDER | {"orderNumber": "", "outerNumber": ""}),
        yes(None),
        no("系统异常"),
        no("签名错误"),
        {"msg": "success", "data": ORDER},
    ],
)
async def test_what_is_not_clear_is_in_doubt(answer: Any) -> None:
    async with saying(answer) as case:
        assert isinstance(await case.supplier.query(TOP_UP, supplier_no=None), InDoubt)


async def test_codes_are_counted_and_voided_ones_left_out() -> None:
    cards = [{"cardNo": "K1", "cardPwd": "P1", "status": 0}, {"cardNo": "K2", "cardPwd": "P2", "status": 2}]
    async with saying(yes(ORDER | {"cards": cards})) as case:
        answer = await case.supplier.query(CODES, supplier_no="S1")
        assert answer == Delivered("S1", (Code("K1", "P1"),), "", 9_850, "充值成功")
        assert isinstance(await case.supplier.query(replace(CODES, quantity=2), supplier_no="S1"), InDoubt)
        assert json.loads(case.there.heard[0].body) == {"orderNumber": "S1", "outerNumber": ""}


def test_what_arrived_is_told_from_what_came_back() -> None:
    assert kept_part(10_000, 9_751, 4_875) == kept_part(10_000, 9_751, 4_876) == 5_000
    assert kept_part(3, 300, 100) == 2


def a_post(
    order: Any, *, secret: str = SECRET, at: datetime = NOW, headers: Mapping[str, str] = MappingProxyType({})
) -> Post:
    body = json.dumps(order).encode()
    timestamp = str(int(at.timestamp()))
    signed = {
        "x-app-id": APP_ID,
        "x-version": "3.0",
        "x-timestamp": timestamp,
        "x-signature": sign(body, app_id=APP_ID, secret=secret, timestamp=timestamp),
    }
    return Post({}, {**signed, **headers}, body)


async def test_a_callback_with_encrypted_codes() -> None:
    async with saying("", secret=CARDS_SECRET) as case:
        heard = case.supplier.read_callback(a_post(ORDER | {"cards": CARDS}, secret=CARDS_SECRET))
        assert heard == Callback("A1", "S1", Delivered("S1", (Code("123456789"),), "", 9_850, "充值成功"))
        unreadable = case.supplier.read_callback(a_post(ORDER | {"cards": CARDS[:-8]}, secret=CARDS_SECRET))
        assert unreadable == Callback("A1", "S1", None)
        paid_back = case.supplier.read_callback(a_post(ORDER | {"status": 5, "cards": ""}, secret=CARDS_SECRET))
        assert paid_back.says is None


@pytest.mark.parametrize(
    "post",
    [
        a_post(ORDER, secret="f" * 32),
        replace(a_post(ORDER), body=json.dumps(ORDER | {"status": 4}).encode()),
        a_post(ORDER, headers={"x-app-id": "10001"}),
        a_post(ORDER, headers={"x-signature": "密"}),
        a_post(ORDER, at=NOW - timedelta(hours=3)),
        replace(a_post(ORDER), headers={}),
    ],
)
async def test_forged_callbacks(post: Post) -> None:
    async with saying("") as case:
        with pytest.raises(Forged):
            case.supplier.read_callback(post)


ENTRY = {"goodsId": 6518, "name": "话费 100 元", "salesPrice": 98.501, "goodsType": 3, "status": 1, "faceValue": 100}


def as_read(entry: Any) -> dict[str, Any]:
    return read_object(json.dumps(entry)) or {}


def test_goods_are_read_with_what_they_ask_for() -> None:
    template = [
        {"type": 0, "title": "充值账号", "required": 1},
        {"type": 14, "title": "区服", "required": 1, "options": [{"name": "一区", "value": "1"}]},
        {"type": 1, "title": "截图", "required": 0},
    ]
    entry = as_read(ENTRY | {"rechargeTemplates": template, "stockCount": 7})
    read = goods_of(entry, account_field="充值账号")
    assert isinstance(read, Goods)
    assert (read.number, read.price_fen, read.stock, read.face_fen) == ("6518", 9_851, 7, 10_000)
    assert read.asks == (AskedField("区服", "区服", ("1",)),)


@pytest.mark.parametrize(
    "changes",
    [
        {"salesPrice": -1},
        {"salesPrice": None},
        {"goodsType": 2},
        {"status": 9},
        {"multiple": 2},
        {"skuType": 1},
        {"stockCount": -5},
        {"rechargeTemplates": [{"type": 1, "title": "截图", "required": 1}]},
    ],
)
def test_goods_nobody_should_sell(changes: dict[str, Any]) -> None:
    assert isinstance(goods_of(as_read(ENTRY | changes), account_field="充值账号"), Unusable)


def test_goods_in_several_kinds_are_asked_for_by_kind() -> None:
    several = ENTRY | {
        "skuType": 1,
        "goodsSku": {"details": [{"sku": "a", "status": 1, "money": 9.9, "count": 3}]},
        "goodsSpec": [{"name": "版本", "items": [{"sku": "b", "status": 0, "money": 5, "count": 0}]}],
    }
    details = as_read(several)
    kinds = [goods_of(kind_of(details, sku), account_field="") for sku in ("a", "b")]
    assert [(k.number, k.price_fen, k.stock, k.on_sale) for k in kinds if isinstance(k, Goods)] == [
        ("6518:a", 990, 3, True),
        ("6518:b", 500, 0, False),
    ]
    assert kind_of(details, "c") is None


async def test_a_catalogue_that_ends_too_soon_is_in_doubt() -> None:
    async with saying(yes({"allCount": 40, "allPage": 2, "items": [ENTRY]})) as case:
        assert isinstance(await case.supplier.catalogue(), InDoubt)
