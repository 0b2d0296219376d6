"""dujiao-next: what a site may answer, and what becomes of an order then."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from kameng.adapters.http import HttpClient
from kameng.adapters.suppliers.dujiao import OPTIONS, Dujiao
from kameng.kernel.clock import VirtualClock
from kameng.supply.answer import Accepted, Balance, Delivered, InDoubt, NotFound, Reason, Refused
from kameng.supply.supplier import Forged, Post
from tests.adapters.suppliers.dujiao_site import ASK, FORM, NOW, SECRET, delivered, order, product, signed, sku
from tests.stand_in import Heard, StandIn, says, stand_in

pytestmark = pytest.mark.anyio

TOP_UP = replace(ASK, quantity=1, account="10001", fields={"zone": "1"})
Told = Mapping[str, Any]


@asynccontextmanager
async def dealing(told: Told, **config: str) -> AsyncIterator[tuple[Dujiao, StandIn]]:
    """`told`: by method and the last part of the path, `POST orders`; a list is said one after the other."""

    def reply(heard: Heard) -> bytes:
        said = told[f"{heard.method} {heard.path.removeprefix('/api/v1/upstream/')}"]
        said = said.pop(0) if isinstance(said, list) else said
        status, body = said if isinstance(said, tuple) else ("200 OK", said)
        return says(json.dumps(body), status=status)

    defaults = {option.name: option.default or "" for option in OPTIONS}
    async with stand_in(reply) as place, HttpClient(total_timeout_s=2) as http:
        given = {"base_url": place.url, "api_key": "dj_1", "api_secret": SECRET}
        yield Dujiao(defaults | given | config, http=http, clock=VirtualClock(NOW)), place


def no(code: str, **more: Any) -> dict[str, Any]:
    return {"ok": False, "error_code": code, "error_message": code.replace("_", " ")} | more


def shown_as(**more: Any) -> dict[str, Any]:
    return {"ok": True, "product": product(**more)}


PAID = {"ok": True, "order_id": 101, "order_no": "DJ1", "status": "paid", "amount": "18.00", "currency": "CNY"}


async def test_an_order_is_signed_over_what_is_sent() -> None:
    async with dealing({"GET products/1": shown_as(), "POST orders": PAID}) as (supplier, place):
        assert await supplier.place(ASK) == Accepted("101", 1800, "paid")
    heard = place.heard[-1]
    timestamp = str(int(NOW.timestamp()))
    assert heard.headers["dujiao-next-api-key"] == "dj_1"
    assert heard.headers["dujiao-next-timestamp"] == timestamp
    own = signed("POST", "/api/v1/upstream/orders", timestamp, heard.body.encode())
    assert heard.headers["dujiao-next-signature"] == own
    sent = json.loads(heard.body)
    assert (sent["sku_id"], sent["quantity"], sent["downstream_order_no"]) == (7, 2, "K1-1")


async def test_the_account_goes_into_the_first_field_of_the_form() -> None:
    shown = shown_as(fulfillment_type="manual", manual_form_schema=FORM)
    async with dealing({"GET products/1": shown, "POST orders": PAID}) as (supplier, place):
        assert isinstance(await supplier.place(TOP_UP), Accepted)
    assert json.loads(place.heard[-1].body)["manual_form_data"] == {"zone": "1", "account": "10001"}


@pytest.mark.parametrize(
    ("shown", "reason"),
    [
        (shown_as(skus=[sku(price_amount="10.01")]), Reason.COSTS_TOO_MUCH),
        (shown_as(is_active=False), Reason.GOODS_GONE),
        (shown_as(skus=[]), Reason.GOODS_GONE),
        (("404 Not Found", no("product_not_found")), Reason.GOODS_GONE),
        (("401 Unauthorized", no("timestamp_expired")), Reason.NOT_ALLOWED),
        (("502 Bad Gateway", {}), Reason.OTHER),
    ],
)
async def test_nothing_is_ordered_that_looks_wrong_beforehand(shown: Any, reason: Reason) -> None:
    async with dealing({"GET products/1": shown}) as (supplier, place):
        answer = await supplier.place(ASK)
    assert isinstance(answer, Refused)
    assert answer.reason is reason
    assert [heard.method for heard in place.heard] == ["GET"]


async def test_goods_without_a_form_take_no_account() -> None:
    async with dealing({"GET products/1": shown_as()}) as (supplier, place):
        assert isinstance(await supplier.place(TOP_UP), Refused)
    assert len(place.heard) == 1


async def test_an_unpaid_order_is_looked_at_before_it_is_called_a_no() -> None:
    unpaid = no("payment_failed", order_id=101, status="canceled")
    unpaid["error_message"] = "wallet payment failed: insufficient balance"
    told = {
        "GET products/1": shown_as(),
        "POST orders": unpaid,
        "GET orders/101": order("canceled", refunded_amount="0.00"),
    }
    async with dealing(told) as (supplier, _):
        answer = await supplier.place(ASK)
        assert isinstance(answer, Refused)
        assert answer.reason is Reason.BALANCE_LOW
    async with dealing(told | {"GET orders/101": order("paid")}) as (supplier, _):
        answer = await supplier.place(ASK)
        assert isinstance(answer, Accepted)
        assert answer.supplier_no == "101"


@pytest.mark.parametrize(
    "said",
    [
        ("500 Internal Server Error", no("internal_error")),
        ("429 Too Many Requests", no("rate_limited")),
        {"ok": True},
        {"ok": "true", "order_id": 101},
        {"ok": False, "error_code": "a_new_one"},
        {},
    ],
)
async def test_what_is_neither_yes_nor_a_known_no_is_in_doubt(said: Any) -> None:
    async with dealing({"GET products/1": shown_as(), "POST orders": said}) as (supplier, _):
        assert isinstance(await supplier.place(ASK), InDoubt)


async def test_asking_without_a_number_places_it_once_more() -> None:
    told = {"GET products/1": shown_as(), "POST orders": PAID, "GET orders/101": delivered("AAA\nBBB")}
    async with dealing(told) as (supplier, place):
        assert isinstance(await supplier.query(ASK, supplier_no=None), Delivered)
    assert [heard.path for heard in place.heard][-2:] == ["/api/v1/upstream/orders", "/api/v1/upstream/orders/101"]
    assert json.loads(place.heard[1].body)["downstream_order_no"] == "K1-1"


async def test_an_order_is_found_though_its_goods_are_gone() -> None:
    gone = ("404 Not Found", no("product_deleted"))
    told = {"GET products/1": gone, "POST orders": PAID, "GET orders/101": order("paid")}
    async with dealing(told) as (supplier, _):
        assert isinstance(await supplier.query(ASK, supplier_no=None), Accepted)


@pytest.mark.parametrize(
    ("code", "expected"),
    [("insufficient_stock", NotFound), ("sku_unavailable", NotFound), ("invalid_signature", InDoubt), ("new", InDoubt)],
)
async def test_a_no_to_asking_is_no_failure(code: str, expected: type) -> None:
    async with dealing({"GET products/1": shown_as(), "POST orders": ("409 Conflict", no(code))}) as (supplier, _):
        assert isinstance(await supplier.query(ASK, supplier_no=None), expected)


async def test_an_answer_about_another_order_is_in_doubt() -> None:
    async with dealing({"GET orders/102": delivered("AAA\nBBB")}) as (supplier, place):
        assert isinstance(await supplier.query(ASK, supplier_no="102"), InDoubt)
        for number in ("../ping", "1/2", ""):
            assert isinstance(await supplier.query(ASK, supplier_no=number), InDoubt)
    assert len(place.heard) == 1


async def test_money_in_another_currency_is_not_read() -> None:
    ping = {"ok": True, "balance": "12.345", "currency": "USD"}
    told = {"POST ping": ping, "GET products/1": shown_as(), "POST orders": PAID | {"currency": "USD"}}
    async with dealing(told) as (supplier, _):
        assert isinstance(await supplier.balance(), Refused)
        answer = await supplier.place(ASK)
        assert isinstance(answer, Accepted)
        assert answer.cost_fen is None
    async with dealing(told, currency="usd", rate="720") as (supplier, _):
        assert await supplier.balance() == Balance(8888)


async def test_pages_are_read_to_the_end() -> None:
    pages = [
        {"ok": True, "items": [product(id=str(n)) for n in range(1, 51)], "total": 51},
        {"ok": True, "items": [product(id="51")], "total": 51},
    ]
    told = {"GET categories": {"ok": True, "categories": [{"id": 3, "name": {"zh-CN": "游戏"}}]}, "GET products": pages}
    async with dealing(told) as (supplier, place):
        read = await supplier.catalogue()
    assert not isinstance(read, Refused | InDoubt)
    assert len(read.goods) == 51
    assert {goods.category for goods in read.goods} == {"游戏"}
    # What stands behind the question mark is not signed.
    assert place.heard[-1].target.endswith("products?page=2&page_size=50")
    own = signed("GET", "/api/v1/upstream/products", str(int(NOW.timestamp())), b"")
    assert place.heard[-1].headers["dujiao-next-signature"] == own


async def test_a_list_that_ends_too_early_is_in_doubt() -> None:
    told = {"GET categories": {"ok": True, "categories": []}, "GET products": {"ok": True, "items": [], "total": 1}}
    async with dealing(told) as (supplier, _):
        assert isinstance(await supplier.catalogue(), InDoubt)


def callback(body: bytes, *, at: datetime = NOW, key: str = "dj_1", path: str = "/api/v1/upstream/callback") -> Post:
    timestamp = str(int(at.timestamp()))
    headers = {"dujiao-next-api-key": key, "dujiao-next-timestamp": timestamp}
    return Post({}, headers | {"dujiao-next-signature": signed("POST", path, timestamp, body)}, body)


async def test_a_callback_names_its_order_and_nothing_more() -> None:
    body = json.dumps({"order_id": 101, "downstream_order_no": "K1-1", "status": "completed"}).encode()
    async with dealing({}) as (supplier, _):
        read = supplier.read_callback(callback(body, at=NOW - timedelta(seconds=60)))
        assert (read.number, read.supplier_no, read.says) == ("K1-1", "101", None)
        assert json.loads(supplier.acknowledgement.text)["ok"] is True
        for forged in (
            callback(body, at=NOW - timedelta(seconds=61)),
            callback(body, at=NOW + timedelta(seconds=61)),
            callback(body, key="dj_2"),
            callback(body, path="/callbacks/K1-1"),
            callback(body, path="/api/v1/upstream/orders"),
        ):
            with pytest.raises(Forged):
                supplier.read_callback(forged)
