"""福禄 2.0 on the wire: pure functions, so that each can be checked against an example.

Facts are from the platform's own tables as public SDKs quote them (docs.open.fulu.com: 业务错误码, 签名计算规则说明,
卡密解密说明); its sample of an encrypted code was recomputed.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from hashlib import md5
from typing import Any

from kameng.adapters.suppliers.ciphers import opened
from kameng.adapters.suppliers.reading import compact, fen_up, masked, read_object, text_of
from kameng.supply.answer import Accepted, Code, Delivered, Failed, Reason
from kameng.supply.goods import AskedField, Goods, GoodsKind, Unusable

# Said before anything is done with an order: a parameter is missing or wrong, the key, the signature, the caller's
# address.
_NOT_ALLOWED = frozenset(str(code) for code in range(1000, 1020))
# Those on which a public SDK goes on to other goods; what each of them means is not published.
_OTHER_GOODS = frozenset({"3001", "3002", "3003", "3004", "3005", "3008"})
#: The order has never been heard of.
NOT_FOUND = "4011"

#: What a template of goods may ask the buyer for, and what an order calls it.
FIELDS_OF_TEMPLATE: Mapping[str, str] = {
    "ChargeGame": "charge_game_name",
    "ChargeRegion": "charge_game_region",
    "ChargeServer": "charge_game_srv",
    "ChargeType": "charge_type",
    "ChargePWD": "charge_password",
    "ContactQQ": "contact_qq",
    "ContactType": "contact_tel",
}
#: Further answers an order can carry.
FIELDS = frozenset({*FIELDS_OF_TEMPLATE.values(), "charge_game_role", "remaining_number"})
# The account, the quantity and the buyer's address have places of their own.
_NOT_ASKED = frozenset({"ChargeAccount", "ChargeNum", "ChargeIp"})
_KINDS = {"卡密": GoodsKind.CODE, "直充": GoodsKind.TOP_UP}
_SALES = frozenset({"上架", "下架", "维护中", "库存维护"})


def sign(text: str, secret: str) -> str:
    """Lower-case md5 of all characters of `text`, sorted, and the secret.

    Any two texts of the same characters have the same signature (an account 10021 ordered once, an account 10011
    ordered twice), so a signature alone proves little.
    """
    return md5(("".join(sorted(text)) + secret).encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def sign_of(fields: Mapping[str, Any], secret: str) -> str:
    """The `sign` of a request or a callback: that of its JSON in one line, without `sign`, nothing escaped that need
    not be. (Answers sign `result`, a text, in the same way.)"""
    return sign(compact({name: value for name, value in fields.items() if name != "sign"}), secret)


def refusal(said: Mapping[str, Any]) -> Reason | None:
    """Why nothing was done; None when it was, or when nobody knows (3000 "number exists", 4012, 5000, …)."""
    code, words = text_of(said, "code"), text_of(said, "message")
    if code in _NOT_ALLOWED:
        return Reason.NOT_ALLOWED
    if code not in _OTHER_GOODS:
        return None
    if "余额" in words:
        return Reason.BALANCE_LOW
    return Reason.OUT_OF_STOCK if "库存" in words or "断货" in words else Reason.GOODS_GONE


def result_of(said: Mapping[str, Any], secret: str) -> str | None:
    """The signed text of an answer; None when the signature doesn't fit."""
    result = said.get("result")
    return result if isinstance(result, str) and sign(result, secret) == text_of(said, "sign").lower() else None


def codes_of(cards: object, secret: str) -> tuple[Code, ...] | None:
    """None when there is one among them that can't be read."""
    if not cards:
        return ()
    if not isinstance(cards, list):
        return None
    codes = [_code(card, secret) for card in cards]
    read = tuple(code for code in codes if code is not None)
    return read if len(read) == len(codes) else None


def _code(card: object, secret: str) -> Code | None:
    try:
        wrapped = [text_of(card, name) for name in ("card_number", "card_pwd")]
        number, password = (opened(text, secret) if text else "" for text in wrapped)
        until = text_of(card, "card_deadline")[:10].replace("/", "-")
        return Code(number, password, date.fromisoformat(until) if until else None) if number or password else None
    except ValueError:
        return None


def state_of(order: Mapping[str, Any], secret: str) -> Accepted | Delivered | Failed | None:
    """What became of an order; None for states that are not known, or codes that can't be read. Whether `order_price`
    is that of one piece or of all is not published: for several the cost stays open."""
    supplier_no = text_of(order, "order_id") or None
    cost_fen = fen_up(order.get("order_price")) if text_of(order, "buy_num") == "1" else None
    match text_of(order, "order_state"):
        case "processing" | "untreated":
            return Accepted(supplier_no, cost_fen)
        case "success":
            codes = codes_of(order.get("cards"), secret)
            receipt = "" if codes else text_of(order, "operator_serial_number")
            return None if codes is None else Delivered(supplier_no, codes, receipt, cost_fen)
        case "failed":
            return Failed(Reason.OTHER, "failed", supplier_no, cost_fen)
        case _:
            return None


def told_of(post: Mapping[str, Any]) -> Delivered | Failed | None:
    """What a callback claims. Codes are never in it."""
    supplier_no, words = text_of(post, "order_id") or None, masked(text_of(post, "recharge_description"))
    match text_of(post, "order_status"):
        case "success":
            return Delivered(supplier_no, receipt=text_of(post, "operator_serial_number"), words=words)
        case "failed":
            return Failed(Reason.OTHER, words, supplier_no)
        case _:
            return None


def goods_of(entries: list[Any]) -> Iterator[Goods | Unusable]:
    for entry in entries:
        yield one_entry(entry)


def one_entry(entry: object, *, asks: tuple[AskedField, ...] = ()) -> Goods | Unusable:
    """Goods as a list or the details tell them. `stock_status` knows only 断货, 警报 and 充足."""
    number, name = text_of(entry, "product_id"), text_of(entry, "product_name")
    price_fen = fen_up(entry.get("purchase_price")) if isinstance(entry, dict) else None
    kind, sales, stock = (text_of(entry, field) for field in ("product_type", "sales_status", "stock_status"))
    if price_fen is None or kind not in _KINDS or sales not in _SALES:
        return Unusable(number, "no price" if price_fen is None else f"unknown type {kind!r} or status {sales!r}")
    return Goods(
        number,
        name,
        price_fen,
        _KINDS[kind],
        stock=0 if stock == "断货" else None,
        on_sale=sales == "上架",
        face_fen=fen_up(text_of(entry, "face_value")) or None,
        asks=asks,
    )


def asks_of(template: str) -> tuple[AskedField, ...] | None:
    """What a template asks the buyer for; None when there is something among it that an order has no name for."""
    elements = (read_object(template) or {}).get("ElementInfo")
    inputs = elements.get("Inputs") if isinstance(elements, dict) else None
    if not isinstance(inputs, list):
        return None
    asks = []
    for element in inputs:
        named = text_of(element, "Id")
        if named in FIELDS_OF_TEMPLATE:
            asks.append(AskedField(FIELDS_OF_TEMPLATE[named], text_of(element, "Name") or named))
        elif named not in _NOT_ASKED:
            return None
    return tuple(asks)
