"""Another Kameng's answers. Pure functions. Facts are from its OpenAPI document (`/api/merchant/v1/openapi.json`)."""

from collections.abc import Mapping
from typing import Any

from kameng.adapters.suppliers.reading import count_of, redacted, text_of
from kameng.supply.answer import Accepted, Code, Delivered, Failed, InDoubt, PlaceAnswer, Reason, Refused
from kameng.supply.goods import AskedField, Goods, GoodsKind, Unusable
from kameng.supply.supplier import SupplyAsk

MAIN = "account"

#: Every code that says that nothing was ordered, or that what was ordered was never paid. Not among them: a nonce that
#: was used (some machine between us sent the request twice, and the other copy may have done it), and a number that
#: made another order.
REFUSALS: Mapping[str, Reason] = {
    "out_of_stock": Reason.OUT_OF_STOCK,
    "costs_too_much": Reason.COSTS_TOO_MUCH,
    "price_changed": Reason.COSTS_TOO_MUCH,
    "insufficient_balance": Reason.BALANCE_LOW,
    "sku_unavailable": Reason.GOODS_GONE,
    "invalid_input": Reason.OTHER,
    "invalid_callback_url": Reason.NOT_ALLOWED,
    "signature_missing": Reason.NOT_ALLOWED,
    "signature_stale": Reason.NOT_ALLOWED,
    "invalid_signature": Reason.NOT_ALLOWED,
    "invalid_key": Reason.NOT_ALLOWED,
    "merchant_disabled": Reason.NOT_ALLOWED,
    "address_not_allowed": Reason.NOT_ALLOWED,
    "scope_missing": Reason.NOT_ALLOWED,
    "too_many_requests": Reason.TOO_OFTEN,
}
_RUNNING = frozenset(
    {"awaiting_payment", "under_review", "paid", "delivering", "exception", "resubmitting", "refunding"}
)


def reason_of(said: Mapping[str, Any]) -> Reason | None:
    """Of a problem that says no; None for everything else."""
    reason = REFUSALS.get(text_of(said, "code"))
    wrong = said.get("errors")
    if reason is Reason.OTHER and isinstance(wrong, list):
        about_account = any(text_of(one, "field").startswith(f"{MAIN}.") for one in wrong)
        return Reason.WRONG_ACCOUNT if about_account else reason
    return reason


def words_of(said: Mapping[str, Any], *secrets: str) -> str:
    return redacted(f"{text_of(said, 'detail')} ({text_of(said, 'code')})", *secrets)


def placed_of(said: Mapping[str, Any], ask: SupplyAsk) -> PlaceAnswer:
    """What an order was answered with."""
    if "code" not in said:
        return state_of(said, ask)
    reason = reason_of(said)
    return InDoubt(words_of(said)) if reason is None else Refused(reason, words_of(said, ask.account or ""))


def state_of(order: Mapping[str, Any], ask: SupplyAsk) -> Accepted | Delivered | Failed | InDoubt:
    """What an order has come to."""
    number, cost_fen = text_of(order, "order_no"), count_of(order, "amount_fen")
    refund_fen = count_of(order, "refunded_fen")
    if not number or text_of(order, "out_order_no") != ask.number or cost_fen is None or refund_fen is None:
        return InDoubt("an answer about another order, or one nobody can read")
    match text_of(order, "state"):
        case "delivered" | "completed":
            return _delivered(order, ask, number, cost_fen)
        case "cancelled" as state:
            return Failed(Reason.CANCELLED, state, number, cost_fen=0, refund_fen=0)
        case "refunded" as state if refund_fen >= cost_fen:
            return Failed(Reason.OTHER, state, number, cost_fen, refund_fen)
        case state if state in _RUNNING:
            return Accepted(number, cost_fen, state)
        case state:
            return InDoubt(f"state {state}")


def _delivered(order: Mapping[str, Any], ask: SupplyAsk, number: str, cost_fen: int) -> Delivered | InDoubt:
    if text_of(order, "delivers") == "top_up":
        return Delivered(number, receipt=number, cost_fen=cost_fen)
    codes = order.get("codes")
    if not isinstance(codes, list) or not all(isinstance(code, str) and code for code in codes):
        return InDoubt("delivered, with codes nobody can read")
    if len(codes) != ask.quantity:
        return InDoubt(f"delivered, but {len(codes)} codes are not {ask.quantity}")
    return Delivered(number, tuple(Code(number="", password=code) for code in codes), cost_fen=cost_fen)


def goods_of(product: object) -> list[Goods | Unusable]:
    """A product as the other shop lists it: one for each of its face values."""
    if not isinstance(product, dict):
        return [Unusable("", "not an object")]
    skus, form, name = product.get("skus"), product.get("form"), text_of(product, "name")
    kind = {"codes": GoodsKind.CODE, "top_up": GoodsKind.TOP_UP}.get(text_of(product, "delivers"))
    if not isinstance(skus, list) or not isinstance(form, list) or kind is None:
        return [Unusable(text_of(product, "slug"), "face values, a form or a kind of delivery nobody can read")]
    asks = tuple(
        AskedField(text_of(field, "name"), text_of(field, "label"), _choices(field))
        for field in form
        if text_of(field, "name") != MAIN
    )
    return [_one(sku, name=name, kind=kind, category=text_of(product, "type"), asks=asks) for sku in skus]


def _one(sku: object, *, name: str, kind: GoodsKind, category: str, asks: tuple[AskedField, ...]) -> Goods | Unusable:
    number, price_fen, stock = text_of(sku, "sku"), count_of(sku, "price_fen"), count_of(sku, "stock")
    if not number.isdecimal() or price_fen is None or stock is None or not all(ask.name for ask in asks):
        return Unusable(number, "a number, a price, a stock or a form nobody can read")
    return Goods(
        number=number,
        name=f"{name} {text_of(sku, 'face_value')}".strip(),
        price_fen=price_fen,
        kind=kind,
        category=category,
        stock=stock,
        face_fen=count_of(sku, "face_fen"),
        quantity_max=count_of(sku, "quantity_max"),
        asks=asks,
    )


def _choices(field: object) -> tuple[str, ...]:
    choices = field.get("choices") if isinstance(field, dict) else None
    return tuple(choice for choice in choices if isinstance(choice, str)) if isinstance(choices, list) else ()
