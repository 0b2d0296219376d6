import asyncio
from datetime import timedelta
from typing import Any

import pytest

from kameng.catalogue.edit import ProductDraft, save_product
from kameng.catalogue.form import FieldKind, FormField
from kameng.kernel.clock import VirtualClock
from kameng.kernel.crypto import Keyring
from tests.builders.merchant import a_merchant, balance
from tests.web.merchant_api.programs import Program
from tests.web.shopfront import CODES, PRICE_FEN, Shopfront

pytestmark = pytest.mark.anyio

OWN_FEN = 8845  # 95 % of 9310, a part of a fen is a whole one


def wish(shopfront: Shopfront, **changes: Any) -> dict[str, Any]:
    return {"out_order_no": "M1", "sku": shopfront.sku_id, "quantity": 1, **changes}


async def test_goods_come_with_the_merchants_price_and_what_is_left(program: Program, shopfront: Shopfront) -> None:
    told = (await program.get("/products")).json()
    assert (told["next_cursor"], told["has_more"]) == (None, False)
    [product] = told["data"]
    assert (product["slug"], product["delivers"], product["form"]) == ("honor-of-kings", "codes", [])
    assert product["skus"] == [
        {
            "sku": shopfront.sku_id, "face_value": "980 点", "price_fen": OWN_FEN, "list_price_fen": PRICE_FEN,
            "face_fen": None, "stock": 3, "at_once": True, "quantity_max": 5,
        }
    ]  # fmt: skip
    assert (await program.get(f"/skus/{shopfront.sku_id}")).json() == product
    assert (await program.get("/skus/999")).status_code == 404
    assert (await program.get(f"/products?cursor={product['id']}&limit=1")).json()["data"] == []
    assert (await program.get("/products?cursor=x")).status_code == 422


async def test_an_order_is_answered_with_its_codes(program: Program, shopfront: Shopfront) -> None:
    answer = await program.post("/orders", wish(shopfront, quantity=2))
    assert answer.status_code == 200, answer.text
    order = answer.json()
    assert (order["state"], order["out_order_no"], order["amount_fen"]) == ("delivered", "M1", 2 * OWN_FEN)
    assert len(order["codes"]) == 2
    assert set(order["codes"]) <= set(CODES)
    told = (await program.get("/balance")).json()
    assert told == {"balance_fen": 100_000 - 2 * OWN_FEN, "currency": "CNY", "price_percent": 95}


async def test_it_is_found_again_by_either_number(program: Program, shopfront: Shopfront, clock: VirtualClock) -> None:
    first = (await program.post("/orders", wish(shopfront))).json()
    clock.go_on(timedelta(minutes=1))
    assert (await program.get(f"/orders/{first['order_no']}")).json() == first
    clock.go_on(timedelta(minutes=1))
    assert (await program.post("/orders", wish(shopfront))).json() == first
    assert (await program.get("/orders?out_order_no=M1")).json() == first
    assert (await program.get("/orders?out_order_no=M2")).status_code == 404
    second = (await program.post("/orders", wish(shopfront, out_order_no="M2"))).json()
    numbers = {"order_nos": [first["order_no"], "1"], "out_order_nos": ["M2", "M1", "M3"]}
    assert (await program.post("/orders/lookup", numbers)).json()["data"] == [first, second]
    many = {"order_nos": ["1"] * 60, "out_order_nos": ["1"] * 60}
    assert (await program.post("/orders/lookup", many)).status_code == 422


async def test_a_repeat_gives_the_first_answer(program: Program, shopfront: Shopfront) -> None:
    answers = await asyncio.gather(*(program.post("/orders", wish(shopfront)) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert await shopfront.count("orders") == 1
    conflict = await program.post("/orders", wish(shopfront, quantity=2))
    assert (conflict.status_code, conflict.json()["code"]) == (409, "out_order_no_conflict")


async def test_what_is_refused_says_why_by_code(program: Program, shopfront: Shopfront, keyring: Keyring) -> None:
    poor = Program(program.client, program.clock, await a_merchant(shopfront.db, keyring, code="poor", balance_fen=9))
    for body, status, code in (
        (wish(shopfront, quantity=4), 409, "out_of_stock"),
        (wish(shopfront, quantity=6), 422, "invalid_input"),
        (wish(shopfront, sku=999), 404, "sku_unavailable"),
        (wish(shopfront, cost_max_fen=1), 409, "costs_too_much"),
        (wish(shopfront, callback_url="http://10.0.0.1/"), 422, "invalid_callback_url"),
        (wish(shopfront, account="10001"), 422, "invalid_input"),
        (wish(shopfront, more=1), 422, "invalid_input"),
        (wish(shopfront, out_order_no="订单"), 422, "invalid_input"),
        ({"sku": 1}, 422, "invalid_input"),
    ):
        answer = await program.post("/orders", body)
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
        assert answer.headers["content-type"] == "application/problem+json"
    assert await shopfront.count("orders") == 0
    for _ in range(2):
        answer = await poor.post("/orders", wish(shopfront))
        assert (answer.status_code, answer.json()["code"]) == (402, "insufficient_balance")
        assert answer.json()["values"]["order_no"]
    assert await shopfront.count("orders") == 1
    assert await balance(shopfront.db, poor.caller) == 9


async def test_goods_that_ask_for_an_account_are_told_it(program: Program, shopfront: Shopfront) -> None:
    form = (
        FormField("account", FieldKind.QQ, "QQ 号"),
        FormField("server", FieldKind.CHOICE, "区服", choices=("一区", "二区")),
    )
    async with shopfront.db.transaction() as tx:
        await save_product(tx, ProductDraft("honor-of-kings", "game-cards", "王者荣耀点券卡", form=form))
    told = (await program.get("/products")).json()["data"][0]["form"]
    assert [(field["name"], field["kind"], field["choices"]) for field in told] == [
        ("account", "qq", []), ("server", "choice", ["一区", "二区"])
    ]  # fmt: skip
    wrong = await program.post("/orders", wish(shopfront, account="12", fields={"server": "三区"}))
    assert {error["field"] for error in wrong.json()["errors"]} == {"account.account", "account.server"}
    twice = await program.post("/orders", wish(shopfront, account="10001", fields={"account": "10002"}))
    assert twice.status_code == 422
    right = await program.post("/orders", wish(shopfront, account="10001", fields={"server": "二区"}))
    assert right.status_code == 200, right.text
    other = await program.post("/orders", wish(shopfront, account="10002", fields={"server": "二区"}))
    assert other.json()["code"] == "out_order_no_conflict"


async def test_another_merchants_orders_do_not_exist(program: Program, shopfront: Shopfront, keyring: Keyring) -> None:
    other = Program(program.client, program.clock, await a_merchant(shopfront.db, keyring, code="other"))
    order = (await program.post("/orders", wish(shopfront))).json()
    assert (await other.get(f"/orders/{order['order_no']}")).status_code == 404
    assert (await other.get("/orders?out_order_no=M1")).status_code == 404
    assert (await other.post(f"/orders/{order['order_no']}/callback")).status_code == 404
    found = await other.post("/orders/lookup", {"order_nos": [order["order_no"]], "out_order_nos": ["M1"]})
    assert found.json() == {"data": []}


async def test_a_callback_can_be_asked_for_again(program: Program, shopfront: Shopfront) -> None:
    silent = (await program.post("/orders", wish(shopfront))).json()
    told = await program.post(f"/orders/{silent['order_no']}/callback")
    assert told.json() == {"order_no": silent["order_no"], "queued": False}
    url = "https://erp.example.com/cb"
    loud = (await program.post("/orders", wish(shopfront, out_order_no="M2", callback_url=url))).json()
    told = await program.post(f"/orders/{loud['order_no']}/callback")
    assert told.json()["queued"] is True


async def test_the_story_is_the_buyers_and_holds_no_code(program: Program, shopfront: Shopfront) -> None:
    order = (await program.post("/orders", wish(shopfront))).json()
    rows = await shopfront.db.pool.fetch("SELECT event, actor_id, facts::text FROM order_events ORDER BY id")
    assert [row["event"] for row in rows] == [
        "placed", "payment_started", "payment_confirmed", "delivered", "revealed"
    ]  # fmt: skip
    assert rows[-1]["actor_id"] == "merchant:mengyu"
    assert not any(code in str(rows) for code in order["codes"])


async def test_the_document_names_every_operation_and_its_problems(program: Program) -> None:
    told = (await program.client.get("/api/merchant/v1/openapi.json")).json()
    assert told["openapi"].startswith("3.1")
    operations = [operation for path in told["paths"].values() for operation in path.values()]
    assert {operation["operationId"] for operation in operations} == {
        "listProducts", "readSku", "readBalance", "placeOrder", "findOrder", "readOrder", "lookUpOrders",
        "resubmitOrders", "readResubmissions",
        "callBackAgain",
    }  # fmt: skip
    for operation in operations:
        assert operation["security"] == [{"KM1-HMAC-SHA256": []}]
        assert {"401", "403", "429", "500"} <= set(operation["responses"])
    guests = (await program.client.get("/api/v1/openapi.json")).json()
    assert not any("merchant" in path for path in guests["paths"])
