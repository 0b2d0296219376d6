"""Reloadly: tokens, reports, the two steps of a gift card, callbacks."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kameng.adapters.http import HttpClient
from kameng.adapters.suppliers.reloadly import OPTIONS, Reloadly
from kameng.adapters.suppliers.reloadly_wire import signature
from kameng.kernel.clock import VirtualClock
from kameng.supply.answer import Accepted, Code, Delivered, InDoubt, NotFound, Reason, Refused
from kameng.supply.supplier import CallbackTrust, Forged, Post, SupplyAsk
from tests.adapters.suppliers.reloadly_says import CARD, TOP_UP_EXAMPLE, read
from tests.stand_in import Heard, StandIn, says, stand_in

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TOP_UP = SupplyAsk("K1-1", "341-NG-5.00", 1, 40_00, "", NOW, account="2348147658720")
GIFT = SupplyAsk("K1-1", "1-25.00", 2, 400_00, "", NOW)


TOKEN = {"access_token": "tok-1", "expires_in": 3600, "token_type": "Bearer"}


@asynccontextmanager
async def dealing(
    told: dict[str, Any], *, clock: VirtualClock | None = None, **config: str
) -> AsyncIterator[tuple[Reloadly, StandIn]]:
    """`told`: by method and path, `POST topups-async`; a list is said one after the other."""

    def reply(heard: Heard) -> bytes:
        said = ({"POST oauth/token": TOKEN} | told)[f"{heard.method} {heard.path.removeprefix('/')}"]
        said = said.pop(0) if isinstance(said, list) and said and isinstance(said[0], tuple) else said
        status, body = said if isinstance(said, tuple) else ("200 OK", said)
        return says(body if isinstance(body, str) else json.dumps(body), status=status)

    defaults = {option.name: option.default or "" for option in OPTIONS}
    async with stand_in(reply) as place, HttpClient(total_timeout_s=2) as http:
        given = {"base_url": place.url, "auth_url": place.url, "client_id": "me", "client_secret": "s3cret"}
        adapter = Reloadly(defaults | given | {"rate": "720"} | config, http=http, clock=clock or VirtualClock(NOW))
        yield adapter, place


def error(code: str | None, *, status: str = "400 Bad Request", message: str = "no") -> tuple[str, dict[str, Any]]:
    return status, {"timeStamp": "", "message": message, "path": "/", "errorCode": code, "details": []}


async def test_a_top_up_is_asked_for_with_our_number() -> None:
    async with dealing({"POST topups-async": {"transactionId": 4602843}}) as (supplier, place):
        assert await supplier.place(TOP_UP) == Accepted("4602843")
    asked, ordered = place.heard
    assert json.loads(asked.body) == {
        "client_id": "me",
        "client_secret": "s3cret",
        "grant_type": "client_credentials",
        "audience": place.url.rstrip("/"),
    }
    assert ordered.headers["authorization"] == "Bearer tok-1"
    assert ordered.headers["accept"] == "application/com.reloadly.topups-v1+json"
    assert json.loads(ordered.body) == {
        "operatorId": "341",
        "amount": "5.00",
        "useLocalAmount": False,
        "customIdentifier": "K1-1",
        "recipientPhone": {"countryCode": "NG", "number": "2348147658720"},
    }


async def test_more_than_we_pay_is_not_ordered() -> None:
    async with dealing({}) as (supplier, place):
        answer = await supplier.place(replace(TOP_UP, cost_max_fen=35_99))
    assert isinstance(answer, Refused)
    assert answer.reason is Reason.COSTS_TOO_MUCH
    assert place.heard == []


async def test_one_token_serves_every_adapter_until_it_ends() -> None:
    clock = VirtualClock(NOW)
    balance = {"balance": 5000, "currencyCode": "USD"}
    async with dealing({"GET accounts/balance": balance}, clock=clock) as (supplier, place):
        await asyncio.gather(*(supplier.balance() for _ in range(5)))
        assert [heard.path for heard in place.heard].count("/oauth/token") == 1
        clock.go_on(timedelta(seconds=3541))
        await supplier.balance()
        assert [heard.path for heard in place.heard].count("/oauth/token") == 2


async def test_a_token_that_was_called_back_is_fetched_anew_once() -> None:
    stale = error("TOKEN_EXPIRED", status="401 Unauthorized")
    async with dealing({"POST topups-async": [stale, ("200 OK", {"transactionId": 7})]}) as (supplier, place):
        assert await supplier.place(TOP_UP) == Accepted("7")
    assert [heard.path for heard in place.heard] == ["/oauth/token", "/topups-async"] * 2
    async with dealing({"POST topups-async": stale}) as (supplier, place):
        answer = await supplier.place(TOP_UP)
        assert isinstance(answer, Refused)
        assert answer.reason is Reason.NOT_ALLOWED
        assert len(place.heard) == 4


async def test_without_a_token_nothing_is_ordered() -> None:
    wrong = error("INVALID_CREDENTIALS", status="401 Unauthorized")
    for said, reason in ((wrong, Reason.NOT_ALLOWED), (("502 Bad Gateway", ""), Reason.OTHER), ({}, Reason.OTHER)):
        async with dealing({"POST oauth/token": said}) as (supplier, place):
            answer = await supplier.place(TOP_UP)
            assert isinstance(answer, Refused)
            assert answer.reason is reason
            assert isinstance(await supplier.query(TOP_UP, supplier_no=None), InDoubt)
            assert {heard.path for heard in place.heard} == {"/oauth/token"}


@pytest.mark.parametrize(
    "said",
    [
        error("CUSTOM_IDENTIFIER_ALREADY_USED"),
        error("TRANSACTION_CANNOT_BE_PROCESSED_AT_THE_MOMENT"),
        error("TOPUP_TRANSACTION_FAILED"),
        error("TRANSACTION_REJECTED_BY_OPERATOR"),
        error("A_NEW_ONE"),
        error(None),
        error("INSUFFICIENT_BALANCE", status="500 Internal Server Error"),
        error("INSUFFICIENT_BALANCE", status="302 Found"),
        ("404 Not Found", {"status": 404, "error": "Not Found"}),
        ("200 OK", {}),
        ("200 OK", "<html>"),
    ],
)
async def test_what_is_no_known_no_is_in_doubt(said: Any) -> None:
    async with dealing({"POST topups-async": said}) as (supplier, _):
        assert isinstance(await supplier.place(TOP_UP), InDoubt)


async def test_a_duplicate_says_that_the_order_is_there() -> None:
    async with dealing({"POST topups-async": error("CUSTOM_IDENTIFIER_ALREADY_USED")}) as (supplier, _):
        answer = await supplier.place(TOP_UP)
    assert isinstance(answer, InDoubt)
    assert "does have an order" in answer.words


REPORT = "GET topups/reports/transactions"


async def test_an_order_is_found_in_the_report_by_our_number() -> None:
    async with dealing({REPORT: {"content": [read(TOP_UP_EXAMPLE)]}}) as (supplier, place):
        assert isinstance(await supplier.query(TOP_UP, supplier_no=None), Delivered)
        assert place.heard[-1].fields["customIdentifier"] == "K1-1"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ([], NotFound),
        ([{"transactionId": 1, "customIdentifier": "K2-1", "status": "SUCCESSFUL"}], InDoubt),
        ([read(TOP_UP_EXAMPLE), read(TOP_UP_EXAMPLE)], InDoubt),
        (["K1-1"], InDoubt),
        (None, InDoubt),
    ],
)
async def test_only_a_filtered_report_proves_anything(content: Any, expected: type) -> None:
    async with dealing({REPORT: {"content": content}}) as (supplier, _):
        assert isinstance(await supplier.query(TOP_UP, supplier_no=None), expected)


async def test_a_status_is_read_in_either_form() -> None:
    told = read(TOP_UP_EXAMPLE)
    wrapped = {"code": None, "message": None, "status": "SUCCESSFUL", "transaction": told | {"status": None}}
    for said in (told, wrapped):
        async with dealing({"GET topups/4602843/status": said}) as (supplier, _):
            assert isinstance(await supplier.query(TOP_UP, supplier_no="4602843"), Delivered)
            ask = replace(TOP_UP, number="K2-1")
            assert isinstance(await supplier.query(ask, supplier_no="4602843"), InDoubt)
    async with dealing({"GET topups/5/status": told}) as (supplier, _):
        assert isinstance(await supplier.query(TOP_UP, supplier_no="5"), InDoubt)
        assert isinstance(await supplier.query(TOP_UP, supplier_no="../balance"), InDoubt)


BOUGHT = {"transactionId": 1, "amount": 50.1, "customIdentifier": "K1-1", "status": "SUCCESSFUL"}
SOLD = CARD | {"fixedRecipientDenominations": ["25.00"], "fixedSenderDenominations": [25], "senderFee": 0}
CARDS = [{"cardNumber": "A", "pinCode": "1"}, {"cardNumber": "B", "pinCode": "2"}]


async def test_a_gift_card_takes_two_steps() -> None:
    told = {"GET products/1": SOLD, "POST orders": BOUGHT, "GET orders/transactions/1/cards": CARDS}
    async with dealing(told, product="giftcard") as (supplier, place):
        assert await supplier.place(GIFT) == Delivered("1", (Code("A", "1"), Code("B", "2")), cost_fen=36072)
    ordered = place.heard[-2]
    assert ordered.headers["accept"] == "application/com.reloadly.giftcards-v1+json"
    assert json.loads(ordered.body) == {
        "productId": 1,
        "quantity": 2,
        "unitPrice": 25.0,
        "customIdentifier": "K1-1",
        "senderName": "Kameng",
        "preOrder": False,
    }


@pytest.mark.parametrize(
    "cards",
    [CARDS[:1], [], error(None, status="404 Not Found"), [*CARDS, *CARDS], [{"x": 1}], ("502 Bad Gateway", "")],
)
async def test_an_order_whose_codes_are_missing_keeps_its_number(cards: Any) -> None:
    told = {"GET products/1": SOLD, "POST orders": BOUGHT, "GET orders/transactions/1/cards": cards}
    async with dealing(told, product="giftcard") as (supplier, _):
        answer = await supplier.place(GIFT)
    assert isinstance(answer, Accepted)
    assert (answer.supplier_no, answer.cost_fen) == ("1", 36072)


async def test_a_gift_card_that_became_too_dear_is_not_ordered() -> None:
    async with dealing({"GET products/1": SOLD}, product="giftcard") as (supplier, place):
        answer = await supplier.place(replace(GIFT, cost_max_fen=359_99))
    assert isinstance(answer, Refused)
    assert answer.reason is Reason.COSTS_TOO_MUCH
    assert [heard.path for heard in place.heard] == ["/oauth/token", "/products/1"]


def callback(body: str, *, timestamp: str = "1772366400123", secret: str = "wh") -> Post:
    own = signature(secret, body.encode(), timestamp)
    headers = {"x-reloadly-request-timestamp": timestamp, "x-reloadly-signature": own}
    return Post({}, headers, body.encode())


@pytest.mark.parametrize(
    "body",
    [
        {"type": "airtime_transaction.status", "data": {"transactionId": 7, "customIdentifier": "K1-1", "status": "X"}},
        {"type": "airtime_transaction.status", "data": {"transaction": {"id": 7, "customIdentifier": "K1-1"}}},
        {"transactionId": 7, "customIdentifier": "K1-1"},
    ],
)
async def test_a_callback_names_its_order_in_any_of_its_forms(body: dict[str, Any]) -> None:
    async with dealing({}, webhook_secret="wh") as (supplier, _):
        read_back = supplier.read_callback(callback(json.dumps(body)))
        assert (read_back.number, read_back.supplier_no, read_back.says) == ("K1-1", "7", None)
        with pytest.raises(Forged):
            supplier.read_callback(callback(json.dumps(body), secret="other"))


async def test_without_a_secret_no_callback_is_believed() -> None:
    async with dealing({}) as (supplier, _):
        assert supplier.abilities.callback is CallbackTrust.NONE
        with pytest.raises(Forged):
            supplier.read_callback(callback("{}", secret=""))
