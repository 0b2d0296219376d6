"""What 卡速售 v2's orders, codes and goods mean: pure functions. Facts as in `kasushou`."""

import json
from collections.abc import Mapping
from typing import Any

from kameng.adapters.suppliers.reading import count_of, fen_down, fen_up, text_of
from kameng.adapters.suppliers.refusals import Signs, reason_in
from kameng.supply.answer import Accepted, Code, Delivered, Failed, InDoubt, Partly, QueryAnswer, Reason
from kameng.supply.goods import AskedField, Goods, GoodsKind, Unusable
from kameng.supply.supplier import SupplyAsk

# In the order in which they are looked for.
NO: Signs = (
    (("余额不足",), Reason.BALANCE_LOW),
    (("库存不足", "缺货", "售罄"), Reason.OUT_OF_STOCK),
    (("安全价", "保护价", "亏损", "亏本"), Reason.COSTS_TOO_MUCH),
    (("商品不存在", "下架", "暂停", "禁售", "停售", "维护"), Reason.GOODS_GONE),
    (("充值账号", "账号格式", "账号错误", "下单参数"), Reason.WRONG_ACCOUNT),
    (("签名", "时间戳", "白名单", "权限", "密钥"), Reason.NOT_ALLOWED),
    (("频繁",), Reason.TOO_OFTEN),
)
_KINDS = {"1": GoodsKind.CODE, "2": GoodsKind.TOP_UP}
_ACCOUNT = "recharge_account"
# What can be asked for here. Several of a list (checkbox) and a list of lists (cascader) can't.
_TYPED, _CHOSEN = {"text", "password"}, {"select", "radio"}


def codes_of(cards: object) -> tuple[Code, ...]:
    """Objects by the document; some houses list the bare passwords."""
    listed = cards if isinstance(cards, list) else []
    codes = (
        Code("", card) if isinstance(card, str) else Code(text_of(card, "card_no"), text_of(card, "card_password"))
        for card in listed
    )
    return tuple(code for code in codes if code.number or code.password)


def state_of(order: Mapping[str, Any], codes: tuple[Code, ...], ask: SupplyAsk, words: str) -> QueryAnswer:
    """1 waits, 2 runs, 3 is done, 4 is withdrawn (not always paid back), 5 is paid back in full or in part. Codes stand
    in an order even after all its money went back: they are void then."""
    supplier_no, status = text_of(order, "ordersn") or None, text_of(order, "status")
    cost_fen, refund_fen = fen_up(order.get("total_price")), fen_down(order.get("has_back_money") or "0")
    if refund_fen is None:
        return InDoubt("a refund nobody can read")
    facts: dict[str, Any] = {"supplier_no": supplier_no, "cost_fen": cost_fen}
    match status:
        case "1" | "2":
            return Accepted(words=words, **facts)
        case "3" if refund_fen == 0 and (ask.account is not None or len(codes) == ask.quantity):
            if ask.account is None:
                # The words may repeat what was sold.
                return Delivered(codes=codes, **facts)
            return Delivered(receipt=text_of(order, "recharge_hints"), words=words, **facts)
        case "4" | "5" if cost_fen is not None and refund_fen >= cost_fen:
            return Failed(_why(words, status), words, refund_fen=refund_fen, **facts)
        case "4" if refund_fen == 0 and not codes:
            return Failed(_why(words, status), words, refund_fen=0, **facts)
        case "3" | "4" | "5" if 0 < len(codes) < ask.quantity and refund_fen > 0:
            return Partly(len(codes), words, codes=codes, refund_fen=refund_fen, **facts)
    return InDoubt(f"status {status}, {len(codes)} codes, {refund_fen} fen of {cost_fen} back")


def _why(words: str, status: str) -> Reason:
    return reason_in(words, NO) or (Reason.CANCELLED if status == "4" else Reason.OTHER)


def goods_of(entry: object) -> Goods | Unusable:
    """An entry of the catalogue, or the details of one of the goods; details alone tell limits and fields."""
    if not isinstance(entry, dict):
        return Unusable("", "not an object")
    number, price_fen = text_of(entry, "id"), fen_up(entry.get("goods_price"))
    kind, status = _KINDS.get(text_of(entry, "goods_type")), text_of(entry, "status")
    stock, asks = count_of(entry, "stock_num"), _asks(entry.get("attach") or [])
    faults = {
        "no price": price_fen is None,
        "unknown goods_type": kind is None,
        "unknown status": status not in {"1", "2", "3"},
        "impossible stock": stock is None,
        "asks for what can't be asked here": asks is None,
    }
    wrong = [what for what, is_so in faults.items() if is_so]
    if wrong or price_fen is None or kind is None or asks is None:
        return Unusable(number, "; ".join(wrong))
    return Goods(
        number,
        text_of(entry, "goods_name"),
        price_fen,
        kind,
        stock=stock,
        on_sale=status == "1",
        face_fen=(fen_up(entry.get("face_value")) or None) if kind is GoodsKind.TOP_UP else None,
        quantity_min=count_of(entry, "start_count") or 1,
        quantity_max=count_of(entry, "end_count") or None,
        asks=asks,
    )


def _asks(template: object) -> tuple[AskedField, ...] | None:
    """Further fields; None when one of them can't be asked for. The account itself is none of them."""
    asks = []
    for part in template if isinstance(template, list) else [None]:
        name, kind = text_of(part, "key"), text_of(part, "type")
        choices = _choices(text_of(part, "options")) if kind in _CHOSEN else ()
        if not name or kind not in _TYPED | _CHOSEN or (kind in _CHOSEN and not choices):
            return None
        if name != _ACCOUNT:
            asks.append(AskedField(name, text_of(part, "name") or name, choices))
    return tuple(asks)


def _choices(options: str) -> tuple[str, ...]:
    """A JSON list of texts, or texts with commas between; () for anything else."""
    try:
        found = json.loads(options)
    except ValueError:
        found = [part.strip() for part in options.split(",") if part.strip()]
    return tuple(found) if isinstance(found, list) and all(isinstance(one, str) for one in found) else ()
