"""星海 against its document, and against answers it leaves open."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from kameng.adapters.http import HttpClient
from kameng.adapters.options import read_options
from kameng.adapters.suppliers.xinghai import OPTIONS, Xinghai
from kameng.adapters.suppliers.xinghai_wire import codes_of, guard, sign, timestamp
from kameng.kernel.clock import VirtualClock
from kameng.kernel.errors import InvalidInput
from kameng.supply.answer import Accepted, Balance, Code, Delivered, Failed, InDoubt, NotFound, Reason, Refused
from kameng.supply.goods import Catalogue, Goods, GoodsKind
from kameng.supply.supplier import Callback, Forged, LossGuard, Post, SupplyAsk
from tests.stand_in import StandIn, says, stand_in

pytestmark = pytest.mark.anyio

# Keys of the document's own examples: one of a signature, one of an encrypted code ("14").
SIGN_SECRET, SECRET, WRAPPED_14 = "owfwFkDnlCuiUTYz", "sBOvCZZurSbbdJiA", "U88v0HHTLxUp9LUkj95AJA=="
APP_ID = "4Kq9U9rVFz"
NOW = datetime(2026, 11, 22, 14, 30, 5, 7_000, tzinfo=UTC)
TOP_UP = SupplyAsk("A1", "100001", 1, 9_851, "https://shop.example.com/cb", NOW, account="13800138000")
CODES = replace(TOP_UP, account=None)
ORDER = {
    "code": "00",
    "msg": "查询成功",
    "orderId": "S1",
    "outOrderId": "A1",
    "cost": "10.355",
    "orderDesc": "充值成功",
}
CARD = {"cardType": "PASSWORD", "cardPwd": WRAPPED_14, "expireTime": "2027-03-11 15:46:01"}


@dataclass
class Case:
    there: StandIn
    supplier: Xinghai


@asynccontextmanager
async def saying(answer: Any, **config: str) -> AsyncIterator[Case]:
    text = answer if isinstance(answer, str) else json.dumps(answer)
    async with stand_in(lambda _: says(text)) as there, HttpClient() as http:
        given = {"base_url": there.url, "app_id": APP_ID, "secret": SECRET} | config
        yield Case(there, Xinghai(read_options(OPTIONS, given), http=http, clock=VirtualClock(NOW)))


def test_the_published_signature() -> None:
    fields = {
        "amount": "1",
        "appId": "YTUvZeeOdx",
        "callbackUrl": "http://127.0.0.1:8921/api/callback/test",
        "itemId": "100001",
        "outOrderId": "2975857684279803",
        "timestamp": "20200717133601001",
        "uuid": "18898810602",
        "itemFace": "",
        "sign": "left out",
    }
    assert sign(fields, SIGN_SECRET) == "2f64566717836f1b62276519ac71aaf3"


def test_time_is_written_as_in_beijing() -> None:
    assert timestamp(NOW) == "20261122223005007"


def test_the_guard_is_of_one_piece_and_never_above_the_most() -> None:
    assert [guard(9_851, 1), guard(1_000, 3), guard(512, 1), guard(500, 5)] == ["98.51", "3.333", "5.12", "1"]


@pytest.mark.parametrize(
    ("ask", "path", "expected"),
    [
        (TOP_UP, "/api/order/submit", {"amount": "1", "uuid": "13800138000", "itemPrice": "98.51"}),
        (
            replace(TOP_UP, operator="mobile", province="广东", face_fen=10_000),
            "/api/hf/order/submit",
            {"isp": "yd", "provinceName": "广东", "itemFace": "100"},
        ),
        (replace(TOP_UP, operator="virtual"), "/api/order/submit", {"uuid": "13800138000"}),
        (replace(CODES, quantity=2), "/api/card/get", {"amount": "2", "itemPrice": "49.255"}),
    ],
)
async def test_each_order_goes_its_own_way_in(ask: SupplyAsk, path: str, expected: dict[str, str]) -> None:
    async with saying(ORDER | {"orderStatus": ""}, quantity_max="2") as case:
        assert isinstance(await case.supplier.place(ask), Accepted)
        (heard,) = case.there.heard
    assert heard.path == path
    assert expected.items() <= heard.fields.items()
    assert "appSecret" not in heard.fields
    assert heard.fields["timestamp"] == timestamp(NOW)
    assert heard.fields["sign"] == sign(heard.fields, SECRET)


async def test_the_price_is_left_out_where_the_operator_says_so() -> None:
    async with saying(ORDER, price_check="off") as case:
        await case.supplier.place(TOP_UP)
        assert "itemPrice" not in case.there.heard[0].fields
        assert case.supplier.abilities.loss_guard is LossGuard.NONE


NOES = {
    "-10": Reason.NOT_ALLOWED,
    "-12": Reason.WRONG_ACCOUNT,
    "-13": Reason.TOO_OFTEN,
    "-14": Reason.NOT_ALLOWED,
    "-15": Reason.GOODS_GONE,
    "-18": Reason.BALANCE_LOW,
}


@pytest.mark.parametrize(("code", "reason"), NOES.items())
async def test_published_failures(code: str, reason: Reason) -> None:
    async with saying({"code": code, "msg": "不行"}) as case:
        for ask in (TOP_UP, CODES):
            assert await case.supplier.place(ask) == Refused(reason, f"不行 (code {code})")


@pytest.mark.parametrize("code", ["-16", "-22", "-23", "-99", "-17", "1", "", None])
async def test_every_other_code_is_in_doubt(code: str | None) -> None:
    async with saying({"code": code, "msg": "重复下单"}) as case:
        for ask in (TOP_UP, CODES):
            assert isinstance(await case.supplier.place(ask), InDoubt)
            assert isinstance(await case.supplier.query(ask, supplier_no=None), InDoubt)


async def test_codes_alone_know_minus_21() -> None:
    async with saying({"code": "-21", "msg": "提卡失败"}) as case:
        assert await case.supplier.place(CODES) == Refused(Reason.OUT_OF_STOCK, "提卡失败 (code -21)")
        assert isinstance(await case.supplier.place(TOP_UP), InDoubt)


async def test_a_price_that_is_too_high_is_told_apart() -> None:
    async with saying({"code": "-15", "msg": "结算价校验未通过"}) as case:
        refused = await case.supplier.place(TOP_UP)
        assert isinstance(refused, Refused)
        assert refused.reason is Reason.COSTS_TOO_MUCH


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"orderStatus": "1"}, Accepted("S1", 1_036, "充值成功")),
        ({"orderStatus": "2", "ext1": "R7"}, Delivered("S1", (), "R7", 1_036, "充值成功")),
        ({"orderStatus": "3"}, Failed(Reason.OTHER, "充值成功", "S1", 1_036)),
        ({"orderStatus": 2, "ext1": "R7"}, Delivered("S1", (), "R7", 1_036, "充值成功")),
        ({"orderStatus": "4"}, NotFound("查询成功 (code 00)")),
    ],
)
async def test_what_became_of_an_order(changes: dict[str, Any], expected: object) -> None:
    async with saying(ORDER | changes) as case:
        assert await case.supplier.query(TOP_UP, supplier_no="S1") == expected
        assert {"orderId": "S1", "outOrderId": "A1"}.items() <= case.there.heard[0].fields.items()


@pytest.mark.parametrize(
    "changes",
    [
        {"orderStatus": "5"},
        {"orderStatus": None},
        {"orderStatus": "2", "outOrderId": "A2"},
        {"orderStatus": "2", "orderId": "S2"},
        {"orderStatus": "2", "cardData": [CARD | {"cardType": "HOLOGRAM"}]},
        {"orderStatus": "2", "cardData": [CARD | {"cardPwd": "14"}]},
    ],
)
async def test_what_is_not_clear_is_in_doubt(changes: dict[str, Any]) -> None:
    async with saying(ORDER | changes) as case:
        assert isinstance(await case.supplier.query(TOP_UP, supplier_no="S1"), InDoubt)


async def test_codes_are_unwrapped_and_counted() -> None:
    async with saying(ORDER | {"orderStatus": "2", "cardData": [CARD]}) as case:
        done = Delivered("S1", (Code("", "14", date(2027, 3, 11)),), "", 1_036, "充值成功")
        assert await case.supplier.query(CODES, supplier_no=None) == done
        assert isinstance(await case.supplier.query(replace(CODES, quantity=2), supplier_no=None), InDoubt)
        placed = await case.supplier.place(CODES)
        assert isinstance(placed, Delivered)
        assert placed.codes == done.codes


def test_every_form_of_card() -> None:
    forms = [
        {"cardType": "LINK", "cardLink": WRAPPED_14},
        {"cardType": "PICTURE", "cardPwd": WRAPPED_14, "cardLink": WRAPPED_14},
        {"cardType": "NUMBER_PASSWORD", "cardNo": WRAPPED_14, "cardPwd": WRAPPED_14},
    ]
    assert codes_of(forms, SECRET) == (Code("", "14"), Code("14", "14"), Code("14", "14"))
    assert codes_of(json.dumps(forms), SECRET) == codes_of(forms, SECRET)
    assert codes_of([], SECRET) == codes_of(None, SECRET) == ()


def a_post(**changes: str) -> Post:
    fields = {
        "appId": APP_ID,
        "orderId": "S1",
        "outOrderId": "A1",
        "orderStatus": "2",
        "orderDesc": "充值成功",
    } | changes
    fields.setdefault("sign", sign(fields, SECRET))
    return Post({}, {}, urlencode(fields).encode())


async def test_callbacks() -> None:
    async with saying("") as case:
        read = case.supplier.read_callback
        assert read(a_post(ext1="R7")) == Callback("A1", "S1", Delivered("S1", (), "R7", None, "充值成功"))
        assert read(a_post(orderStatus="3")).says == Failed(Reason.OTHER, "充值成功", "S1")
        with_codes = read(a_post(cardData=json.dumps([CARD])))
        assert with_codes.says == Delivered("S1", (Code("", "14", date(2027, 3, 11)),), "", None, "充值成功")
        assert read(a_post(orderStatus="7")).says is None


@pytest.mark.parametrize(
    "post",
    [
        a_post(sign="0" * 32),
        a_post(sign="密"),
        a_post(appId="another"),
        replace(a_post(), body=a_post().body.replace(b"A1", b"A2")),
        Post({}, {}, b""),
    ],
)
async def test_forged_callbacks(post: Post) -> None:
    async with saying("") as case:
        with pytest.raises(Forged):
            case.supplier.read_callback(post)


async def test_balance_and_goods() -> None:
    async with saying({"code": "00", "balance": "-6.789", "creditQuota": "100"}) as case:
        assert await case.supplier.balance() == Balance(-679)
    entries = [
        {"itemId": "1", "itemName": "优酷月卡", "itemType": "1", "itemVal": "20", "status": "1", "price": "18.881"},
        {"itemId": "2", "itemName": "话费", "itemType": "7", "status": "1", "price": "98"},
        {"itemId": "3", "itemName": "话费", "itemType": "0", "status": "1", "price": "-98"},
        "nothing",
    ]
    async with saying({"code": "00", "data": entries}) as case:
        catalogue = await case.supplier.catalogue()
        assert isinstance(catalogue, Catalogue)
        assert catalogue.goods == (Goods("1", "优酷月卡", 1_889, GoodsKind.CODE, face_fen=2_000),)
        assert [entry.number for entry in catalogue.unusable] == ["2", "3", ""]
        assert await case.supplier.goods("1") == catalogue.goods[0]
        gone = await case.supplier.goods("9")
        assert isinstance(gone, Refused)
        assert gone.reason is Reason.GOODS_GONE


async def test_it_is_not_asked_too_soon_and_never_heard_of_counts_late() -> None:
    async with saying("") as case:
        assert case.supplier.abilities.ask_after[0] >= timedelta(minutes=3)
        late = case.supplier.abilities.not_found_means_no
        assert late is not None
        assert late >= timedelta(minutes=3)


def test_a_key_that_can_open_no_code_is_refused() -> None:
    with pytest.raises(InvalidInput) as refusal:
        read_options(OPTIONS, {"base_url": "https://x.example", "app_id": "1", "secret": "short", "quantity_max": "0"})
    assert refusal.value.fields.keys() == {"secret", "quantity_max"}
