"""萌次元 mcy-shop V4, as acg-faka docks with it: the signature in a header, numbers of orders chosen by the customer.

A number of goods is `item-sku`, the sku 1 if it has none; what stands behind the blank in a name is that of the sku.
"""

import json
from collections.abc import Callable
from typing import Any

from kameng.kernel.money import yuan
from kameng.supply.supplier import Repeat
from kameng.web.sandbox.suppliers.acgfaka import decline, fine
from kameng.web.sandbox.suppliers.emulation import Call, Counter, Emulation, Endpoint, Errand, Said, Visit
from kameng.web.sandbox.suppliers.php import signature
from kameng.web.sandbox.suppliers.wares import Declined, No, Purchase, Wanted, Ware


def _fields(counter: Counter, visit: Visit) -> dict[str, str]:
    told, key = visit.headers.get("api-signature", ""), counter.credentials["app_key"]
    if visit.headers.get("api-id") != counter.credentials["app_id"] or told != signature(visit.form, key):
        raise Declined(No.SIGNATURE)
    return visit.form


def _connect(counter: Counter, visit: Visit) -> Said:
    _fields(counter, visit)
    return fine({"username": "测试商户", "balance": yuan(counter.warehouse.balance_fen)})


def _sku(counter: Counter, number: str) -> Ware:
    for ware in counter.warehouse.wares():
        if ware.number.endswith(f"-{number}"):
            return ware
    raise Declined(No.UNKNOWN_GOODS)


def _trade(counter: Counter, visit: Visit) -> Said:
    fields = _fields(counter, visit)
    ware = _sku(counter, fields.get("sku_id", ""))
    asked = {name: fields[name] for name in ware.asks if name in fields}
    wanted = Wanted(fields.get("trade_no", ""), ware.number, int(fields.get("quantity") or 0), fields=asked)
    purchase = counter.place(wanted)
    contents = "\n".join(code.password for code in purchase.codes) or None
    return fine({"contents": contents, "amount": yuan(purchase.cost_fen)})


def _amount(counter: Counter, visit: Visit) -> Said:
    fields = _fields(counter, visit)
    ware = _sku(counter, fields.get("sku_id", ""))
    if not ware.on_sale:
        raise Declined(No.OFF_SALE)
    return fine({"amount": yuan(ware.price_fen * int(fields.get("quantity") or 1))})


def _stock(counter: Counter, visit: Visit) -> Said:
    return fine({"stock": _told(_sku(counter, _fields(counter, visit).get("sku_id", "")))})


def _state(counter: Counter, visit: Visit) -> Said:
    fields = _fields(counter, visit)
    ware = _sku(counter, fields.get("sku_id", ""))
    return fine({"state": ware.stock is None or ware.stock >= int(fields.get("quantity") or 1)})


def _told(ware: Ware) -> int | str:
    return "充足" if ware.stock is None else ware.stock


def _items(counter: Counter, visit: Visit) -> Said:
    _fields(counter, visit)
    items: dict[str, list[Ware]] = {}
    for ware in counter.warehouse.wares():
        if ware.on_sale:
            items.setdefault(ware.number.partition("-")[0], []).append(ware)
    return fine([_entry(counter, number, wares) for number, wares in items.items()])


def _item(counter: Counter, visit: Visit) -> Said:
    number = _fields(counter, visit).get("id", "")
    wares = [ware for ware in counter.warehouse.wares() if ware.number.partition("-")[0] == number and ware.on_sale]
    if not wares:
        raise Declined(No.UNKNOWN_GOODS)
    return fine(_entry(counter, number, wares))


def _entry(counter: Counter, number: str, wares: list[Ware]) -> dict[str, Any]:
    """Garbage put on the first of the goods lies over the item, and `stock_price` over its sku too."""
    first = wares[0]
    widget = [{"title": name, "name": name, "type": "text", "regex": "", "error": ""} for name in first.asks]
    skus = [
        {
            "id": int(ware.number.partition("-")[2] or 1),
            "name": ware.name.partition(" ")[2],
            "stock_price": ware.raw.get("stock_price", yuan(ware.price_fen)),
            "stock": _told(ware),
        }
        for ware in wares
    ]
    entry = {
        "id": int(number),
        "name": first.name.partition(" ")[0],
        "introduce": "说明",
        "picture_url": "",
        "category": {"name": first.category},
        "widget": json.dumps(widget, ensure_ascii=False) if widget else "",
        "sku": skus,
    }
    return counter.dressed(first, entry)


def _no_errand(_counter: Counter, _purchase: Purchase) -> Errand | None:
    return None


_PAGES: tuple[tuple[str, Call, Callable[[Counter, Visit], Said]], ...] = (
    ("connect", Call.BALANCE, _connect),
    ("items", Call.CATALOGUE, _items),
    ("item", Call.GOODS, _item),
    ("sku/stock", Call.GOODS, _stock),
    ("sku/state", Call.GOODS, _state),
    ("amount", Call.GOODS, _amount),
    ("trade", Call.PLACE, _trade),
)

EMULATION = Emulation(
    name="acgfaka_v4",
    credentials=("app_id", "app_key"),
    endpoints=tuple(Endpoint(f"/plugin/open-api/{page}", call, answer, "POST") for page, call, answer in _PAGES),
    decline=decline,
    errand=_no_errand,
    repeat=Repeat.REFUSED,
)
