"""卡易信 3.0 on the wire: pure functions, so that each can be checked against an example.

Facts are from the vendor's document (7qsaa0ye9g.apifox.cn, 2026-04); its examples of a signature and of encrypted codes
were recomputed. Published: code 1000 is the only yes, and every other one a no whose reason stands in `msg` alone.
Which words those are is not published, so only words that can't mean anything else count as a known no.
"""

from collections.abc import Mapping
from hashlib import md5
from typing import Any

from kameng.adapters.suppliers.reading import fen_down, fen_up, masked, text_of
from kameng.adapters.suppliers.refusals import Signs
from kameng.supply.answer import Accepted, Code, Delivered, Failed, InDoubt, Partly, QueryAnswer, Reason
from kameng.supply.goods import AskedField, Goods, GoodsKind, Unusable
from kameng.supply.supplier import SupplyAsk

VERSION = "3.0"

# In the order in which they are looked for.
NO: Signs = (
    (("余额不足",), Reason.BALANCE_LOW),
    (("库存不足", "缺货", "售罄"), Reason.OUT_OF_STOCK),
    (("亏本", "成本", "安全价"), Reason.COSTS_TOO_MUCH),
    (("商品不存在", "下架", "暂停", "禁售", "停售", "商品维护"), Reason.GOODS_GONE),
    (("充值账号", "账号格式", "账号错误", "充值信息"), Reason.WRONG_ACCOUNT),
    (("签名", "时间戳", "白名单", "权限", "客户编号"), Reason.NOT_ALLOWED),
    (("频繁",), Reason.TOO_OFTEN),
)
# 2 and 4 are voided or about to be.
_USABLE_CARDS = frozenset({"", "0", "1", "3"})
_KINDS = {"1": GoodsKind.CODE, "3": GoodsKind.TOP_UP}
# A line, a number, several lines, one of a list. A picture (1) and a list of lists (16) can't be asked for here.
_ASKABLE = frozenset({"0", "13", "14", "15"})


def sign(body: bytes, *, app_id: str, secret: str, timestamp: str) -> str:
    """The header X-Signature: lower-case md5 of app id, secret, version, ten-digit timestamp and the body as sent."""
    signed = f"{app_id}{secret}{VERSION}{timestamp}".encode("utf-8", "surrogatepass") + body
    return md5(signed, usedforsecurity=False).hexdigest()


def codes_of(cards: object) -> tuple[Code, ...]:
    """The codes of a list of cards, those that were voided left out."""
    if not isinstance(cards, list):
        return ()
    codes = (
        Code(text_of(card, "cardNo"), text_of(card, "cardPwd"))
        for card in cards
        if isinstance(card, dict) and text_of(card, "status") in _USABLE_CARDS
    )
    return tuple(code for code in codes if code.number or code.password)


def state_of(order: Mapping[str, Any], codes: tuple[Code, ...], ask: SupplyAsk) -> QueryAnswer:
    """What became of an order.

    4 is withdrawn with all its money back; 5 is paid back in full, in part or not at all, which `retMoney` tells. 9
    (being paid back) leads to 3 or 5 and is waited for. 0 (unpaid) should not happen to orders paid from a balance.
    """
    status = text_of(order, "status")
    if status == "3" and ask.account is None and len(codes) != ask.quantity:
        return InDoubt(f"done, with {len(codes)} of {ask.quantity} codes")
    if status == "5":
        return _paid_back(order, codes, ask)
    return told_of(order, codes) or InDoubt(f"status {status}")


def told_of(order: Mapping[str, Any], codes: tuple[Code, ...] | None) -> Accepted | Delivered | Failed | None:
    """What a callback claims. None where it takes the order itself to judge, which is then asked about: something was
    paid back, or codes can't be read."""
    supplier_no, words = text_of(order, "orderNumber") or None, masked(text_of(order, "result"))
    cost_fen = fen_up(order.get("money"))
    match text_of(order, "status"):
        case "1" | "2" | "7" | "8" | "9":
            return Accepted(supplier_no, cost_fen, words)
        case "3" if codes is not None:
            receipt = "" if codes else text_of(order, "result")
            return Delivered(supplier_no, codes, receipt=receipt, cost_fen=cost_fen, words=words)
        case "4":
            return Failed(Reason.CANCELLED, words, supplier_no, cost_fen=cost_fen, refund_fen=cost_fen)
        case _:
            return None


def _paid_back(order: Mapping[str, Any], codes: tuple[Code, ...], ask: SupplyAsk) -> QueryAnswer:
    supplier_no, words = text_of(order, "orderNumber") or None, masked(text_of(order, "result"))
    cost_fen, refund_fen = fen_up(order.get("money")), fen_down(order.get("retMoney"))
    if not cost_fen or not refund_fen or refund_fen < 0:
        return InDoubt("paid back without an amount")
    if refund_fen >= cost_fen:
        return Failed(Reason.OTHER, words, supplier_no, cost_fen=cost_fen, refund_fen=refund_fen)
    whole = ask.quantity * (ask.face_fen or 1)
    part = len(codes) * (ask.face_fen or 1) if ask.account is None else kept_part(whole, cost_fen, refund_fen)
    if not 0 < part < whole:
        return InDoubt(f"{refund_fen} of {cost_fen} fen paid back")
    return Partly(part, words, supplier_no, codes, cost_fen=cost_fen, refund_fen=refund_fen)


def kept_part(whole: int, cost_fen: int, refund_fen: int) -> int:
    """What arrived of `whole`, told from what was paid back, for nothing else tells it. The fen was rounded on the way:
    of what is possible, whole yuan are likelier than their neighbours."""
    least, most = (whole * (cost_fen - refund_fen + slip) // cost_fen for slip in (-1, 1))
    whole_yuan = most // 100 * 100
    return whole_yuan if least < whole_yuan else whole * (cost_fen - refund_fen) // cost_fen


def goods_of(entry: object, *, account_field: str) -> Goods | Unusable:
    """An entry of the catalogue or the details of one of the goods; details alone tell stock, limits and fields."""
    if not isinstance(entry, dict):
        return Unusable("", "not an object")
    number, price_fen = text_of(entry, "goodsId"), fen_up(entry.get("salesPrice"))
    name, kind, status = text_of(entry, "name"), _KINDS.get(text_of(entry, "goodsType")), text_of(entry, "status")
    asks = _fields(entry.get("rechargeTemplates") or [], account_field)
    stock = text_of(entry, "stockCount")
    why = {
        "no number": not number,
        "no name": not name,
        "no price": price_fen is None,
        "unknown goodsType": kind is None,
        "unknown status": status not in {"1", "2", "3"},
        "delivers several for one": text_of(entry, "multiple") not in {"", "1"},
        "comes in several kinds: ask for number:sku": text_of(entry, "skuType") not in {"", "0"},
        "asks for what can't be asked here": asks is None,
        "impossible stock": bool(stock) and not stock.isdecimal(),
    }
    wrong = [what for what, is_so in why.items() if is_so]
    if wrong or price_fen is None or kind is None or asks is None:
        return Unusable(number, "; ".join(wrong))
    least, most = text_of(entry, "minQuantity"), text_of(entry, "maxQuantity")
    return Goods(
        number,
        name,
        price_fen,
        kind,
        stock=int(stock) if stock else None,
        on_sale=status == "1",
        face_fen=fen_up(entry.get("faceValue")) or None,
        quantity_min=int(least) if least.isdecimal() and int(least) else 1,
        quantity_max=int(most) if most.isdecimal() and int(most) else None,
        asks=asks,
    )


def kind_of(details: Mapping[str, Any], sku: str) -> dict[str, Any] | None:
    """The details of goods that come in several kinds, narrowed to one of them; None when it isn't sold."""
    several = details.get("goodsSku")
    kinds = list(several.get("details") or []) if isinstance(several, dict) else []
    for group in details.get("goodsSpec") or []:
        kinds += group.get("items") or [] if isinstance(group, dict) else []
    for kind in kinds:
        if isinstance(kind, dict) and text_of(kind, "sku") == sku:
            return dict(details) | {
                "goodsId": f"{text_of(details, 'goodsId')}:{sku}",
                "skuType": "0",
                "salesPrice": kind.get("money"),
                "stockCount": kind.get("count"),
                "status": text_of(details, "status") if text_of(kind, "status") == "1" else "2",
            }
    return None


def _fields(template: object, account_field: str) -> tuple[AskedField, ...] | None:
    """None when something is asked for that can't be."""
    if not isinstance(template, list):
        return None
    asks = []
    for part in template:
        title = text_of(part, "title") if isinstance(part, dict) else ""
        if not title:
            return None
        if text_of(part, "type") not in _ASKABLE:
            if text_of(part, "required") == "1":
                return None
            continue
        if title != account_field:
            asks.append(AskedField(title, title, _choices(part.get("options"))))
    return tuple(asks)


def _choices(options: object) -> tuple[str, ...]:
    listed = options if isinstance(options, list) else []
    return tuple(value for option in listed if isinstance(option, dict) and (value := text_of(option, "value")))
