"""What 卡卡云 v3's codes, orders and goods mean: pure functions. Facts as in `kakayun`."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from kameng.adapters.suppliers.reading import count_of, fen_down, fen_up, text_of
from kameng.kernel.clock import SHANGHAI
from kameng.supply.answer import Accepted, Code, Delivered, Failed, Final, InDoubt, Partly, Reason
from kameng.supply.goods import AskedField, Goods, GoodsKind, Unusable

#: The published codes that say nothing was ordered. 9999 is unknown by publication, 1205 (this number exists) is asked
#: about, and a code that is not in the document is in doubt.
NO: Mapping[str, Reason] = {
    "-1": Reason.OTHER,
    **dict.fromkeys(("401", "402", "403", "1000", "1001", "1002", "1207", "1209"), Reason.NOT_ALLOWED),
    "404": Reason.TOO_OFTEN,
    **dict.fromkeys(("1200", "1201", "1202", "1203", "1204"), Reason.OTHER),
    **dict.fromkeys(("1206", "1214"), Reason.GOODS_GONE),
    **dict.fromkeys(("1208", "1211", "1212"), Reason.WRONG_ACCOUNT),
    "1210": Reason.COSTS_TOO_MUCH,
    "1213": Reason.BALANCE_LOW,
}
NOT_FOUND = "1301"

_KINDS = {"0": GoodsKind.CODE, "1": GoodsKind.TOP_UP}
_ACCOUNT = "1"


def codes_of(order: Mapping[str, Any]) -> tuple[Code, ...]:
    """From `cards`, or where a house has only the older `cardlist`, its lines as they are."""
    cards, lines = order.get("cards"), order.get("cardlist")
    listed = [card for card in cards if isinstance(card, dict)] if isinstance(cards, list) else []
    codes = [Code(text_of(card, "card_no"), text_of(card, "card_pwd"), _expiry(card)) for card in listed]
    if not codes and isinstance(lines, list):
        codes = [Code("", line.strip()) for line in lines if isinstance(line, str)]
    return tuple(code for code in codes if code.number or code.password)


def _expiry(card: Mapping[str, Any]) -> date | None:
    seconds = count_of(card, "card_expire_at")
    try:
        return datetime.fromtimestamp(seconds, UTC).astimezone(SHANGHAI).date() if seconds else None
    except (OverflowError, ValueError, OSError):
        return None


def state_of(
    order: Mapping[str, Any], codes: tuple[Code, ...], *, for_codes: bool, quantity: int, words: str
) -> Accepted | Final | InDoubt:
    """What became of an order.

    0 is paid, 3 runs, 5 is done; 1 is done for codes and paid for top-ups. Failures are 2 (never paid) and 4 alone, and
    of 4 `refundstatus` tells what is back: 0 nothing, 1 and 4 all, 2 a part, 3 nothing (marked only).
    """
    status, refund = text_of(order, "status"), text_of(order, "refundstatus") or "0"
    cost_fen, refund_fen = fen_up(order.get("money")), fen_down(order.get("refundmoney") or "0")
    facts: dict[str, Any] = {"supplier_no": text_of(order, "orderno") or None, "cost_fen": cost_fen}
    all_there = len(codes) == quantity if for_codes else True
    match status, refund:
        case ("0" | "1" | "3", "0") if status != "1" or not (for_codes and all_there):
            return Accepted(words=words, **facts)
        case ("1" | "5", "0") if all_there:
            if for_codes:
                # The words may repeat what was sold.
                return Delivered(codes=codes, **facts)
            return Delivered(receipt=text_of(order, "receipt"), words=words, **facts)
        case ("4", "0" | "1" | "3" | "4"):
            return Failed(Reason.OTHER, words, refund_fen=refund_fen if refund in {"1", "4"} else 0, **facts)
        case ("2", "0"):
            return Failed(Reason.BALANCE_LOW, words, refund_fen=0, **facts | {"cost_fen": 0})
        case ("4" | "5", "2") if for_codes and 0 < len(codes) < quantity and refund_fen:
            return Partly(len(codes), words, codes=codes, refund_fen=refund_fen, **facts)
    return InDoubt(f"status {status}, refundstatus {refund}, {len(codes)} codes")


def goods_of(entry: object, *, template: object = ()) -> Goods | Unusable:
    """An entry of the catalogue, or the details of one of the goods; details alone tell limits. `template` names what
    is asked for by type."""
    if not isinstance(entry, dict):
        return Unusable("", "not an object")
    number, price_fen = text_of(entry, "goodsid"), fen_up(entry.get("goodsprice"))
    kind, status = _KINDS.get(text_of(entry, "goodstype")), text_of(entry, "goodsstatus")
    stock, asks = count_of(entry, "stock"), _asks(template)
    faults = {
        "no price": price_fen is None,
        "unknown goodstype": kind is None,
        "unknown goodsstatus": status not in {"0", "1"},
        "impossible stock": stock is None,
        "asks for what can't be asked here": asks is None,
    }
    wrong = [what for what, is_so in faults.items() if is_so]
    if wrong or price_fen is None or kind is None or asks is None:
        return Unusable(number, "; ".join(wrong))
    return Goods(
        number,
        text_of(entry, "goodsname"),
        price_fen,
        kind,
        stock=stock,
        on_sale=status == "1",
        quantity_min=count_of(entry, "minbuy") or 1,
        quantity_max=count_of(entry, "maxbuy") or None,
        asks=asks,
    )


def _asks(template: object) -> tuple[AskedField, ...] | None:
    """Everything but the account; None for a type that is no number."""
    parts = list(template) if isinstance(template, list | tuple) else [None]
    asks = []
    for part in parts:
        kind, title = text_of(part, "type"), text_of(part, "title")
        if not kind.isdecimal() or not title:
            return None
        if kind != _ACCOUNT:
            asks.append(AskedField(kind, title))
    return tuple(asks)
