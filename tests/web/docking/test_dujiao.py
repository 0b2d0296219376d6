"""What a dujiao-next site sees of us, held against its public document."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx
import pytest

from kameng.catalogue.edit import ProductDraft, save_product
from kameng.catalogue.form import FieldKind, FormField
from kameng.kernel.clock import VirtualClock
from kameng.kernel.crypto import Keyring
from kameng.merchants.add_merchant import MerchantDraft, add_merchant
from kameng.merchants.merchant import Caller, Scope
from tests.builders.merchant import CONTACT, a_merchant, balance
from tests.web.shopfront import CODES, Shopfront

pytestmark = pytest.mark.anyio

BASE = "/api/v1/upstream"


def signed(caller: Caller, method: str, path: str, stamp: str, raw: bytes) -> dict[str, str]:
    """As the document's own example does it."""
    text = f"{method}\n{path}\n{stamp}\n{hashlib.md5(raw).hexdigest()}"
    return {
        "Dujiao-Next-Api-Key": caller.key.id,
        "Dujiao-Next-Timestamp": stamp,
        "Dujiao-Next-Signature": hmac.new(caller.secret.encode(), text.encode(), hashlib.sha256).hexdigest(),
        "Content-Type": "application/json",
    }


async def call(
    shopfront: Shopfront, caller: Caller, method: str, page: str, body: Any = None, *, query: str = "", **more: str
) -> httpx.Response:
    raw = b"" if body is None else json.dumps(body).encode()
    stamp = str(int(shopfront.db.clock.now().timestamp()))
    headers = signed(caller, method, BASE + page, stamp, raw) | {
        name.replace("_", "-"): value for name, value in more.items()
    }
    return await shopfront.client.request(method, BASE + page + query, content=raw, headers=headers)


def wanted(shopfront: Shopfront, **changes: Any) -> dict[str, Any]:
    return {"sku_id": shopfront.sku_id, "quantity": 1, "downstream_order_no": "A-1", **changes}


def no(answer: httpx.Response) -> tuple[int, str]:
    told = answer.json()
    assert told["ok"] is False
    assert told["error_message"]
    return answer.status_code, told["error_code"]


async def test_ping_tells_who_we_are_and_what_is_left(shopfront: Shopfront, caller: Caller) -> None:
    assert (await call(shopfront, caller, "POST", "/ping")).json() == {
        "ok": True, "site_name": "海城卡盟", "protocol_version": "1.0", "user_id": caller.merchant.id,
        "balance": "1000.00", "currency": "CNY", "member_level": None,
    }  # fmt: skip


async def test_goods_are_listed_in_their_shape(shopfront: Shopfront, caller: Caller) -> None:
    [category] = (await call(shopfront, caller, "GET", "/categories")).json()["categories"]
    assert (category["parent_id"], category["slug"], category["name"]) == (0, "game-cards", {"zh-CN": "游戏点卡"})
    told = (await call(shopfront, caller, "GET", "/products", query="?page=1&page_size=50")).json()
    assert (told["ok"], told["total"], told["page"], told["page_size"]) == (True, 1, 1, 50)
    [product] = told["items"]
    assert product["category_id"] == category["id"]
    assert (product["fulfillment_type"], product["manual_form_schema"], product["is_active"]) == ("auto", None, True)
    assert product["title"] == {"zh-CN": "王者荣耀点券卡"}
    assert product["skus"] == [
        {
            "id": shopfront.sku_id, "sku_code": f"SKU{shopfront.sku_id}", "spec_values": {"面值": "980 点"},
            "price_amount": "88.45", "original_price": "93.10", "member_price": "88.45",
            "stock_status": "low_stock", "stock_quantity": 3, "is_active": True,
        }
    ]  # fmt: skip
    one = await call(shopfront, caller, "GET", f"/products/{product['id']}")
    assert one.json() == {"ok": True, "product": product}
    assert (await call(shopfront, caller, "GET", "/products", query="?page=2&page_size=50")).json()["items"] == []
    assert no(await call(shopfront, caller, "GET", "/products/99")) == (404, "product_not_found")
    assert no(await call(shopfront, caller, "GET", "/products/x")) == (404, "product_not_found")


async def test_goods_with_a_form_are_manual_and_ask_for_the_account_first(shopfront: Shopfront, caller: Caller) -> None:
    form = (
        FormField("server", FieldKind.CHOICE, "区服", choices=("一区", "二区")),
        FormField("account", FieldKind.PHONE, "手机号"),
    )
    async with shopfront.db.transaction() as tx:
        await save_product(tx, ProductDraft("honor-of-kings", "game-cards", "王者荣耀点券卡", form=form))
    [product] = (await call(shopfront, caller, "GET", "/products")).json()["items"]
    assert product["fulfillment_type"] == "manual"
    fields = product["manual_form_schema"]["fields"]
    assert [(field["key"], field["type"], field["options"]) for field in fields] == [
        ("account", "phone", []), ("server", "select", ["一区", "二区"])
    ]  # fmt: skip
    missing = await call(shopfront, caller, "POST", "/orders", wanted(shopfront))
    assert no(missing) == (400, "bad_request")
    filled = wanted(shopfront, manual_form_data={"account": 13800138000, "server": "一区"})
    assert (await call(shopfront, caller, "POST", "/orders", filled)).json()["ok"] is True


async def test_an_order_is_paid_at_once_and_read_with_its_codes(shopfront: Shopfront, caller: Caller) -> None:
    answer = await call(shopfront, caller, "POST", "/orders", wanted(shopfront, quantity=2, trace_id="t", more=1))
    placed = answer.json()
    assert answer.status_code == 200
    assert (placed["ok"], placed["status"], placed["amount"], placed["currency"]) == (
        True,
        "delivered",
        "176.90",
        "CNY",
    )
    assert isinstance(placed["order_id"], int)
    told = (await call(shopfront, caller, "GET", f"/orders/{placed['order_id']}")).json()
    assert placed.items() <= told.items()
    assert told["refunded_amount"] == "0.00"
    assert [(item["sku_id"], item["quantity"], item["total_price"]) for item in told["items"]] == [
        (shopfront.sku_id, 2, "176.90")
    ]
    fulfilment = told["fulfillment"]
    assert (fulfilment["type"], fulfilment["status"]) == ("auto", "delivered")
    assert set(fulfilment["payload"].split("\n")) <= set(CODES)
    assert await balance(shopfront.db, caller) == 100_000 - 17_690
    assert no(await call(shopfront, caller, "POST", f"/orders/{placed['order_id']}/cancel")) == (
        409, "cancel_not_allowed"
    )  # fmt: skip


async def test_the_same_number_twenty_times_is_one_order(shopfront: Shopfront, caller: Caller) -> None:
    answers = await asyncio.gather(*(call(shopfront, caller, "POST", "/orders", wanted(shopfront)) for _ in range(20)))
    assert len({answer.text for answer in answers}) == 1
    assert await shopfront.count("orders") == 1
    assert await balance(shopfront.db, caller) == 100_000 - 8845
    other = await call(shopfront, caller, "POST", "/orders", wanted(shopfront, quantity=2))
    assert no(other) == (409, "out_order_no_conflict")


async def test_too_little_money_withdraws_the_order(shopfront: Shopfront, keyring: Keyring) -> None:
    poor = await a_merchant(shopfront.db, keyring, code="poor", balance_fen=100)
    for _ in range(2):
        answer = await call(shopfront, poor, "POST", "/orders", wanted(shopfront))
        assert no(answer) == (200, "payment_failed")
        told = answer.json()
        assert told["status"] == "canceled"
    state = await call(shopfront, poor, "GET", f"/orders/{told['order_id']}")
    assert state.json()["status"] == "canceled"
    again = await call(shopfront, poor, "POST", f"/orders/{told['order_id']}/cancel")
    assert (again.json()["ok"], again.json()["status"]) == (True, "canceled")
    assert await balance(shopfront.db, poor) == 100


async def test_every_published_no(shopfront: Shopfront, caller: Caller) -> None:
    for body, expected in (
        (wanted(shopfront, sku_id=99), (400, "sku_unavailable")),
        (wanted(shopfront, sku_id=2**40), (400, "sku_unavailable")),
        (wanted(shopfront, quantity=4), (409, "insufficient_stock")),
        (wanted(shopfront, quantity=0), (400, "bad_request")),
        (wanted(shopfront, quantity="1"), (400, "bad_request")),
        (wanted(shopfront, callback_url="http://127.0.0.1/x"), (400, "invalid_callback_url")),
        (wanted(shopfront, callback_url="http://localhost/x"), (400, "invalid_callback_url")),
        ([], (400, "bad_request")),
        (None, (400, "bad_request")),
    ):
        assert no(await call(shopfront, caller, "POST", "/orders", body)) == expected
    assert await shopfront.count("orders") == 0
    for page in ("/orders/1", "/orders/x", f"/orders/{2**64}"):
        assert no(await call(shopfront, caller, "GET", page)) == (404, "order_not_found")


async def test_orders_of_others_are_not_there(shopfront: Shopfront, caller: Caller, keyring: Keyring) -> None:
    other = await a_merchant(shopfront.db, keyring, code="other")
    placed = (await call(shopfront, caller, "POST", "/orders", wanted(shopfront))).json()
    page = f"/orders/{placed['order_id']}"
    assert no(await call(shopfront, other, "GET", page)) == (404, "order_not_found")
    assert no(await call(shopfront, other, "POST", f"{page}/cancel")) == (404, "order_not_found")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"Dujiao_Next_Api_Key": ""}, (401, "missing_auth_headers")),
        ({"Dujiao_Next_Signature": ""}, (401, "missing_auth_headers")),
        ({"Dujiao_Next_Timestamp": "now"}, (401, "invalid_timestamp")),
        ({"Dujiao_Next_Timestamp": "1"}, (401, "timestamp_expired")),
        ({"Dujiao_Next_Signature": "0" * 64}, (401, "invalid_signature")),
        ({"Dujiao_Next_Api_Key": "1234567890"}, (401, "invalid_api_key")),
    ],
)
async def test_every_no_at_the_door(
    shopfront: Shopfront, caller: Caller, changes: Mapping[str, str], expected: tuple[int, str]
) -> None:
    answer = await call(shopfront, caller, "POST", "/orders", wanted(shopfront), **changes)
    assert no(answer) == expected
    assert await shopfront.count("orders") == 0


async def test_a_signature_is_good_for_its_page_its_body_and_a_minute(
    shopfront: Shopfront, caller: Caller, clock: VirtualClock
) -> None:
    raw, stamp = json.dumps(wanted(shopfront)).encode(), str(int(clock.now().timestamp()))
    for method, page, body in (("POST", "/ping", raw), ("GET", "/orders", raw), ("POST", "/orders", b"{}")):
        headers = signed(caller, method, BASE + page, stamp, body)
        answer = await shopfront.client.post(BASE + "/orders", content=raw, headers=headers)
        assert no(answer) == (401, "invalid_signature")
    headers = signed(caller, "POST", BASE + "/ping", stamp, b"")
    clock.go_on(timedelta(seconds=60))
    assert (await shopfront.client.post(BASE + "/ping", headers=headers)).status_code == 200
    clock.go_on(timedelta(seconds=1))
    assert no(await shopfront.client.post(BASE + "/ping", headers=headers)) == (401, "timestamp_expired")


async def test_keys_of_other_protocols_and_disabled_merchants(
    shopfront: Shopfront, caller: Caller, keyring: Keyring
) -> None:
    other = await a_merchant(shopfront.db, keyring, code="other", scopes=[Scope.ORDERS, Scope.ACGFAKA])
    assert no(await call(shopfront, other, "POST", "/ping")) == (403, "scope_missing")
    async with shopfront.db.transaction() as tx:
        await add_merchant(tx, keyring, MerchantDraft("mengyu", "x", CONTACT, enabled=False))
    assert no(await call(shopfront, caller, "POST", "/ping")) == (403, "user_disabled")


async def test_a_site_of_ours_is_signed_with_either_path(shopfront: Shopfront, caller: Caller) -> None:
    stamp = str(int(shopfront.db.clock.now().timestamp()))
    for path in (BASE + "/ping", "/s/wanbao" + BASE + "/ping"):
        headers = signed(caller, "POST", path, stamp, b"")
        told = (await shopfront.client.post("/s/wanbao" + BASE + "/ping", headers=headers)).json()
        assert told["site_name"] == "万宝卡盟"
