"""卡速售 v2: the published signature, callbacks in either form, states matched closed."""

import json
from datetime import UTC, datetime
from hashlib import sha1
from typing import Any
from urllib.parse import urlencode

import pytest

from kameng.adapters.http import HttpClient
from kameng.adapters.suppliers.kasushou import sign
from kameng.adapters.suppliers.kasushou_wire import NO, codes_of, goods_of, state_of
from kameng.adapters.suppliers.refusals import reason_in
from kameng.adapters.suppliers.table import supplier_makers
from kameng.kernel.clock import SystemClock
from kameng.supply.answer import Accepted, Code, Delivered, Failed, InDoubt, Partly, Reason
from kameng.supply.goods import AskedField, Goods, GoodsKind, Unusable
from kameng.supply.supplier import Forged, Post, Supplier, SupplyAsk

pytestmark = pytest.mark.anyio

KEY = "H0YnuPpcVtx7rQdMTbjN6932s5oDOqFa"
TOP_UP = SupplyAsk("K1-1", "1", 1, 500, "https://shop.example/cb", datetime.now(UTC), "13812345678")
CODES = SupplyAsk("K1-1", "1", 2, 500, "https://shop.example/cb", datetime.now(UTC))
TWO = (Code("", "A"), Code("", "B"))


def test_the_documents_example_of_a_signature() -> None:
    body = '{"day":10,"external_orderno":"","ordersn":"D100759082558859640832"}'
    assert sign(body, timestamp="1696645385740", key=KEY) == "15b8f541eb10e3fbb33efd92c8d52d50ddca0784"


def supplier() -> Supplier:
    makers = supplier_makers(HttpClient(), SystemClock())
    return makers["kasushou"]({"base_url": "https://a.example/", "userid": "u", "key": KEY})


CALLBACK = {
    "external_orderno": "D091952628597776580608",
    "ordersn": "API091952628603547942912",
    "status": "3",
    "has_back_money": "0.00",
    "total_price": "3.05",
    "recharge_hints": "订单处理完成，见 http://a.example/x",
    "time": "1695072521534",
}


def signed(slashes: str) -> dict[str, str]:
    """The document's PHP: sha1($post['time'] . json_encode($post, 256) . key); 256 leaves slashes escaped."""
    text = json.dumps(dict(sorted(CALLBACK.items())), ensure_ascii=False, separators=(",", ":")).replace("/", slashes)
    return CALLBACK | {"sign": sha1(f"{CALLBACK['time']}{text}{KEY}".encode()).hexdigest()}


@pytest.mark.parametrize("slashes", ["\\/", "/"])
async def test_a_callback_is_read_as_json_and_as_a_form(slashes: str) -> None:
    fields = signed(slashes)
    for body in (json.dumps(fields), json.dumps(fields, ensure_ascii=False), urlencode(fields)):
        callback = supplier().read_callback(Post({}, {}, body.encode()))
        assert (callback.number, callback.supplier_no) == (CALLBACK["external_orderno"], CALLBACK["ordersn"])
        assert callback.says is None
    with pytest.raises(Forged):
        supplier().read_callback(Post({}, {}, json.dumps(fields | {"status": 3}).encode()))


async def test_codes_in_a_callback_are_nobodys_word() -> None:
    cards = {"card_list": [{"card_no": "", "card_password": "forged"}], "express_list": []}
    as_form = {"card_list[0][card_password]": "forged"}
    for body in (json.dumps(signed("\\/") | cards), urlencode(signed("\\/") | as_form)):
        assert supplier().read_callback(Post({}, {}, body.encode())).says is None


@pytest.mark.parametrize(
    ("status", "back", "codes", "expected"),
    [
        (1, "0", (), Accepted),
        (2, "0.00", (), Accepted),
        (3, "0", TWO, Delivered),
        (3, "0", TWO[:1], InDoubt),
        (3, "0", (), InDoubt),
        (3, "1.00", TWO[:1], Partly),
        (3, "1.00", TWO, InDoubt),
        (4, "5.00", (), Failed),
        (4, "0", (), Failed),
        (4, "0", TWO, InDoubt),
        (5, "5.00", TWO, Failed),
        (5, "2.50", TWO[:1], Partly),
        (5, "2.50", (), InDoubt),
        (5, "0", (), InDoubt),
        (5, "many", (), InDoubt),
        (-1, "0", (), InDoubt),
        (6, "0", (), InDoubt),
        (None, "0", (), InDoubt),
    ],
)
def test_states_are_matched_closed(status: Any, back: str, codes: tuple[Code, ...], expected: type) -> None:
    order = {"ordersn": "S1", "status": status, "total_price": "5.00", "has_back_money": back}
    assert type(state_of(order, codes, CODES, "")) is expected


def test_money_back_for_a_top_up_that_is_done_is_in_doubt() -> None:
    order = {"ordersn": "S1", "status": 3, "total_price": "5.00", "has_back_money": "1.00"}
    assert isinstance(state_of(order, (), TOP_UP, ""), InDoubt)
    assert isinstance(state_of(order | {"has_back_money": 0}, (), TOP_UP, ""), Delivered)


def test_codes_are_objects_or_bare_texts() -> None:
    assert codes_of([{"card_no": "1", "card_password": "p"}, "q", {"card_no": ""}, 7, None]) == (
        Code("1", "p"),
        Code("", "q"),
    )
    assert codes_of("[]") == ()


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("账户余额不足", Reason.BALANCE_LOW),
        ("当前售价高于安全价格", Reason.COSTS_TOO_MUCH),
        ("外部订单号已存在", None),
        ("系统繁忙，库存不足", None),
        ("未知", None),
        ("", None),
    ],
)
def test_a_no_is_known_by_words_that_cant_mean_anything_else(words: str, reason: Reason | None) -> None:
    assert reason_in(words, NO) is reason


def test_goods_that_ask_for_more() -> None:
    """The document's example of details, and what can't be asked for here."""
    details = {"id": 1, "goods_name": "t", "goods_type": 2, "face_value": "2.00", "goods_price": "2.00", "status": 1}
    details |= {"stock_num": 9999, "start_count": 1, "end_count": 10}
    account = {"key": "recharge_account", "type": "text", "tip": "测试1", "name": "测试1"}
    more = {"key": "lblName1", "type": "text", "tip": "测试2", "name": "测试2"}
    assert goods_of(details | {"attach": [account, more]}) == Goods(
        *("1", "t", 200, GoodsKind.TOP_UP),
        stock=9999,
        face_fen=200,
        quantity_max=10,
        asks=(AskedField("lblName1", "测试2"),),
    )
    chosen = more | {"type": "select", "options": '["一区","二区"]'}
    read = goods_of(details | {"attach": [account, chosen]})
    assert isinstance(read, Goods)
    assert read.asks[0].choices == ("一区", "二区")
    for kind in ("cascader", "checkbox", "file", ""):
        assert isinstance(goods_of(details | {"attach": [more | {"type": kind, "options": "a,b"}]}), Unusable)
