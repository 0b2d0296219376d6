"""acg-faka on the wire: signatures computed by hand from the program's rule, INI, kinds, sentences, what comes back."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from hashlib import md5
from typing import Any

import pytest

from kameng.adapters.http import HttpClient
from kameng.adapters.suppliers.acgfaka_goods import Choice, asked_fields, goods_of, ini
from kameng.adapters.suppliers.acgfaka_v4 import make_acgfaka, trade_no
from kameng.adapters.suppliers.acgfaka_wire import codes_in, refusal, request_no, sign
from kameng.kernel.clock import SystemClock
from kameng.supply.answer import Accepted, Code, Delivered, InDoubt, NotFound, Reason, Refused
from kameng.supply.goods import AskedField, Goods, Unusable
from kameng.supply.supplier import Forged, Post, Supplier, SupplyAsk
from tests.stand_in import Heard, StandIn, says, stand_in

pytestmark = pytest.mark.anyio


def hashed(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()


def test_fields_are_sorted_and_empty_ones_left_out() -> None:
    fields = [("num", "2"), ("race", ""), ("app_id", "7"), ("app_key", "K"), ("sign", "x"), ("contact", "甲 乙&=")]
    assert sign(fields, "K") == hashed("app_id=7&app_key=K&contact=甲 乙&=&num=2&key=K")


def test_without_fields_the_key_stands_alone() -> None:
    assert sign([], "K") == hashed("&key=K")


def test_nested_values_stand_where_their_name_does() -> None:
    fields = [("sku[区服]", "一区"), ("sku[大小]", ""), ("app_id", "7"), ("sl", "9")]
    assert sign(fields, "K") == hashed("app_id=7&sku[区服]=一区&sku[大小]=&sl=9&key=K")


def test_the_key_is_decoded_as_php_does_it() -> None:
    assert sign([("a", "1+%41")], "x+y%2F") == hashed("a=1+%41&key=x y/")


def test_numbers_are_kept_to_what_the_shop_can_hold() -> None:
    assert request_no("K2611221430551234-1") == "K2611221430551234-1"
    long = request_no("K26112214305512345678-1")
    assert len(long) == 19
    assert long != request_no("K26112214305512345678-2")


@pytest.mark.parametrize(
    "choice",
    [
        Choice("A1"),
        Choice("A1", "月卡"),
        Choice("A1", "1=2&3?%", {"区&服": "一=区", "x": "%25"}),
        Choice("A?1", "", {"a": "b"}),
    ],
)
def test_a_choice_is_read_as_it_was_written(choice: Choice) -> None:
    assert Choice.read(str(choice)) == choice


def test_ini_is_read_as_the_shop_reads_it() -> None:
    text = "[category]\r\n月卡=9.90\r\n年卡=99\n[sku]\n区服.一区=0\n区服.二区=1.5\n没有等号\n[wholesale]\n10=8\n"
    assert ini(text) == {
        "category": {"月卡": "9.90", "年卡": "99"},
        "sku": {"区服": {"一区": "0", "二区": "1.5"}},
        "wholesale": {"10": "8"},
    }
    assert ini({"category": {}}) == {"category": {}}
    assert ini(None) == {}
    assert ini("=1\n[a\nb=2") == {}


def entry(**more: Any) -> dict[str, Any]:
    plain = {"code": "A1", "name": "会员", "user_price": "5.00", "delivery_way": "0", "status": "1", "stock": "7"}
    return plain | more


def test_goods_come_in_every_kind_with_its_price() -> None:
    config = "[category]\n月卡=9.90\n年卡=99\n[sku]\n区服.一区=\n区服.二区=1.5"
    found = goods_of(entry(config=config), category="影音")
    assert [
        (goods.number, goods.name, goods.price_fen, goods.stock) for goods in found if isinstance(goods, Goods)
    ] == [
        ("A1?race=月卡&sku.区服=一区", "会员 月卡 一区", 990, None),
        ("A1?race=月卡&sku.区服=二区", "会员 月卡 二区", 1140, None),
        ("A1?race=年卡&sku.区服=一区", "会员 年卡 一区", 9900, None),
        ("A1?race=年卡&sku.区服=二区", "会员 年卡 二区", 10050, None),
    ]


@pytest.mark.parametrize(
    "more",
    [
        {"delivery_way": "1"},
        {"status": "0"},
        {"user_price": "-1"},
        {"config": "[category]\n月卡=便宜"},
        {"config": {"category": ["9"]}},
        {"widget": '[{"name":"num","cn":"数量"}]'},
        {"widget": '[{"name":"a.b"}]'},
        {"widget": "{}x"},
        {"config": "[sku]\n" + "\n".join(f"a.{n}=1\nb.{n}=1" for n in range(15))},
    ],
)
def test_what_cannot_be_ordered_is_unusable(more: dict[str, Any]) -> None:
    (found,) = goods_of(entry(**more), category="")
    assert isinstance(found, Unusable)
    assert found.why


def test_what_a_form_asks_for() -> None:
    widget = [
        {"name": "qq", "cn": "QQ 号", "type": "text", "dict": ""},
        {"name": "zone", "cn": "区服", "type": "select", "dict": "一区=1, 二区=2,三区"},
        {"name": "captcha", "cn": "验证", "type": "custom"},
    ]
    expected = (AskedField("qq", "QQ 号"), AskedField("zone", "区服", ("1", "2", "三区")))
    assert asked_fields(widget) == asked_fields(json.dumps(widget)) == expected


def test_codes_stand_one_in_a_line() -> None:
    assert codes_in("A\r\nB\n\n", 2) == (Code("", "A"), Code("", "B"))
    assert codes_in(" A\nB ", 1) == (Code("", "A\nB"),)
    for text in ("", "A", "A\nB\nC", "正在发货中，请耐心等待\nB", "很抱歉，有人在你付款之前抢走了商品，请联系客服。\n"):
        assert codes_in(text, 2) is None
    assert codes_in("正在发货中，请耐心等待，如有疑问，请联系客服。", 1) is None


def test_only_the_shops_own_sentences_are_a_known_no() -> None:
    assert refusal("此商品类型不存在[月卡]") is Reason.GOODS_GONE
    for words in ("", "系统错误", "连接失败, 疑似被对方防火墙拦截", "请填写正确的QQ", "The request ID already exists"):
        assert refusal(words) is None


# Against a shop that says what it is told to.


ASK = SupplyAsk(
    "K1-1", "A1?race=月卡&sku.区服=一区", 2, 10_00, "", datetime.now(UTC), fields={"qq": "12345", "num": "9"}
)
CONFIG = {"app_id": "7", "app_key": "KEY"}
ITEM = entry(config={"category": {"月卡": "4.50"}, "sku": {"区服": {"一区": ""}}})


def shop(trade: Any, *, price: str = "9.00", item: Any = ITEM, query: Any = None) -> Callable[[Heard], bytes]:
    def reply(heard: Heard) -> bytes:
        page = heard.path.rsplit("/", 1)[-1].partition(".")[0]
        told = {"item": fine(item), "valuation": fine({"price": price}), "stock": fine({"stock": "3"})}
        said = told | {"trade": trade, "query": query}
        answer = said[page]
        return answer if isinstance(answer, bytes) else says(json.dumps(answer))

    return reply


def fine(data: Any) -> dict[str, Any]:
    return {"code": 200, "msg": "success", "data": data}


@asynccontextmanager
async def dealing(reply: Callable[[Heard], bytes | None], kind: str = "0") -> AsyncIterator[tuple[Supplier, StandIn]]:
    async with stand_in(reply) as place, HttpClient(total_timeout_s=2) as http:
        config = {"base_url": place.url, "type": kind, **CONFIG}
        yield make_acgfaka(config, http=http, clock=SystemClock()), place


BOUGHT = {"tradeNo": "123261122143055456", "amount": "9.00", "secret": "AAA\nBBB", "url": "", "stock": "1"}


async def test_an_order_is_signed_and_its_codes_are_taken_at_once() -> None:
    async with dealing(shop(fine(BOUGHT))) as (supplier, place):
        answer = await supplier.place(ASK)
    assert answer == Delivered("123261122143055456", (Code("", "AAA"), Code("", "BBB")), cost_fen=900)
    assert [heard.path for heard in place.heard] == [
        "/shared/commodity/item",
        "/shared/commodity/valuation",
        "/shared/commodity/trade",
    ]
    fields = place.heard[-1].fields
    assert (fields["shared_code"], fields["num"], fields["race"]) == ("A1", "2", "月卡")
    assert (fields["sku[区服]"], fields["request_no"], fields["qq"]) == ("一区", "K1-1", "12345")
    kept = {name: value for name, value in fields.items() if value and name != "sign"}
    text = "&".join(f"{name}={kept[name]}" for name in sorted(kept, key=lambda name: name.split("[")[0]))
    assert fields["sign"] == hashed(f"{text}&key=KEY")


async def test_a_duplicate_says_that_the_shop_has_the_order() -> None:
    duplicate = {"code": 0, "msg": "The request ID already exists"}
    async with dealing(shop(duplicate)) as (supplier, _):
        answer = await supplier.place(ASK)
    assert isinstance(answer, InDoubt)
    assert "does have an order" in answer.words


@pytest.mark.parametrize("msg", ["连接失败", "余额不够啦", "", "系统繁忙，请重试"])
async def test_unknown_words_are_in_doubt(msg: str) -> None:
    async with dealing(shop({"code": 0, "msg": msg})) as (supplier, _):
        assert isinstance(await supplier.place(ASK), InDoubt)


async def test_a_redirect_is_not_followed() -> None:
    away = says("", status="307 Temporary Redirect", headers="Location: /elsewhere\r\n")
    async with dealing(shop(away)) as (supplier, place):
        assert isinstance(await supplier.place(ASK), InDoubt)
        assert [heard.path for heard in place.heard][-1] == "/shared/commodity/trade"


@pytest.mark.parametrize(
    ("price", "item", "reason"),
    [
        ("10.01", ITEM, Reason.COSTS_TOO_MUCH),
        ("viel", ITEM, Reason.OTHER),
        ("9.00", ITEM | {"delivery_way": 1}, Reason.NOT_SUPPORTED),
        ("9.00", ITEM | {"config": {"category": {"年卡": "4.50"}}}, Reason.GOODS_GONE),
        ("9.00", None, Reason.NOT_SUPPORTED),
    ],
)
async def test_nothing_is_ordered_that_looks_wrong_beforehand(price: str, item: Any, reason: Reason) -> None:
    async with dealing(shop(fine(BOUGHT), price=price, item=item)) as (supplier, place):
        answer = await supplier.place(ASK)
    assert isinstance(answer, Refused)
    assert answer.reason is reason
    assert not [heard for heard in place.heard if heard.path.endswith("trade")]


async def test_what_is_not_codes_is_asked_for_again_and_never_told() -> None:
    bought = BOUGHT | {"secret": "AAA\nBBB\nCCC"}
    query = fine({"secret": "AAA\nBBB", "status": 1, "widget": None})
    async with dealing(shop(fine(bought), query=query)) as (supplier, place):
        answer = await supplier.place(ASK)
        assert answer == Accepted("123261122143055456", 900, "bought, but 3 lines are not 2 codes")
        found = await supplier.query(ASK, supplier_no="123261122143055456")
        assert isinstance(found, Delivered)
        assert place.heard[-1].path == "/shared/commodity/query.123261122143055456"


async def test_without_the_shops_number_nothing_is_asked() -> None:
    async with dealing(shop(None)) as (supplier, place):
        for number in (None, "../trade", "1/2", ""):
            assert isinstance(await supplier.query(ASK, supplier_no=number), InDoubt)
    assert place.heard == []
    async with dealing(shop(None, query={"code": 0, "msg": "订单不存在"})) as (supplier, _):
        assert isinstance(await supplier.query(ASK, supplier_no="123"), NotFound)


async def test_an_account_is_no_order_for_codes() -> None:
    ask = SupplyAsk("K1-1", "A1", 1, 10_00, "", datetime.now(UTC), account="13812345678")
    for kind in ("0", "1", "2"):
        async with dealing(shop(fine(BOUGHT)), kind) as (supplier, place):
            assert isinstance(await supplier.place(ask), Refused)
            assert place.heard == []


async def test_nobody_calls_back() -> None:
    async with dealing(shop(None)) as (supplier, _):
        with pytest.raises(Forged):
            supplier.read_callback(Post({}, {}, b"{}"))


async def test_v4_signs_in_its_headers_and_chooses_the_number() -> None:
    def reply(heard: Heard) -> bytes:
        said = {"amount": {"amount": "9.00"}, "trade": {"contents": "AAA\nBBB"}}
        return says(json.dumps(fine(said[heard.path.rsplit("/", 1)[-1]])))

    ask = SupplyAsk("K1-1", "31-77", 2, 10_00, "", datetime.now(UTC))
    async with dealing(reply, "1") as (supplier, place):
        answer = await supplier.place(ask)
    number = hashed("K1-1")[:24]
    assert trade_no("K1-1") == number
    assert answer == Delivered(number, (Code("", "AAA"), Code("", "BBB")))
    heard = place.heard[-1]
    assert heard.path == "/plugin/open-api/trade"
    assert heard.headers["api-id"] == "7"
    assert heard.headers["api-signature"] == hashed(f"quantity=2&sku_id=77&trade_no={number}&key=KEY")
    assert "KEY" not in heard.body
