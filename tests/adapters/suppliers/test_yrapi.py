"""大猿人: its signature, its words, and houses that give its states other meanings."""

import json
from datetime import UTC, datetime
from hashlib import md5
from typing import Any

import pytest

from kameng.adapters.http import HttpClient
from kameng.adapters.suppliers.table import supplier_makers
from kameng.adapters.suppliers.yrapi import sign
from kameng.kernel.clock import SystemClock
from kameng.kernel.errors import InvalidInput
from kameng.supply.answer import Accepted, CancelAsked, Delivered, Failed, InDoubt, Partly, Reason, Refused
from kameng.supply.goods import Goods
from kameng.supply.supplier import Supplier, SupplyAsk
from tests.stand_in import StandIn, says, stand_in

pytestmark = pytest.mark.anyio

ASK = SupplyAsk("K1-1", "68", 1, 9_480, "https://shop.example/cb", datetime.now(UTC), "18866667777", face_fen=100_00)


def test_every_field_is_signed_raw_and_the_empty_ones_too() -> None:
    """The document's PHP: strtoupper(md5(urldecode(http_build_query(sorted)) . "&apikey=…")), `sign` left out."""
    fields = {
        "userid": "10001",
        "area": "",
        "notify_url": "http://www.abc.com/a?b=1&c=%20",
        "city": "广州",
        "sign": "x",
    }
    text = "area=&city=广州&notify_url=http://www.abc.com/a?b=1&c=%20&userid=10001&apikey=KEY"
    assert sign(fields, "KEY") == md5(text.encode()).hexdigest().upper()


def supplier_of(shop: StandIn, http: HttpClient, **config: str) -> Supplier:
    makers = supplier_makers(http, SystemClock())
    return makers["yrapi"]({"base_url": shop.url, "userid": "10001", "key": "KEY", **config})


async def asked(data: Any, *, errno: Any = 0, errmsg: str = "", call: str = "query", **config: str) -> Any:
    """What one of its methods makes of an answer."""
    body = json.dumps({"errno": errno, "errmsg": errmsg, "data": data})
    async with stand_in(lambda _: says(body)) as shop, HttpClient() as http:
        supplier = supplier_of(shop, http, **config)
        if call == "place":
            return await supplier.place(ASK)
        if call == "goods":
            return await supplier.goods("68")
        return await getattr(supplier, call)(ASK, supplier_no=None)


def order(state: Any, **more: Any) -> list[dict[str, Any]]:
    return [{"out_trade_num": "K1-1", "order_number": "CZH1", "state": state, "charge_kami": "流水", **more}]


@pytest.mark.parametrize(
    ("state", "answer"),
    [
        (0, Accepted("CZH1")),
        ("1", Delivered("CZH1", receipt="流水")),
        (2, Failed(Reason.OTHER, "", "CZH1")),
        (-1, Failed(Reason.CANCELLED, "", "CZH1")),
        (3, Partly(30_00, "", "CZH1", receipt="流水")),
        (4, InDoubt("state 4")),
        ("", InDoubt("state ")),
        (None, InDoubt("state ")),
        (True, InDoubt("state ")),
    ],
)
async def test_states_are_matched_closed(state: Any, answer: object) -> None:
    assert await asked(order(state, charge_amount="30.00")) == answer


@pytest.mark.parametrize("amount", ["0", "100.00", "120", "-5", "", None])
async def test_a_part_is_more_than_nothing_and_less_than_all(amount: Any) -> None:
    assert isinstance(await asked(order(3, charge_amount=amount)), InDoubt)


async def test_a_house_may_give_its_states_other_meanings() -> None:
    states = "0=running,1=delivered,2=partly,9=failed"
    assert isinstance(await asked(order(2, charge_amount="30"), states=states), Partly)
    assert isinstance(await asked(order(9), states=states), Failed)
    assert isinstance(await asked(order(3, charge_amount="30"), states=states), InDoubt)
    for wrong in ("0=done", "running", "0=running;1=delivered", "x=failed"):
        with pytest.raises(InvalidInput):
            await asked(order(0), states=wrong)


async def test_an_order_asked_for_is_found_by_its_number_alone() -> None:
    assert isinstance(await asked([{**order(1)[0], "out_trade_num": "K2-1"}]), InDoubt)
    assert isinstance(await asked(order(1) * 2), InDoubt)
    assert isinstance(await asked(order(1)[0]), Delivered)


@pytest.mark.parametrize(
    ("errno", "words", "reason"),
    [
        (1, "未找到相关产品(产品ID不正确或已下架)", Reason.GOODS_GONE),
        ("1", "成本限制，提单不通过！", Reason.COSTS_TOO_MUCH),
        (-1, "账户余额不足！请加款😭", Reason.BALANCE_LOW),
        (1, "当前号码已经存在订单", Reason.TOO_OFTEN),
        (1, "已经存在相同商户订单号的订单    K1-1    7", None),
        (208, "已经存在相同商户订单号的订单", None),
        (1, "下单失败，请重试！", None),
        (500, "成本限制，提单不通过！", None),
        (None, "", None),
    ],
)
async def test_a_no_is_known_by_its_words(errno: Any, words: str, reason: Reason | None) -> None:
    answer = await asked(None, errno=errno, errmsg=words, call="place")
    assert answer.reason is reason if reason else isinstance(answer, InDoubt)


async def test_withdrawing_begins_with_an_error_that_is_none() -> None:
    assert await asked([], errno=1, errmsg="ok", call="cancel") == CancelAsked("ok")
    assert isinstance(await asked(None, errno=1, errmsg="订单不可申请撤单", call="cancel"), Refused)
    assert isinstance(await asked(None, errno=1, errmsg="", call="cancel"), InDoubt)


@pytest.mark.parametrize(
    ("name", "face_fen"), [("100元", 100_00), ("移动 50 快充", 50_00), ("送 10 得 100", None), ("任意充", None)]
)
async def test_the_face_value_stands_in_the_name(name: str, face_fen: int | None) -> None:
    found = await asked([{"cate": "全国", "products": [{"id": 68, "name": name, "price": "94.8"}]}], call="goods")
    assert isinstance(found, Goods)
    assert (found.face_fen, found.price_fen, found.category) == (face_fen, 9_480, "全国")


async def test_the_guards_go_out_with_the_order() -> None:
    async with stand_in(lambda _: says("")) as shop, HttpClient() as http:
        await supplier_of(shop, http).place(ASK)
        sent = shop.heard[0].fields
        assert (sent["price"], sent["amount"], sent["mobile"]) == ("94.80", "100", "18866667777")
        assert sent["sign"] == sign(sent, "KEY")
