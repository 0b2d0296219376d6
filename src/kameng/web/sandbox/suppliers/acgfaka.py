"""acg-faka 共享店铺: the shop itself and its SharedStock plugin. Form posts with the key among the fields.

Codes are in the answer to an order. A number of goods is a code, or `code?race=类型` for each kind they come in.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from kameng.kernel.money import yuan
from kameng.supply.supplier import Repeat
from kameng.web.sandbox.suppliers.emulation import Call, Counter, Emulation, Endpoint, Errand, Said, Visit
from kameng.web.sandbox.suppliers.php import nested, signature
from kameng.web.sandbox.suppliers.wares import Declined, No, Purchase, State, Wanted, Ware

#: `request_no char(19)`
_REQUEST_NO_MAX = 19
_RUNNING = "正在发货中，请耐心等待，如有疑问，请联系客服。"
_NOTHING = "很抱歉，有人在你付款之前抢走了商品，请联系客服。"
_WORDS = {
    No.DUPLICATE: "The request ID already exists",
    No.UNKNOWN_GOODS: "商品不存在",
    No.OFF_SALE: "当前商品已停售",
    No.OUT_OF_STOCK: "库存不足",
    No.BALANCE: "余额不足",
    No.BAD_QUANTITY: "本商品单次最多购买100个",
    No.FIELD_MISSING: "请完整填写下单信息",
    No.SIGNATURE: "密钥错误",
    No.MAINTENANCE: "当前商品已停售",
    No.NOT_FOUND: "订单不存在",
}
_BROKEN = "/kernel/Database.php:341 SQLSTATE[22001]: Data too long for column 'request_no'"


def decline(_call: Call, no: No) -> Said:
    return Said({"code": 0, "msg": _WORDS.get(no, "系统错误")})


def fine(data: Any) -> Said:
    return Said({"code": 200, "msg": "success", "data": data})


def secret_of(purchase: Purchase) -> str:
    """What the buyer is shown: the codes, or a sentence."""
    if purchase.state is State.RUNNING:
        return _RUNNING
    return "\n".join(code.password for code in purchase.codes) or _NOTHING


def _fields(counter: Counter, visit: Visit) -> dict[str, str]:
    fields, key = visit.form, counter.credentials["app_key"]
    if fields.get("app_id") != counter.credentials["app_id"] or fields.get("sign") != signature(fields, key):
        raise Declined(No.SIGNATURE)
    return fields


def _connect(counter: Counter, visit: Visit) -> Said:
    _fields(counter, visit)
    return fine({"shopName": "测试店铺", "balance": yuan(counter.warehouse.balance_fen)})


def _kinds(counter: Counter) -> dict[str, dict[str, Ware]]:
    """Goods by code, then by race; "" for those that come in one kind."""
    kinds: dict[str, dict[str, Ware]] = {}
    for ware in counter.warehouse.wares():
        code, _, race = ware.number.partition("?race=")
        kinds.setdefault(code, {})[race] = ware
    return kinds


def _chosen(counter: Counter, fields: Mapping[str, str], code: str) -> Ware:
    race, kinds = fields.get("race", ""), _kinds(counter).get(code, {})
    if not kinds:
        raise Declined(No.UNKNOWN_GOODS)
    if race not in kinds or nested(fields, "sku"):
        raise Declined(No.OFF_SALE)
    return kinds[race]


def _trade(counter: Counter, visit: Visit) -> Said:
    fields = _fields(counter, visit)
    if not fields.get("num", "").isdecimal():
        raise Declined(No.BAD_QUANTITY)
    ware = _chosen(counter, fields, fields.get("shared_code", ""))
    if len(fields.get("request_no", "")) > _REQUEST_NO_MAX:
        return Said(_BROKEN, media_type="text/html; charset=utf-8")
    asked = {name: fields[name] for name in ware.asks if name in fields}
    wanted = Wanted(fields["request_no"], ware.number, int(fields["num"]), fields=asked)
    purchase = counter.place(wanted)
    return fine(
        {
            "url": f"https://shop.example/user/personal/purchaseRecord?tradeNo={purchase.supplier_no}",
            "amount": yuan(purchase.cost_fen),
            "tradeNo": purchase.supplier_no,
            "secret": secret_of(purchase),
            "leave_message": None,
            "stock": _stock(counter.warehouse.ware(ware.number)),
        }
    )


def _query(counter: Counter, visit: Visit) -> Said:
    _fields(counter, visit)
    purchase = counter.warehouse.purchase(visit.params["trade_no"])
    return fine({"secret": secret_of(purchase), "widget": None, "status": 1})


def _valuation(counter: Counter, visit: Visit) -> Said:
    fields = _fields(counter, visit)
    ware = _chosen(counter, fields, fields.get("code", ""))
    return fine({"price": yuan(ware.price_fen * int(fields.get("num") or 1))})


def _stock_of(counter: Counter, visit: Visit) -> Said:
    fields = _fields(counter, visit)
    return fine({"stock": _stock(_chosen(counter, fields, fields.get("code", "")))})


def _stock(ware: Ware) -> str:
    return "10000000" if ware.stock is None else str(ware.stock)


def _items(counter: Counter, visit: Visit) -> Said:
    _fields(counter, visit)
    groups: dict[str, list[dict[str, Any]]] = {}
    for code, kinds in _kinds(counter).items():
        first = next(iter(kinds.values()))
        if first.on_sale:
            groups.setdefault(first.category, []).append(_entry(counter, code, kinds))
    told = [{"id": n, "name": name, "children": children} for n, (name, children) in enumerate(groups.items(), 1)]
    return fine(told)


def _item(counter: Counter, visit: Visit) -> Said:
    """Other than the list of all, with configuration and form unpacked."""
    code, kinds = _asked_for(counter, visit)
    entry = _entry(counter, code, kinds)
    return fine(entry | {"widget": json.loads(entry["widget"] or "[]"), "config": {"category": _races(kinds)}})


def _plugin_item(counter: Counter, visit: Visit) -> Said:
    return fine([{"id": 1, "name": "默认", "children": [_entry(counter, *_asked_for(counter, visit))]}])


def _asked_for(counter: Counter, visit: Visit) -> tuple[str, dict[str, Ware]]:
    code = _fields(counter, visit).get("code", "")
    kinds = _kinds(counter).get(code)
    if not kinds:
        raise Declined(No.UNKNOWN_GOODS)
    if not next(iter(kinds.values())).on_sale:
        raise Declined(No.OFF_SALE)
    return code, kinds


def _entry(counter: Counter, code: str, kinds: Mapping[str, Ware]) -> dict[str, Any]:
    race, ware = next(iter(kinds.items()))
    widget = [
        {"cn": name, "name": name, "type": "text", "regex": "", "error": "请填写", "dict": ""} for name in ware.asks
    ]
    races = _races(kinds)
    entry = {
        "id": 1,
        "name": ware.name.removesuffix(f" {race}"),
        "description": "说明",
        "code": code,
        "price": yuan(ware.price_fen * 2),
        "user_price": yuan(ware.price_fen),
        "factory_price": "0.00",
        "delivery_way": 0,
        "status": 1,
        "draft_status": 0,
        "minimum": 0,
        "maximum": ware.quantity_max,
        "stock": 10000000 if ware.stock is None else ware.stock,
        "config": "[category]\n" + "\n".join(f"{name}={price}" for name, price in races.items()) if races else "",
        "widget": json.dumps(widget, ensure_ascii=False) if widget else "",
    }
    return counter.dressed(ware, entry)


def _races(kinds: Mapping[str, Ware]) -> dict[str, str]:
    return {race: yuan(ware.price_fen) for race, ware in kinds.items() if race}


def _no_errand(_counter: Counter, _purchase: Purchase) -> Errand | None:
    return None


_PAGES: tuple[tuple[str, Call, Callable[[Counter, Visit], Said]], ...] = (
    ("/shared/authentication/connect", Call.BALANCE, _connect),
    ("/shared/commodity/items", Call.CATALOGUE, _items),
    ("/shared/commodity/item", Call.GOODS, _item),
    ("/shared/commodity/stock", Call.GOODS, _stock_of),
    ("/shared/commodity/valuation", Call.GOODS, _valuation),
    ("/shared/commodity/trade", Call.PLACE, _trade),
    (r"/shared/commodity/query\.{trade_no}", Call.QUERY, _query),
    ("/plugin/SharedStock/api/connect", Call.BALANCE, _connect),
    ("/plugin/SharedStock/api/items", Call.CATALOGUE, _items),
    ("/plugin/SharedStock/api/item", Call.GOODS, _plugin_item),
    ("/plugin/SharedStock/api/stock", Call.GOODS, _stock_of),
    ("/plugin/SharedStock/api/valuation", Call.GOODS, _valuation),
)

EMULATION = Emulation(
    name="acgfaka",
    credentials=("app_id", "app_key"),
    endpoints=tuple(Endpoint(path, call, answer, "POST") for path, call, answer in _PAGES),
    decline=decline,
    errand=_no_errand,
    repeat=Repeat.REFUSED,
)
