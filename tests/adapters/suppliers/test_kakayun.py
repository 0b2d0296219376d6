"""卡卡云 v3: the published signatures and codes; a failed order is not always a refunded one."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from kameng.adapters.http import HttpClient
from kameng.adapters.suppliers.kakayun import PUBLIC_URL, sign
from kameng.adapters.suppliers.kakayun_wire import NO, codes_of, goods_of, state_of
from kameng.adapters.suppliers.php_json import read_exact
from kameng.adapters.suppliers.table import supplier_makers
from kameng.kernel.clock import SystemClock
from kameng.supply.answer import Accepted, Balance, Code, Delivered, Failed, InDoubt, Partly, Reason, Refused
from kameng.supply.goods import AskedField, Goods, Unusable
from kameng.supply.supplier import Supplier, SupplyAsk
from tests.stand_in import StandIn, says, stand_in

pytestmark = pytest.mark.anyio

REQUEST = {
    "userid": "10052",
    "timestamp": 1735002156,
    "goodsid": "720938",
    "buynum": 1,
    "attach": "13088888888",
    "sign": "ignored",
}
ASK = SupplyAsk("K1-1", "720938", 1, 1_150, "https://shop.example/cb", datetime.now(UTC), "13088888888")


@pytest.mark.parametrize(
    ("key", "signature"),
    [
        ("9aa3034b6beba7cf5bfcf6089218a674", "82a4da7502872e7a128b510d10cad6ab"),
        ("9aa3034b6beba7cf5bfcf6089218a673", "921bfe2dcd4ecca574d8b8c76412ede5"),
    ],
)
def test_the_documents_examples_of_a_signature(key: str, signature: str) -> None:
    """It mixes up two keys; each of its results belongs to one of them."""
    assert sign(REQUEST, key) == signature


def test_nothing_is_signed_that_is_empty_and_numbers_as_they_were_written() -> None:
    body = '{"b":1.50,"a":[{"x":0.20,"y":"中/文"}],"c":true,"d":null,"e":"","f":0,"g":[],"sign":"s"}'
    fields = read_exact(body)
    assert fields
    assert sign(fields, "K") == sign(
        {"z": "", "a": '[{"x":0.20,"y":"中/文"}]', "b": "1.50", "c": "true", "f": "0", "g": "[]"}, "K"
    )


@pytest.mark.parametrize(
    ("status", "refund", "codes", "expected"),
    [
        *((status, 0, 2, Accepted) for status in (0, 3)),
        (1, 0, 2, Delivered),
        (1, 0, 1, Accepted),
        (5, 0, 2, Delivered),
        (5, 0, 1, InDoubt),
        (5, 0, 3, InDoubt),
        *((4, refund, 0, Failed) for refund in (0, 1, 3, 4)),
        (4, 2, 1, Partly),
        (4, 2, 0, InDoubt),
        (5, 2, 1, Partly),
        (5, 1, 2, InDoubt),
        (2, 0, 0, Failed),
        (2, 1, 0, InDoubt),
        (3, 1, 0, InDoubt),
        (6, 0, 0, InDoubt),
        (4, 5, 0, InDoubt),
        (None, 0, 0, InDoubt),
    ],
)
def test_states_are_matched_closed(status: Any, refund: int, codes: int, expected: type) -> None:
    order = {"orderno": "S1", "status": status, "money": "5.0000", "refundstatus": refund, "refundmoney": "2.5000"}
    cards = tuple(Code(str(number)) for number in range(codes))
    assert type(state_of(order, cards, for_codes=True, quantity=2, words="")) is expected


def test_a_failure_says_what_is_back() -> None:
    order = {"orderno": "S1", "status": 4, "money": "5.0000", "refundmoney": "5.0000"}
    for refund, back_fen in ((0, 0), (1, 500), (3, 0), (4, 500)):
        failed = state_of(order | {"refundstatus": refund}, (), for_codes=False, quantity=1, words="")
        assert isinstance(failed, Failed)
        assert failed.refund_fen == back_fen


def test_paid_is_not_done_for_a_top_up() -> None:
    assert isinstance(state_of({"status": 1}, (), for_codes=False, quantity=1, words=""), Accepted)


def test_codes_come_in_the_new_form_or_the_old() -> None:
    cards = [
        {"card_no": "卡号1", "card_pwd": "卡密1", "card_expire_at": "1730215121"},
        {"card_no": "", "card_pwd": ""},
        7,
    ]
    assert codes_of({"cards": cards, "cardlist": ["x"]}) == (Code("卡号1", "卡密1", date(2024, 10, 29)),)
    assert codes_of({"cards": [], "cardlist": ["卡号：jLeoal5TwbE\r", ""]}) == (Code("", "卡号：jLeoal5TwbE"),)
    assert codes_of({"cards": None}) == ()


async def asked(code: Any, data: Any = "", *, call: str = "place", **more: Any) -> Any:
    body = json.dumps({"code": code, "msg": "提示", "data": data, **more})
    async with stand_in(lambda _: says(body)) as shop, HttpClient() as http:
        return await called(supplier_of(shop, http), call)


async def called(supplier: Supplier, call: str) -> Any:
    if call == "place":
        return await supplier.place(ASK)
    return await getattr(supplier, call)()


def supplier_of(shop: StandIn, http: HttpClient, **config: str) -> Supplier:
    base = {"base_url": shop.url, "query_url": shop.url, "userid": "10052", "key": "KEY", "pages_every_s": "0"}
    return supplier_makers(http, SystemClock())["kakayun"]({**base, **config})


@pytest.mark.parametrize("code", [*NO, 9999, 1205, 0, 1301, 1300, 1400, 77, "", None, True, 1])
async def test_codes_are_matched_closed(code: Any) -> None:
    answer = await asked(code)
    if str(code) in NO:
        assert isinstance(answer, Refused)
        assert answer.reason is NO[str(code)]
    else:
        assert isinstance(answer, InDoubt)


async def test_a_house_that_delivers_at_once_is_understood() -> None:
    said = {"orderno": "S1", "usorderno": "K1-1", "status": 5, "money": 18.5, "receipt": "发货成功", "cards": []}
    answer = await asked(1, said)
    assert isinstance(answer, Delivered)
    assert answer.cost_fen == 1_850
    assert isinstance(await asked(1, said | {"usorderno": "K2-1"}), InDoubt)


@pytest.mark.parametrize(
    ("account", "fen"),
    [
        ({"money": "-2257.2900", "creditquota": "10000.00"}, 774_271),
        ({"money": 156.8}, 15_680),
        ({"money": "x"}, None),
        ([], None),
    ],
)
async def test_what_can_be_spent_is_balance_and_credit(account: Any, fen: int | None) -> None:
    answer = await asked(1, account, call="balance")
    assert answer == Balance(fen) if fen is not None else isinstance(answer, InDoubt)


async def test_several_fields_go_out_by_their_types() -> None:
    ask = SupplyAsk(
        *("K1-1", "1", 1, 100, "https://s.example/", datetime.now(UTC), "13088888888"),
        fields={"2": "电信一区", "9": "张三"},
    )
    async with stand_in(lambda _: says("")) as shop, HttpClient() as http:
        await supplier_of(shop, http).place(ask)
        sent = json.loads(shop.heard[0].body)
        assert sent["attach"] == [
            {"attachtype": "1", "value": "13088888888"},
            {"attachtype": "2", "value": "电信一区"},
            {"attachtype": "9", "value": "张三"},
        ]
        assert sent["sign"] == sign(sent, "KEY")
        assert sent["maxmoney"] == "1.00"


def test_goods_are_asked_for_by_type() -> None:
    entry = {"goodsid": 4584, "goodsname": "t", "stock": 9999, "goodsprice": "0.1", "goodsstatus": 1, "goodstype": 1}
    template = [{"type": 1, "title": "充值帐号"}, {"type": 2, "title": "游戏服务器"}]
    read = goods_of(entry, template=template)
    assert isinstance(read, Goods)
    assert read.asks == (AskedField("2", "游戏服务器"),)
    assert isinstance(goods_of(entry, template=[{"title": "?"}]), Unusable)
    assert isinstance(goods_of(entry, template="no"), Unusable)


async def test_the_platforms_own_address_is_asked_unless_another_is_set() -> None:
    supplier = supplier_makers(HttpClient(), SystemClock())["kakayun"](
        {"base_url": "https://a.example/", "userid": "1", "key": "KEY"}
    )
    assert vars(supplier)["_query_url"] == PUBLIC_URL
    assert Reason.COSTS_TOO_MUCH is NO["1210"]
