"""Reloadly on the wire: its published examples, states, goods, signatures."""

from decimal import Decimal
from hashlib import sha256
from hmac import new as hmac_of
from typing import Any

import pytest

from kameng.adapters.suppliers.reloadly_wire import (
    codes_of,
    gift_state,
    gifts_of,
    signature,
    top_up_state,
    top_ups_of,
)
from kameng.supply.answer import Accepted, Code, Delivered, Failed, InDoubt, Reason
from kameng.supply.goods import Goods, Unusable
from tests.adapters.suppliers.reloadly_says import CARD, GIFT_EXAMPLE, OPERATOR, TOP_UP_EXAMPLE, read

RATE = Decimal(720)


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


def test_a_callback_is_signed_with_its_moment() -> None:
    expected = hmac_of(b"wh", b'{"a":1}:1772366400', sha256).hexdigest()
    assert signature("wh", b'{"a":1}', "1772366400") == expected
