"""Reloadly on the wire: its published examples, tokens, reports, the two steps of a gift card, callbacks."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from hmac import new as hmac_of
from typing import Any

import pytest

from kameng.adapters.http import HttpClient
from kameng.adapters.suppliers.reading import read_json
from kameng.adapters.suppliers.reloadly import OPTIONS, Reloadly
from kameng.adapters.suppliers.reloadly_wire import (
    codes_of,
    gift_state,
    gifts_of,
    signature,
    top_up_state,
    top_ups_of,
)
from kameng.kernel.clock import VirtualClock
from kameng.supply.supplier import (
    Accepted,
    CallbackTrust,
    Code,
    Delivered,
    Failed,
    Forged,
    Goods,
    InDoubt,
    NotFound,
    Post,
    Reason,
    Refused,
    SupplyAsk,
    Unusable,
)
from tests.stand_in import Heard, StandIn, says, stand_in

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TOP_UP = SupplyAsk("K1-1", "341-NG-5.00", 1, 40_00, "", NOW, account="2348147658720")
GIFT = SupplyAsk("K1-1", "1-25.00", 2, 400_00, "", NOW)
RATE = Decimal(720)

# The published examples, as the platform writes them.
TOP_UP_EXAMPLE = """{"transactionId": 4602843, "status": "SUCCESSFUL",
 "operatorTransactionId": "7297929551:OrderConfirmed",
 "customIdentifier": "K1-1", "recipientPhone": 447951631337, "discount": 63.37, "discountCurrencyCode": "NGN",
 "requestedAmount": 3168.4, "requestedAmountCurrencyCode": "NGN", "deliveredAmount": 4.9985,
 "balanceInfo": {"oldBalance": 5109.53732, "newBalance": 2004.50532, "currencyCode": "NGN"}}"""
GIFT_EXAMPLE = """{"transactionId": 1, "amount": 34536.21, "discount": 1709.72, "currencyCode": "NGN", "fee": 285.00,
 "customIdentifier": "K1-1", "status": "SUCCESSFUL", "product": {"productId": 1, "quantity": 1, "unitPrice": 59.99}}"""
OPERATOR = {
    "operatorId": 341,
    "name": "MTN Nigeria",
    "pin": False,
    "supportsLocalAmounts": False,
    "denominationType": "FIXED",
    "senderCurrencyCode": "USD",
    "destinationCurrencyCode": "NGN",
    "country": {"isoName": "NG", "name": "Nigeria"},
    "fixedAmounts": [5.0, 10],
    "localFixedAmounts": [],
}
CARD = {
    "productId": 1,
    "productName": "1-800-PetSupplies",
    "senderFee": 205.29,
    "denominationType": "FIXED",
    "recipientCurrencyCode": "USD",
    "senderCurrencyCode": "NGN",
    "fixedRecipientDenominations": [25.00, 50.00],
    "fixedSenderDenominations": [10264.50, 20529.00],
    "brand": {"brandName": "PetSupplies"},
    "country": {"isoName": "US"},
}


def read(value: Any) -> Any:
    """As it comes from the wire: numbers are texts."""
    return read_json(value if isinstance(value, str) else json.dumps(value))


def test_what_left_the_account_is_the_amount_without_the_discount() -> None:
    """The example's balance fell by 3105.032: 3168.40 less 63.37 is that, but for a rounding of the discount."""
    state = top_up_state(read(TOP_UP_EXAMPLE), Decimal(1))
    assert state == Delivered("4602843", receipt="7297929551:OrderConfirmed", cost_fen=3106)


def test_a_gift_card_costs_what_was_deducted() -> None:
    assert gift_state(read(GIFT_EXAMPLE), Decimal(1)) == Delivered("1", cost_fen=34537)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("PROCESSING", Accepted("9", 720, "PROCESSING")),
        ("PENDING", Accepted("9", 720, "PENDING")),
        ("REFUNDED", Failed(Reason.OPERATOR_TROUBLE, "REFUNDED", "9", 720, 720)),
        ("FAILED", Failed(Reason.OPERATOR_TROUBLE, "FAILED", "9", 720)),
        ("", InDoubt("status ")),
        ("successful", InDoubt("status successful")),
    ],
)
def test_states_of_a_top_up(status: str, expected: object) -> None:
    told = {"transactionId": "9", "status": status, "requestedAmount": "1", "discount": None}
    assert top_up_state(told, RATE) == expected
    gift = gift_state({"transactionId": "9", "status": status, "amount": "1"}, RATE)
    assert type(gift) is type(expected)


def test_amounts_of_an_operator_are_goods() -> None:
    first, second = top_ups_of(read(OPERATOR), RATE)
    assert isinstance(first, Goods)
    assert (first.number, first.name, first.price_fen) == ("341-NG-5.0", "MTN Nigeria 5.0 USD", 3600)
    assert isinstance(second, Goods)
    assert (second.number, second.price_fen, second.face_fen) == ("341-NG-10", 7200, None)
    chinese = OPERATOR | {
        "supportsLocalAmounts": True,
        "destinationCurrencyCode": "CNY",
        "country": {"isoName": "CN", "name": "China"},
        "localFixedAmounts": [30, 50],
    }
    (first, _) = top_ups_of(read(chinese), RATE)
    assert isinstance(first, Goods)
    assert (first.number, first.face_fen, first.price_fen) == ("341-CN-L30", 3000, 3600)


@pytest.mark.parametrize(
    "more",
    [
        {"denominationType": "RANGE", "minAmount": 1, "maxAmount": 9},
        {"pin": True},
        {"country": None},
        {"fixedAmounts": "5"},
        {"name": ""},
        {"operatorId": None},
    ],
)
def test_operators_that_name_no_amounts_are_unusable(more: dict[str, Any]) -> None:
    (found,) = top_ups_of(read(OPERATOR | more), RATE)
    assert isinstance(found, Unusable)


def test_values_of_a_card_are_goods_with_their_fees() -> None:
    first, second = gifts_of(read(CARD), Decimal("0.5"))
    assert isinstance(first, Goods)
    assert isinstance(second, Goods)
    assert (first.number, first.name) == ("1-25.0", "1-800-PetSupplies 25.0 USD")
    assert (first.price_fen, second.price_fen) == (5235, 10368)
    (dearer,) = gifts_of(read(CARD | {"fixedRecipientDenominations": [25], "fixedSenderDenominations": [100]}), RATE)
    (percent,) = gifts_of(
        read(
            CARD
            | {"fixedRecipientDenominations": [25], "fixedSenderDenominations": [100]}
            | {"senderFee": 0, "senderFeePercentage": 1.5}
        ),
        Decimal(100),
    )
    assert isinstance(dearer, Goods)
    assert isinstance(percent, Goods)
    assert percent.price_fen == 10150


@pytest.mark.parametrize(
    "more",
    [
        {"denominationType": "RANGE"},
        {"fixedSenderDenominations": [1]},
        {"fixedRecipientDenominations": []},
        {"productId": "x"},
    ],
)
def test_cards_without_prices_are_unusable(more: dict[str, Any]) -> None:
    (found,) = gifts_of(read(CARD | more), RATE)
    assert isinstance(found, Unusable)


def test_codes_of_a_card() -> None:
    assert codes_of(read({"cardNumber": 6120200345149064, "pinCode": 5821})) == (Code("6120200345149064", "5821"),)
    assert codes_of([{"cardNumber": "A"}, {"pinCode": "B"}]) == (Code("A"), Code("", "B"))
    assert codes_of([{"cardNumber": ""}]) is None
    assert codes_of([]) == ()


# Against a platform that says what it is told to.

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


def test_a_callback_is_signed_with_its_moment() -> None:
    expected = hmac_of(b"wh", b'{"a":1}:1772366400', sha256).hexdigest()
    assert signature("wh", b'{"a":1}', "1772366400") == expected


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
