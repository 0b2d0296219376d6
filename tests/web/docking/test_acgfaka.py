"""What an acg-faka shop sees of us, held against the program's own client and signature."""

import asyncio
import hashlib
from typing import Any

import pytest

from kameng.catalogue.edit import ProductDraft, SkuDraft, save_product, save_sku
from kameng.catalogue.form import FieldKind, FormField
from kameng.kernel.crypto import Keyring
from kameng.merchants.merchant import Caller, Scope
from kameng.web.docking.acgfaka_wire import config_of, form_of, is_signed, kind_of, sign
from tests.builders.merchant import a_merchant, balance
from tests.stock.builders import some_cards
from tests.web.shopfront import CODES, Shopfront

pytestmark = pytest.mark.anyio


async def said(shopfront: Shopfront, caller: Caller, page: str, *fields: tuple[str, str], **more: str) -> Any:
    form = [*fields, *more.items(), ("app_id", caller.key.id), ("app_key", caller.secret)]
    form.append(("sign", sign(form, caller.secret)))
    answer = await shopfront.client.post(f"/shared/{page}", data=dict(form))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def data(shopfront: Shopfront, caller: Caller, page: str, *fields: tuple[str, str], **more: str) -> Any:
    told = await said(shopfront, caller, page, *fields, **more)
    assert told["code"] == 200, told
    return told["data"]


async def no(shopfront: Shopfront, caller: Caller, page: str, *fields: tuple[str, str], **more: str) -> str:
    told = await said(shopfront, caller, page, *fields, **more)
    assert told["code"] != 200
    words: str = told["msg"]
    return words


def a_trade(**changes: str) -> dict[str, str]:
    """What the program's `Shared::trade` sends."""
    return {
        "shared_code": "honor-of-kings", "contact": "buyer@example.com", "num": "1", "card_id": "0", "device": "0",
        "password": "", "race": "980 点", "request_no": "R1", **changes,
    }  # fmt: skip


async def test_connecting(shopfront: Shopfront, caller: Caller) -> None:
    assert await data(shopfront, caller, "authentication/connect") == {"shopName": "海城卡盟", "balance": "1000.00"}


async def test_goods_are_listed_by_category_with_kinds_and_prices(shopfront: Shopfront, caller: Caller) -> None:
    async with shopfront.db.transaction() as tx:
        await save_sku(tx, SkuDraft("honor-of-kings", "1.5 折=礼[包]", 1000, quantity_max=5))
    [category] = await data(shopfront, caller, "commodity/items")
    [item] = category["children"]
    assert (category["name"], item["code"], item["delivery_way"]) == ("游戏点卡", "honor-of-kings", 0)
    assert item["config"] == "[category]\n1．5 折＝礼［包］=9.50\n980 点=88.45"
    assert (item["price"], item["stock"], item["maximum"]) == ("9.50", 3, 5)
    assert await data(shopfront, caller, "commodity/item", code="honor-of-kings") == item
    assert await no(shopfront, caller, "commodity/item", code="nothing") == "商品不存在"


async def test_price_and_stock_of_a_kind(shopfront: Shopfront, caller: Caller) -> None:
    chosen = {"code": "honor-of-kings", "race": "980 点"}
    assert await data(shopfront, caller, "commodity/stock", **chosen) == {"stock": 3}
    assert await data(shopfront, caller, "commodity/valuation", **chosen, num="2", card_id="0") == {"price": "176.90"}
    told = await data(shopfront, caller, "commodity/inventory", sharedCode="honor-of-kings", race="980 点")
    assert (told["count"], told["is_category"], told["delivery_way"]) == (3, True, 0)
    state = {"shared_code": "honor-of-kings", "card_id": "0", "race": "980 点"}
    assert await data(shopfront, caller, "commodity/inventoryState", **state, num="3") == []
    assert await no(shopfront, caller, "commodity/inventoryState", **state, num="4") == "库存不足"
    assert await no(shopfront, caller, "commodity/stock", code="honor-of-kings", race="一亿点") == "商品不存在"


async def test_a_trade_brings_its_codes_a_line_each(shopfront: Shopfront, caller: Caller) -> None:
    told = await data(shopfront, caller, "commodity/trade", **a_trade(num="2"))
    assert (told["amount"], told["stock"], told["url"]) == ("176.90", 1, "")
    codes = told["secret"].split("\n")
    assert len(codes) == 2
    assert set(codes) <= set(CODES)
    assert await balance(shopfront.db, caller) == 100_000 - 17_690
    for page in (f"commodity/query.{told['tradeNo']}", f"commodity/query/{told['tradeNo']}"):
        again = await data(shopfront, caller, page)
        assert again == {"secret": told["secret"], "widget": None, "status": 1}


async def test_the_buyers_contact_is_none_of_our_business(shopfront: Shopfront, caller: Caller) -> None:
    await data(shopfront, caller, "commodity/trade", **a_trade())
    kind = await shopfront.db.pool.fetchval("SELECT contact_kind FROM orders")
    masked = await shopfront.db.pool.fetchval("SELECT count(*) FROM order_events WHERE facts::text LIKE '%buyer@%'")
    assert (kind, masked) == ("email", 0)


async def test_the_same_request_gives_the_first_result(shopfront: Shopfront, caller: Caller) -> None:
    answers = await asyncio.gather(*(data(shopfront, caller, "commodity/trade", **a_trade()) for _ in range(20)))
    assert len({(told["tradeNo"], told["secret"], told["amount"]) for told in answers}) == 1
    assert await shopfront.count("orders") == 1
    async with shopfront.db.transaction() as tx:
        await save_product(tx, ProductDraft("honor-of-kings", "game-cards", "王者荣耀点券卡", on_sale=False))
    again = await data(shopfront, caller, "commodity/trade", **a_trade())
    assert again["secret"] == answers[0]["secret"], "also when it is not sold any more"
    assert await no(shopfront, caller, "commodity/trade", **a_trade(num="2")) != ""
    assert await shopfront.count("orders") == 1


async def test_every_no_in_the_programs_own_sentence(shopfront: Shopfront, caller: Caller, keyring: Keyring) -> None:
    poor = await a_merchant(shopfront.db, keyring, code="poor", balance_fen=1)
    for who, fields, sentence in (
        (caller, a_trade(num="4"), "库存不足"),
        (caller, a_trade(shared_code="nothing"), "商品不存在"),
        (caller, a_trade(race="nothing"), "商品不存在"),
        (poor, a_trade(), "余额不足"),
        (poor, a_trade(), "余额不足"),
    ):
        assert await no(shopfront, who, "commodity/trade", **fields) == sentence
    for fields in (a_trade(request_no=""), a_trade(num="0"), a_trade(num="x"), a_trade(num="-1")):
        assert await no(shopfront, caller, "commodity/trade", **fields)
    assert await no(shopfront, caller, "commodity/query.1") == "订单不存在"
    assert await no(shopfront, caller, "commodity/nothing")
    assert await balance(shopfront.db, caller) == 100_000


async def test_forged_foreign_and_keys_of_other_protocols(
    shopfront: Shopfront, caller: Caller, keyring: Keyring
) -> None:
    other = await a_merchant(shopfront.db, keyring, code="other", scopes=[Scope.ORDERS, Scope.DUJIAO])
    assert await no(shopfront, other, "authentication/connect") == "这个密钥没有这项权限"
    mixed = Caller(other.merchant, other.key, caller.secret)
    assert await no(shopfront, mixed, "commodity/trade", **a_trade()) == "密钥错误"
    form = [*a_trade().items(), ("app_id", caller.key.id), ("app_key", caller.secret)]
    good = sign(form, caller.secret)
    for changed in (
        {**dict(form), "sign": good, "num": "3"},
        {**dict(form), "sign": good, "sku[x]": "1"},
        {**dict(form), "sign": ""},
        dict(form),
        {**dict(form), "app_id": "1234567890", "sign": good},
        {},
    ):
        told = (await shopfront.client.post("/shared/commodity/trade", data=changed)).json()
        assert told["msg"] in ("密钥错误", "商户ID不存在")
    assert (await shopfront.client.get("/shared/commodity/items")).status_code == 405
    assert await shopfront.count("orders") == 0


async def test_a_trade_of_another_shop_is_not_there(shopfront: Shopfront, caller: Caller, keyring: Keyring) -> None:
    other = await a_merchant(shopfront.db, keyring, code="other")
    told = await data(shopfront, caller, "commodity/trade", **a_trade())
    assert await no(shopfront, other, f"commodity/query.{told['tradeNo']}") == "订单不存在"


async def test_only_what_comes_at_once_is_sold(shopfront: Shopfront, caller: Caller, keyring: Keyring) -> None:
    form = (FormField("account", FieldKind.QQ, "QQ 号"),)
    async with shopfront.db.transaction() as tx:
        await save_product(tx, ProductDraft("qq", "game-cards", "Q币", form=form))
        sku_id = await save_sku(tx, SkuDraft("qq", "10 个", 1000, quantity_max=5))
    await some_cards(shopfront.db, keyring, sku_id, ("QQQQ-1111",))
    [category] = await data(shopfront, caller, "commodity/items")
    assert [item["code"] for item in category["children"]] == ["honor-of-kings"]
    assert await no(shopfront, caller, "commodity/trade", **a_trade(shared_code="qq", race="10 个")) == "商品不存在"


def test_the_signature_is_phps() -> None:
    """Of `a=你 +&b=2&sku[0]=x&sku[1]=&key=k`, as `generateSignature` joins it."""
    fields = form_of(b"b=2&a=%E4%BD%A0+%2B&empty=&sku%5B%5D=x&sku%5B%5D=&sign=old")
    assert fields == [("b", "2"), ("a", "你 +"), ("empty", ""), ("sku[0]", "x"), ("sku[1]", ""), ("sign", "old")]
    right = hashlib.md5("a=你 +&b=2&sku[0]=x&sku[1]=&key=k".encode()).hexdigest()
    assert sign(fields, "k") == right
    assert is_signed([*fields[:-1], ("sign", right)], "k")
    assert not is_signed(fields, "k")
    assert sign([("num", "2"), ("app_id", "1"), ("race", "")], "KEY") == "39b0ce497f68abfd71edc5b73e4b607c"


def test_a_config_is_ini_as_the_program_writes_it() -> None:
    assert config_of({"月卡": "9.90", "年卡": "99.00"}) == "[category]\n月卡=9.90\n年卡=99.00"
    assert kind_of(" a=b.c[d]\n e ") == "a＝b．c［d］ e"
