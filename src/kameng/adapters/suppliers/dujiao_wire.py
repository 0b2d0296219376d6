"""dujiao-next site docking on the wire: signature, states, goods. Pure functions.

Facts are from dujiao-next's public document (dujiao-next/document, docs/api/integration-open-api.md, 2026-04-01) and
the program's own handlers of these pages.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from hashlib import md5, sha256
from hmac import new as hmac_of
from typing import Any

from kameng.adapters.suppliers.rates import fen_down, fen_up
from kameng.adapters.suppliers.reading import text_of
from kameng.supply.answer import Accepted, Code, Delivered, Failed, InDoubt, QueryAnswer, Reason
from kameng.supply.goods import AskedField, Goods, GoodsKind, Unusable
from kameng.supply.supplier import SupplyAsk

_LANGUAGE = re.compile("[a-z]{2,3}([-_][A-Za-z]{2,4})?")
CALLBACK_PATH = "/api/v1/upstream/callback"

#: Every published no to an order. Each is said before anything is written down, or is undone.
REFUSALS: Mapping[str, Reason] = {
    "bad_request": Reason.OTHER,
    "invalid_callback_url": Reason.NOT_ALLOWED,
    "sku_unavailable": Reason.GOODS_GONE,
    "product_unavailable": Reason.GOODS_GONE,
    "product_not_found": Reason.GOODS_GONE,
    "product_deleted": Reason.GOODS_GONE,
    "insufficient_balance": Reason.BALANCE_LOW,
    "insufficient_stock": Reason.OUT_OF_STOCK,
    "unauthorized": Reason.NOT_ALLOWED,
    "missing_auth_headers": Reason.NOT_ALLOWED,
    "invalid_timestamp": Reason.NOT_ALLOWED,
    "timestamp_expired": Reason.NOT_ALLOWED,
    "invalid_signature": Reason.NOT_ALLOWED,
    "invalid_api_key": Reason.NOT_ALLOWED,
    "user_disabled": Reason.NOT_ALLOWED,
}


def sign(secret: str, *, method: str, path: str, timestamp: str, body: bytes) -> str:
    """Lower-case hexadecimal HMAC-SHA256 of method, path (without query), ten-digit timestamp and the md5 of the body,
    on a line each."""
    digest = md5(body, usedforsecurity=False).hexdigest()
    return hmac_of(secret.encode(), f"{method}\n{path}\n{timestamp}\n{digest}".encode(), sha256).hexdigest()


def state_of(order: Mapping[str, Any], ask: SupplyAsk, rate: Decimal | None) -> QueryAnswer:
    """What an order read at `/orders/:id` has come to. Without a rate its amounts are not read."""
    supplier_no = text_of(order, "order_id")
    cost_fen = None if rate is None else fen_up(order.get("amount"), rate)
    refund_fen = None if rate is None else fen_down(order.get("refunded_amount"), rate)
    match text_of(order, "status"):
        case "pending_payment" | "paid" | "fulfilling" | "partially_delivered" as status:
            return Accepted(supplier_no, cost_fen, status)
        case "delivered" | "completed" | "fulfilled":
            return _delivered(order, ask, Delivered(supplier_no, cost_fen=cost_fen))
        case "canceled" | "cancelled" | "refunded" as status:
            return Failed(Reason.CANCELLED, status, supplier_no, cost_fen, refund_fen)
        case status:
            # Also partially_refunded: what is left of the order is not said.
            return InDoubt(f"status {status}")


def _delivered(order: Mapping[str, Any], ask: SupplyAsk, bare: Delivered) -> QueryAnswer:
    """The goods are one text, whose lines are codes if there are as many as were ordered."""
    fulfillment = order.get("fulfillment")
    payload = text_of(fulfillment, "payload").strip() if isinstance(fulfillment, dict) else ""
    if ask.account is not None:
        return Delivered(bare.supplier_no, receipt=payload, cost_fen=bare.cost_fen)
    lines = [line.strip() for line in payload.splitlines() if line.strip()]
    pieces = [payload] if ask.quantity == 1 and payload else lines
    if len(pieces) != ask.quantity:
        return InDoubt(f"delivered, but {len(lines)} lines are not {ask.quantity} codes")
    codes = tuple(Code(number="", password=piece) for piece in pieces)
    return Delivered(bare.supplier_no, codes, cost_fen=bare.cost_fen)


def number_of(product: Mapping[str, Any], sku: Mapping[str, Any]) -> str:
    return f"{text_of(product, 'id')}-{text_of(sku, 'id')}"


def goods_of(product: object, rate: Decimal, categories: Mapping[str, str]) -> list[Goods | Unusable]:
    """A product as the site lists it: one for each of its SKUs."""
    if not isinstance(product, dict):
        return [Unusable("", "not an object")]
    number, skus = text_of(product, "id"), product.get("skus")
    if not number.isdecimal() or not isinstance(skus, list):
        return [Unusable(number, "no number or no skus")]
    name, asks = _local(product.get("title")), asked_of(product)
    by_hand = text_of(product, "fulfillment_type") == "manual"
    if not name or asks is None or text_of(product, "fulfillment_type") not in {"auto", "manual"}:
        return [Unusable(number, "a name, a form or a kind of delivery nobody can read")]
    found: list[Goods | Unusable] = []
    for sku in skus:
        entry = sku if isinstance(sku, dict) else {}
        price_fen, stock = fen_up(entry.get("price_amount"), rate), text_of(entry, "stock_quantity")
        if not text_of(entry, "id").isdecimal() or price_fen is None or not stock.removeprefix("-").isdecimal():
            found.append(Unusable(number_of(product, entry), "a number, a price or a stock nobody can read"))
            continue
        found.append(
            Goods(
                number=number_of(product, entry),
                name=f"{name} {_specified(entry.get('spec_values'))}".strip(),
                price_fen=price_fen,
                kind=GoodsKind.TOP_UP if by_hand and asks else GoodsKind.CODE,
                category=categories.get(text_of(product, "category_id"), ""),
                stock=None if stock == "-1" else max(0, int(stock)),
                on_sale=product.get("is_active") is True and entry.get("is_active") is True,
                # The first field is the account itself.
                asks=asks[1:] if by_hand else asks,
            )
        )
    return found


def asked_of(product: Mapping[str, Any]) -> tuple[AskedField, ...] | None:
    """The fields of the form a buyer fills in; None if it can't be read."""
    schema = product.get("manual_form_schema")
    fields = schema.get("fields", []) if isinstance(schema, dict) else schema or []
    if not isinstance(fields, list) or not all(isinstance(field, dict) and text_of(field, "key") for field in fields):
        return None
    return tuple(
        AskedField(
            text_of(field, "key"),
            _local(field.get("label")) or text_of(field, "key"),
            tuple(str(option) for option in field.get("options") or () if isinstance(option, str)),
        )
        for field in fields
    )


def categories_of(said: Mapping[str, Any]) -> dict[str, str]:
    entries = said.get("categories")
    found = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    return {text_of(entry, "id"): _local(entry.get("name")) for entry in found}


def _local(names: object) -> str:
    """A name in Chinese, or in the first language there is."""
    if not isinstance(names, dict):
        return names.strip() if isinstance(names, str) else ""
    spoken = [name for name in ("zh-CN", "zh-TW", *names) if _LANGUAGE.fullmatch(name)]
    texts = [names.get(name) for name in spoken]
    return next((text.strip() for text in texts if isinstance(text, str) and text.strip()), "")


def _specified(values: object) -> str:
    """`{"面值": "10 元"}` → `10 元`; a value may have a name in each language."""
    if not isinstance(values, dict):
        return ""
    return " ".join(filter(None, (_local(value) for value in values.values())))
