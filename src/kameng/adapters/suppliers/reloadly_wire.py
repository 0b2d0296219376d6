"""Reloadly on the wire: errors, states, goods, the signature of callbacks. Pure functions.

Facts are from Reloadly's published API description (Reloadly/reloadly-api-documentation) and its older document of
error codes; of `CUSTOM_IDENTIFIER_ALREADY_USED` and of what a callback holds only public customers of it tell.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from hmac import new as hmac_of
from typing import Any

from kameng.adapters.suppliers.rates import amount_of, fen_up
from kameng.adapters.suppliers.reading import text_of
from kameng.kernel.money import fen_of
from kameng.supply.answer import Accepted, Code, Delivered, Failed, InDoubt, QueryAnswer, Reason
from kameng.supply.goods import Goods, GoodsKind, Unusable

#: Codes that say nothing was ordered. Others (the operator refused, failed, is away, …) may stand for an order that was
#: written down and went wrong: those are in doubt.
REFUSALS: Mapping[str, Reason] = {
    "INSUFFICIENT_BALANCE": Reason.BALANCE_LOW,
    "INVALID_RECIPIENT_PHONE": Reason.WRONG_ACCOUNT,
    "INVALID_PHONE_NUMBER": Reason.WRONG_ACCOUNT,
    "INVALID_AMOUNT_FOR_RECIPIENT_PHONE": Reason.WRONG_ACCOUNT,
    "PHONE_RECENTLY_RECHARGED": Reason.TOO_OFTEN,
    "MAX_DAILY_TRANSACTION_COUNT_REACHED": Reason.TOO_OFTEN,
    "MAX_DAILY_TRANSACTION_AMOUNT_REACHED": Reason.NOT_ALLOWED,
    "COUNTRY_NOT_SUPPORTED": Reason.GOODS_GONE,
    "OPERATOR_NOT_FOUND": Reason.GOODS_GONE,
    "PRODUCT_NOT_FOUND": Reason.GOODS_GONE,
    "INVALID_AMOUNT_FOR_OPERATOR": Reason.GOODS_GONE,
    "INVALID_AMOUNT": Reason.GOODS_GONE,
    "IMPOSSIBLE_AMOUNT": Reason.GOODS_GONE,
    "OPERATOR_UNAVAILABLE_OR_CURRENTLY_INACTIVE": Reason.OPERATOR_TROUBLE,
    "OPERATOR_NOT_IN_SERVICE": Reason.OPERATOR_TROUBLE,
    "INVALID_TOKEN": Reason.NOT_ALLOWED,
    "TOKEN_EXPIRED": Reason.NOT_ALLOWED,
    "INVALID_CREDENTIALS": Reason.NOT_ALLOWED,
    "INACTIVE_ACCOUNT": Reason.NOT_ALLOWED,
    "ACCOUNT_NOT_FOUND": Reason.NOT_ALLOWED,
}
DUPLICATE = "CUSTOM_IDENTIFIER_ALREADY_USED"
STALE_TOKEN = frozenset({"TOKEN_EXPIRED", "INVALID_TOKEN"})


def signature(secret: str, body: bytes, timestamp: str) -> str:
    """`X-Reloadly-Signature`: lower-case hexadecimal HMAC-SHA256 of the raw body, a colon, and the header
    `X-Reloadly-Request-Timestamp`."""
    return hmac_of(secret.encode(), body + b":" + timestamp.encode("utf-8", "replace"), sha256).hexdigest()


def top_up_state(told: Mapping[str, Any], rate: Decimal) -> QueryAnswer:
    """A top-up as the report or its status tells it."""
    supplier_no = text_of(told, "transactionId")
    requested, discount = amount_of(told.get("requestedAmount")), amount_of(told.get("discount") or "0")
    # What leaves the account is the amount without our discount (the published example of a balance shows it).
    charged = None if requested is None or discount is None else str(max(Decimal(0), requested - discount))
    cost_fen = fen_up(charged, rate)
    match text_of(told, "status"):
        case "PROCESSING" | "PENDING" as status:
            return Accepted(supplier_no, cost_fen, status)
        case "SUCCESSFUL":
            return Delivered(supplier_no, receipt=text_of(told, "operatorTransactionId"), cost_fen=cost_fen)
        case "REFUNDED" as status:
            return Failed(_why(told), status, supplier_no, cost_fen, cost_fen)
        case "FAILED" as status:
            return Failed(_why(told), status, supplier_no, cost_fen)
        case status:
            return InDoubt(f"status {status}")


def gift_state(told: Mapping[str, Any], rate: Decimal) -> QueryAnswer:
    """A gift card order; Delivered still without the codes, which are asked for apart."""
    supplier_no, cost_fen = text_of(told, "transactionId"), fen_up(told.get("amount"), rate)
    match text_of(told, "status"):
        case "PROCESSING" | "PENDING" as status:
            return Accepted(supplier_no, cost_fen, status)
        case "SUCCESSFUL":
            return Delivered(supplier_no, cost_fen=cost_fen)
        case "REFUNDED" as status:
            return Failed(Reason.OTHER, status, supplier_no, cost_fen, cost_fen)
        case "FAILED" as status:
            return Failed(Reason.OTHER, status, supplier_no, cost_fen)
        case status:
            return InDoubt(f"status {status}")


def _why(told: Mapping[str, Any]) -> Reason:
    return REFUSALS.get(text_of(told, "errorCode"), Reason.OPERATOR_TROUBLE)


def codes_of(cards: object) -> tuple[Code, ...] | None:
    """None if any of them can't be read. A card with one secret has it as its number."""
    entries = cards if isinstance(cards, list) else [cards]
    codes = []
    for card in entries:
        number, pin = text_of(card, "cardNumber"), text_of(card, "pinCode")
        if not number and not pin:
            return None
        codes.append(Code(number, pin, _day(text_of(card, "expiryDate"))))
    return tuple(codes)


def _day(text: str) -> date | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC).date()
    except ValueError:
        return None


def top_ups_of(operator: object, rate: Decimal) -> list[Goods | Unusable]:
    """An operator: goods for each of its amounts. A number is `operator-country-amount`, the amount in the account's
    currency, or `operator-country-Lamount` in that of the phone."""
    operator_id, name = text_of(operator, "operatorId") or text_of(operator, "id"), text_of(operator, "name")
    if not isinstance(operator, dict) or not operator_id.isdecimal() or not name:
        return [Unusable(operator_id, "no number or no name")]
    country = operator.get("country")
    place, where = text_of(country, "isoName"), text_of(country, "name")
    if operator.get("pin") is True or not place.isalpha():
        return [Unusable(operator_id, "sells codes, or nobody knows where")]
    ours, theirs = operator.get("fixedAmounts") or [], operator.get("localFixedAmounts") or []
    if text_of(operator, "denominationType") != "FIXED":
        ours, theirs = operator.get("suggestedAmounts") or [], []
    if not isinstance(ours, list) or not isinstance(theirs, list) or not (ours or theirs):
        return [Unusable(operator_id, "any amount within bounds, none is named")]
    local = text_of(operator, "destinationCurrencyCode")
    # Both lists are in step where both are there; we ask in the phone's currency then, for that is what arrives.
    by_local = operator.get("supportsLocalAmounts") is True and len(theirs) == len(ours)
    found: list[Goods | Unusable] = []
    for position, amount in enumerate(ours):
        face = theirs[position] if by_local else None
        named = f"{face} {local}" if by_local else f"{amount} {text_of(operator, 'senderCurrencyCode')}"
        number = f"{operator_id}-{place}-{f'L{face}' if by_local else amount}"
        price_fen = fen_up(amount, rate)
        if price_fen is None or amount_of(face or amount) is None:
            found.append(Unusable(number[:200], "an amount nobody can read"))
            continue
        found.append(
            Goods(
                number=number,
                name=f"{name} {named}",
                price_fen=price_fen,
                kind=GoodsKind.TOP_UP,
                category=where,
                on_sale=text_of(operator, "status") in {"", "ACTIVE"},
                face_fen=_face(face) if local == "CNY" else None,
                quantity_max=1,
            )
        )
    return found


def _face(amount: object) -> int | None:
    try:
        return fen_of(str(amount))
    except ValueError:
        return None


def gifts_of(product: object, rate: Decimal) -> list[Goods | Unusable]:
    """A gift card: goods for each of its values. A number is `product-value`, the value in the card's currency."""
    product_id, name = text_of(product, "productId"), text_of(product, "productName")
    if not isinstance(product, dict) or not product_id.isdecimal() or not name:
        return [Unusable(product_id, "no number or no name")]
    values, prices = product.get("fixedRecipientDenominations") or [], product.get("fixedSenderDenominations") or []
    currency = text_of(product, "recipientCurrencyCode")
    if currency == text_of(product, "senderCurrencyCode") and not prices:
        prices = values
    if text_of(product, "denominationType") != "FIXED" or not isinstance(values, list) or not values:
        return [Unusable(product_id, "any value within bounds, none is named")]
    if not isinstance(prices, list) or len(prices) != len(values):
        return [Unusable(product_id, "values without prices")]
    brand, country = product.get("brand"), product.get("country")
    found: list[Goods | Unusable] = []
    for value, price in zip(values, prices, strict=True):
        number, cost = f"{product_id}-{value}", _with_fees(price, product)
        if amount_of(value) is None or cost is None:
            found.append(Unusable(number[:200], "a value or a price nobody can read"))
            continue
        found.append(
            Goods(
                number=number,
                name=f"{name} {value} {currency}",
                price_fen=fen_up(str(cost), rate) or 0,
                kind=GoodsKind.CODE,
                category=" ".join(filter(None, (text_of(brand, "brandName"), text_of(country, "isoName")))),
                on_sale=text_of(product, "status") in {"", "ACTIVE"},
            )
        )
    return found


def _with_fees(price: object, product: Mapping[str, Any]) -> Decimal | None:
    """A card's price with what Reloadly adds to it; what it takes off is only known afterwards."""
    parts = [amount_of(part or "0") for part in (price, product.get("senderFee"), product.get("senderFeePercentage"))]
    if not price or any(part is None for part in parts):
        return None
    bare, fee, percent = (part or Decimal(0) for part in parts)
    return bare + fee + bare * percent / 100


def with_codes(state: Delivered, codes: tuple[Code, ...] | None, quantity: int) -> QueryAnswer:
    """An order that was carried out, with as many of its codes as were answered."""
    if codes is None or len(codes) > quantity:
        return InDoubt("codes nobody can read, or more than were bought")
    if len(codes) < quantity:
        return Accepted(state.supplier_no, state.cost_fen, f"{len(codes)} of {quantity} codes")
    return replace(state, codes=codes)
