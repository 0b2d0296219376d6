"""星海 v1.9 on the wire: pure functions, so that each can be checked against an example.

Facts are from the vendor's document (showdoc 2167197494741781, 2026-04); its examples of a signature and of an
encrypted code were recomputed. It says itself: match codes and states closed, never with an else.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import ROUND_FLOOR, Decimal
from hashlib import md5
from typing import Any

from kameng.adapters.suppliers.ciphers import opened
from kameng.adapters.suppliers.reading import fen_up, masked, read_list, text_of
from kameng.kernel.clock import SHANGHAI
from kameng.supply.answer import Accepted, Code, Delivered, Failed, Reason
from kameng.supply.goods import Goods, GoodsKind, Unusable

#: The codes that say an order was not taken; -21 is said where codes are bought. -16, -22, -23, -99 and every code that
#: is not known are in doubt.
NO: Mapping[str, Reason] = {
    "-10": Reason.NOT_ALLOWED,
    "-12": Reason.WRONG_ACCOUNT,
    "-13": Reason.TOO_OFTEN,
    "-14": Reason.NOT_ALLOWED,
    "-15": Reason.GOODS_GONE,
    "-18": Reason.BALANCE_LOW,
}
NO_CODES: Mapping[str, Reason] = {**NO, "-21": Reason.OUT_OF_STOCK}

_KINDS = {"0": GoodsKind.TOP_UP, "1": GoodsKind.CODE}
# Which fields a card of each form has; PICTURE is a code and the address of its picture.
_FORMS: Mapping[str, tuple[str, str]] = {
    "LINK": ("", "cardLink"),
    "PICTURE": ("cardPwd", "cardLink"),
    "NUMBER_PASSWORD": ("cardNo", "cardPwd"),
    "PASSWORD": ("", "cardPwd"),
}


def sign(fields: Mapping[str, str], secret: str) -> str:
    """`sign` of a message: lower-case md5 of `a=1&b=2`, sorted by name, with raw values. The secret stands among them
    as `appSecret`; empty values and `sign` itself are left out."""
    signed = {name: value for name, value in fields.items() if value != "" and name != "sign"} | {"appSecret": secret}
    text = "&".join(f"{name}={value}" for name, value in sorted(signed.items()))
    return md5(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def timestamp(moment: datetime) -> str:
    """yyyyMMddHHmmssSSS on a Chinese clock."""
    local = moment.astimezone(SHANGHAI)
    return f"{local:%Y%m%d%H%M%S}{local.microsecond // 1000:03d}"


def guard(cost_max_fen: int, quantity: int) -> str:
    """The most one piece may cost, in yuan with up to three decimals and no noughts at the end."""
    exact = Decimal(cost_max_fen) / 100 / quantity
    return plain(exact.quantize(Decimal("0.001"), ROUND_FLOOR))


def plain(amount: Decimal) -> str:
    """100.00 → "100"."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def refusal(said: Mapping[str, Any], *, for_codes: bool) -> Reason | None:
    """Why an order was not taken; None when it was, or when nobody knows."""
    reason = (NO_CODES if for_codes else NO).get(text_of(said, "code"))
    too_dear = reason is Reason.GOODS_GONE and "结算价" in text_of(said, "msg")
    return Reason.COSTS_TOO_MUCH if too_dear else reason


def codes_of(cards: object, secret: str) -> tuple[Code, ...] | None:
    """None when there is one among them that can't be read."""
    listed = read_list(cards) if isinstance(cards, str) and cards else cards
    if not listed:
        return ()
    if not isinstance(listed, list):
        return None
    codes = []
    for card in listed:
        code = _code(card, secret)
        if code is None:
            return None
        codes.append(code)
    return tuple(codes)


def _code(card: object, secret: str) -> Code | None:
    form = _FORMS.get(text_of(card, "cardType"))
    if form is None:
        return None
    try:
        number, password = (opened(text_of(card, name), secret) if name else "" for name in form)
        until = text_of(card, "expireTime")[:10]
        return Code(number, password, date.fromisoformat(until) if until else None) if password else None
    except ValueError:
        return None


def state_of(order: Mapping[str, Any], secret: str) -> Accepted | Delivered | Failed | None:
    """What an answer or a callback says became of an order; None where it says something else, or codes can't be
    read. Nothing is said of money that came back."""
    supplier_no, words = text_of(order, "orderId") or None, masked(text_of(order, "orderDesc"))
    cost_fen = fen_up(order.get("cost"))
    match text_of(order, "orderStatus"):
        case "1":
            return Accepted(supplier_no, cost_fen, words)
        case "2":
            codes = codes_of(order.get("cardData"), secret)
            receipt = "" if codes else text_of(order, "ext1")
            return None if codes is None else Delivered(supplier_no, codes, receipt, cost_fen, words)
        case "3":
            return Failed(Reason.OTHER, words, supplier_no, cost_fen)
        case _:
            return None


def goods_of(entries: list[Any]) -> Iterator[Goods | Unusable]:
    for entry in entries:
        number, name, price_fen = text_of(entry, "itemId"), text_of(entry, "itemName"), _price(entry)
        kind, status = _KINDS.get(text_of(entry, "itemType")), text_of(entry, "status")
        if price_fen is None:
            yield Unusable(number, "no price")
        elif kind is None or status not in {"0", "1"}:
            yield Unusable(number, "unknown itemType or status")
        else:
            face_fen = fen_up(entry.get("itemVal")) or None
            yield Goods(number, name, price_fen, kind, on_sale=status == "1", face_fen=face_fen)


def _price(entry: object) -> int | None:
    return fen_up(entry.get("price")) if isinstance(entry, dict) else None
