"""dujiao-next site docking: JSON, HMAC-SHA256 over method, path, moment and the body's md5.

A number it knows is answered with the first order. A number of goods is `product-sku`, the sku 1 if it has none.
"""

import hashlib
import hmac
from typing import Any

from kameng.kernel.money import yuan
from kameng.supply.supplier import Repeat
from kameng.web.sandbox.suppliers.emulation import Call, Counter, Emulation, Endpoint, Errand, Said, Visit, compact
from kameng.web.sandbox.suppliers.wares import Declined, No, Purchase, State, Wanted, Ware

_BASE = "/api/v1/upstream"
_CALLBACK_PATH = "/api/v1/upstream/callback"
_SKEW_S = 60
_PAGE = 50
_ACCOUNT = "account"
_STATES = {
    State.RUNNING: "paid",
    State.DELIVERED: "completed",
    State.FAILED: "refunded",
    State.PARTLY: "partially_refunded",
    State.CANCELLED: "canceled",
}
_NO = {
    No.UNKNOWN_GOODS: (400, "sku_unavailable"),
    No.OFF_SALE: (400, "product_unavailable"),
    No.MAINTENANCE: (400, "product_unavailable"),
    No.OUT_OF_STOCK: (409, "insufficient_stock"),
    No.BALANCE: (402, "insufficient_balance"),
    No.BAD_ACCOUNT: (400, "bad_request"),
    No.BAD_QUANTITY: (400, "bad_request"),
    No.FIELD_MISSING: (400, "bad_request"),
    No.SIGNATURE: (401, "invalid_signature"),
    No.STALE: (401, "timestamp_expired"),
    No.NOT_FOUND: (404, "order_not_found"),
    No.TOO_LATE: (409, "cancel_not_allowed"),
}


def signature(secret: str, *, call: str, timestamp: str, body: bytes) -> str:
    """`call` is method and path, for example `POST /api/v1/upstream/ping`."""
    lines = (*call.split(" "), timestamp, hashlib.md5(body, usedforsecurity=False).hexdigest())
    return hmac.new(secret.encode(), "\n".join(lines).encode(), hashlib.sha256).hexdigest()


def _decline(call: Call, no: No) -> Said:
    status, code = _NO.get(no, (400, "bad_request"))
    if call is Call.GOODS and no is No.UNKNOWN_GOODS:
        status, code = 404, "product_not_found"
    return Said({"ok": False, "error_code": code, "error_message": code.replace("_", " ")}, status)


def _admit(counter: Counter, visit: Visit) -> None:
    timestamp = visit.headers.get("dujiao-next-timestamp", "")
    call = f"{visit.method} {visit.path}"
    own = signature(counter.credentials["api_secret"], call=call, timestamp=timestamp, body=visit.body)
    told = visit.headers.get("dujiao-next-signature", "")
    known = visit.headers.get("dujiao-next-api-key") == counter.credentials["api_key"]
    if not timestamp.isdecimal() or abs(counter.warehouse.clock.now().timestamp() - int(timestamp)) > _SKEW_S + 1:
        raise Declined(No.STALE)
    if not known or not hmac.compare_digest(own.encode(), told.encode()):
        raise Declined(No.SIGNATURE)


def _ping(counter: Counter, visit: Visit) -> Said:
    _admit(counter, visit)
    balance = yuan(counter.warehouse.balance_fen)
    site = {"ok": True, "site_name": "测试站", "protocol_version": "1.0", "user_id": 42}
    return Said(site | {"balance": balance, "currency": "CNY", "member_level": None})


def _categories(counter: Counter, visit: Visit) -> Said:
    _admit(counter, visit)
    entries = [
        {"id": number, "parent_id": 0, "slug": f"c{number}", "name": {"zh-CN": name}, "icon": "", "sort_order": 0}
        for number, name in enumerate(_category_names(counter), 1)
    ]
    return Said({"ok": True, "categories": entries})


def _category_names(counter: Counter) -> list[str]:
    return sorted({ware.category for ware in counter.warehouse.wares()})


def _create(counter: Counter, visit: Visit) -> Said:
    _admit(counter, visit)
    wanted, form = visit.json, visit.json.get("manual_form_data") or {}
    if not isinstance(wanted.get("quantity"), int) or not isinstance(form, dict):
        raise Declined(No.BAD_QUANTITY)
    number = str(wanted.get("downstream_order_no", ""))
    known = counter.warehouse.find(number=number)
    ware = counter.warehouse.ware(known.goods) if known else _by_sku(counter, str(wanted.get("sku_id")))
    purchase = counter.place(
        Wanted(
            number=number,
            goods=ware.number,
            quantity=wanted["quantity"],
            account=str(form.get(_ACCOUNT, "")),
            fields={name: str(form[name]) for name in ware.asks if name in form},
            callback_url=str(wanted.get("callback_url", "")),
        )
    )
    # A new order is answered as paid, even if its codes are there already.
    status = _STATES[purchase.state] if known else "paid"
    return Said({"ok": True} | _named(purchase) | {"status": status})


def _by_sku(counter: Counter, sku: str) -> Ware:
    for ware in counter.warehouse.wares():
        if ware.number.endswith(f"-{sku}"):
            return ware
    raise Declined(No.UNKNOWN_GOODS)


def _named(purchase: Purchase) -> dict[str, Any]:
    named = {"order_id": int(purchase.supplier_no), "order_no": f"DJ{purchase.supplier_no}"}
    named |= {"amount": yuan(purchase.cost_fen)}
    return named | {"currency": "CNY"}


def _read(counter: Counter, visit: Visit) -> Said:
    _admit(counter, visit)
    purchase = counter.warehouse.find(supplier_no=visit.params["id"])
    if purchase is None:
        raise Declined(No.NOT_FOUND)
    told = {"status": _STATES[purchase.state], "refunded_amount": yuan(purchase.refund_fen), "refund_records": []}
    delivered = {"fulfillment": _fulfillment(purchase)} if purchase.state is State.DELIVERED else {}
    return Said({"ok": True} | _named(purchase) | told | delivered)


def _fulfillment(purchase: Purchase) -> dict[str, Any]:
    payload = "\n".join(code.password for code in purchase.codes) or purchase.receipt
    kind = "auto" if purchase.codes else "manual"
    moment = purchase.ended_at.isoformat() if purchase.ended_at else None
    delivered = {"type": kind, "status": "delivered", "payload": payload}
    return delivered | {"delivery_data": None, "delivered_at": moment}


def _products(counter: Counter, visit: Visit) -> Said:
    _admit(counter, visit)
    page, size = int(visit.query.get("page") or 1), min(_PAGE, int(visit.query.get("page_size") or _PAGE))
    # Each of the goods is a product with one sku here.
    wares, names = counter.warehouse.wares(limit=size, offset=(page - 1) * size), _category_names(counter)
    items = [counter.dressed(ware, _entry(ware, names)) for ware in wares]
    counted = {"total": counter.warehouse.count(), "page": page, "page_size": size, "includes_inactive": True}
    return Said({"ok": True, "items": items} | counted)


def _product(counter: Counter, visit: Visit) -> Said:
    _admit(counter, visit)
    for ware in counter.warehouse.wares():
        if ware.number.partition("-")[0] == visit.params["id"]:
            return Said({"ok": True, "product": counter.dressed(ware, _entry(ware, _category_names(counter)))})
    raise Declined(No.UNKNOWN_GOODS)


def _entry(ware: Ware, categories: list[str]) -> dict[str, Any]:
    product, _, sku = ware.number.partition("-")
    names = [_ACCOUNT] * (ware.kind == "top_up") + list(ware.asks)
    fields = [{"key": name, "type": "text", "required": True, "label": {"zh-CN": name}} for name in names]
    stock = -1 if ware.stock is None else ware.stock
    price = ware.raw.get("price_amount", yuan(ware.price_fen))
    levels = ("out_of_stock", "low_stock", "in_stock")
    level = "unlimited" if stock < 0 else levels[(stock > 0) + (stock > 20)]
    return {
        "id": int(product),
        "slug": f"p{product}",
        "title": {"zh-CN": ware.name, "en": "Goods"},
        "description": {},
        "content": {},
        "images": [],
        "tags": [],
        "price_amount": price,
        "fulfillment_type": "manual" if ware.kind == "top_up" else "auto",
        "manual_form_schema": {"fields": fields} if fields else None,
        "is_active": ware.on_sale,
        "category_id": categories.index(ware.category) + 1,
        "skus": [
            {
                "id": int(sku or 1),
                "sku_code": "DEFAULT",
                "spec_values": {},
                "price_amount": price,
                "stock_status": level,
                "stock_quantity": stock,
                "is_active": True,
            }
        ],
    }


def _cancel(counter: Counter, visit: Visit) -> Said:
    """Everything here is paid as it is placed, so nothing can be withdrawn."""
    _admit(counter, visit)
    counter.warehouse.purchase(visit.params["id"])
    raise Declined(No.TOO_LATE)


def _errand(counter: Counter, purchase: Purchase) -> Errand:
    now = int(counter.warehouse.clock.now().timestamp())
    status = "delivered" if purchase.state is State.DELIVERED else _STATES[purchase.state]
    told = {
        "event": "order.fulfilled" if purchase.state is State.DELIVERED else "order.status_changed",
        "order_id": int(purchase.supplier_no),
        "order_no": f"DJ{purchase.supplier_no}",
        "downstream_order_no": purchase.number,
        "status": status,
        "fulfillment": _fulfillment(purchase) if purchase.state is State.DELIVERED else None,
        "timestamp": now,
    }
    body, credentials = compact(told).encode(), counter.credentials
    call = f"POST {_CALLBACK_PATH}"
    return Errand(
        number=purchase.number,
        url=purchase.callback_url,
        body=body,
        headers={
            "content-type": "application/json",
            "dujiao-next-api-key": credentials["api_key"],
            "dujiao-next-timestamp": str(now),
            "dujiao-next-signature": signature(credentials["api_secret"], call=call, timestamp=str(now), body=body),
        },
        acknowledged=lambda status, said: status == 200 and '"ok":true' in said.replace(" ", ""),
    )


EMULATION = Emulation(
    name="dujiao",
    credentials=("api_key", "api_secret"),
    endpoints=(
        Endpoint(f"{_BASE}/ping", Call.BALANCE, _ping, "POST"),
        Endpoint(f"{_BASE}/categories", Call.CATALOGUE, _categories, "GET"),
        Endpoint(f"{_BASE}/products", Call.CATALOGUE, _products, "GET"),
        Endpoint(f"{_BASE}/products/{{id}}", Call.GOODS, _product, "GET"),
        Endpoint(f"{_BASE}/orders", Call.PLACE, _create, "POST"),
        Endpoint(f"{_BASE}/orders/{{id}}", Call.QUERY, _read, "GET"),
        Endpoint(f"{_BASE}/orders/{{id}}/cancel", Call.CANCEL, _cancel, "POST"),
    ),
    decline=_decline,
    errand=_errand,
    repeat=Repeat.SAME_ORDER,
    prefix="",
    code_names=frozenset({"ok", "error_code"}),
)
