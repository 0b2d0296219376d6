"""How each door of the console is knocked at; `test_permissions.py` holds them against the table of all doors."""

from dataclasses import dataclass

from kameng.batches.batch import PERMISSIONS as BATCH_PERMISSIONS
from kameng.staff.roles import Permission
from kameng.web.console.door_table import ListedDoor, doors

_P = Permission
WHY = {"reason": "买家来电", "confirmed": "1"}


@dataclass(frozen=True)
class Door:
    """`{held}` is an order under review, `{sold}` a delivered one, `{refund}` the former's stuck refund, `{request}` a
    request to refund the latter, `{alarm}` an open alarm, `{other}` a colleague, and the rest as `things_of_suppliers`
    names them."""

    permission: Permission
    method: str
    path: str
    form: dict[str, str] | None = None


DOORS = (
    Door(_P.ORDER_LOOK, "GET", "/orders"),
    Door(_P.ORDER_LOOK, "POST", "/orders", {"q": "13800138000"}),
    Door(_P.ORDER_LOOK, "GET", "/orders/{sold}"),
    Door(_P.ORDER_LOOK, "GET", "/orders/{sold}/live"),
    Door(_P.ORDER_LOOK, "GET", "/orders/{sold}/do/refund"),
    Door(_P.ORDER_HANDLE, "POST", "/orders/{sold}/note", {"words": "买家来电"}),
    Door(_P.ORDER_HANDLE, "POST", "/orders/{sold}/take", {"to": "1"}),
    Door(_P.ORDER_HANDLE, "POST", "/orders/{sold}/follow-up", {"follow_up": "2030-01-01T09:00"}),
    Door(_P.CORRECTION_ASK, "GET", "/orders/{sold}/macros/{macro}"),
    Door(_P.CORRECTION_ASK, "POST", "/orders/{sold}/correction", WHY),
    Door(_P.RESUBMIT, "POST", "/orders/{sold}/resubmit", WHY | {"kind": "replace_code"}),
    Door(_P.ORDER_LOOK, "GET", "/money"),
    Door(_P.REFUND_ASK, "POST", "/orders/{held}/refund", WHY | {"cause": "goodwill"}),
    Door(_P.REFUND_ASK, "POST", "/orders/{sold}/requests/{request}/withdraw", WHY),
    Door(_P.REFUND_APPROVE, "GET", "/refunds"),
    Door(_P.REFUND_APPROVE, "POST", "/refunds/{request}/approve", WHY),
    Door(_P.REFUND_APPROVE, "POST", "/refunds/{request}/decline", WHY),
    Door(_P.REFUND_REQUEST, "POST", "/orders/{held}/refunds/{refund}", WHY | {"verdict": "unknown"}),
    Door(_P.PAYMENT_ACCEPT, "POST", "/orders/{held}/accept", WHY),
    Door(_P.ORDER_REVEAL, "POST", "/orders/{sold}/codes", WHY),
    Door(_P.CONTACT_SHOW, "POST", "/orders/{sold}/contact", WHY),
    Door(_P.STOCK_LOOK, "GET", "/stock"),
    Door(_P.STOCK_LOOK, "GET", "/stock/batches/1"),
    Door(_P.STOCK_IMPORT, "GET", "/stock/import"),
    Door(_P.STOCK_IMPORT, "POST", "/stock/check", {"sku": "1", "codes": "NEW-1"}),
    Door(_P.STOCK_IMPORT, "POST", "/stock/import", {"sku": "1", "codes": "NEW-1"}),
    Door(_P.PRICE_LOOK, "GET", "/goods"),
    Door(_P.PRICE_EDIT, "GET", "/goods/new-type"),
    Door(_P.PRICE_EDIT, "GET", "/goods/types/games"),
    Door(_P.PRICE_EDIT, "POST", "/goods/types", {"new": "1", "slug": "cards", "name": "卡"}),
    Door(_P.PRICE_EDIT, "GET", "/goods/new-product"),
    Door(_P.PRICE_EDIT, "GET", "/goods/products/qb"),
    Door(_P.PRICE_EDIT, "POST", "/goods/products", {"slug": "qb", "type_slug": "games", "name": "Q点"}),
    Door(_P.PRICE_EDIT, "POST", "/goods/products/qb/skus", {"face_value": "10元", "price": "1", "quantity_max": "2"}),
    Door(_P.GATEWAY_LOOK, "GET", "/gateways"),
    Door(_P.GATEWAY_EDIT, "GET", "/gateways/new/epay_v1"),
    Door(_P.GATEWAY_EDIT, "GET", "/gateways/epay"),
    Door(_P.GATEWAY_EDIT, "POST", "/gateways", {"protocol": "epay_v1", "code": "evil"}),
    Door(_P.GATEWAY_EDIT, "POST", "/gateways/epay", {"name": "改名", "methods": "alipay"}),
    Door(_P.ACCOUNT_SHOW, "POST", "/orders/{sold}/account", WHY),
    Door(_P.ORDER_LOOK, "GET", "/exceptions"),
    Door(_P.ORDER_LOOK, "GET", "/exceptions/{attempt}"),
    Door(_P.DELIVERY_HANDLE, "POST", "/exceptions/{attempt}/take", {}),
    Door(_P.DELIVERY_HANDLE, "POST", "/exceptions/{attempt}/hand-back", {}),
    Door(_P.DELIVERY_HANDLE, "POST", "/exceptions/{attempt}/ask", {}),
    Door(_P.DELIVERY_HANDLE, "POST", "/exceptions/{attempt}/complain", {"words": "未到账"}),
    Door(
        _P.DELIVERY_DECIDE,
        "POST",
        "/exceptions/{attempt}/decide",
        {"verdict": "not_delivered", "why": "查过", "confirmed": "1"},
    ),
    Door(_P.DELIVERY_DECIDE, "POST", "/exceptions/{attempt}/cancel", WHY),
    Door(_P.DELIVERY_DECIDE, "POST", "/exceptions/{attempt}/route-again", WHY),
    Door(_P.SUPPLIER_LOOK, "GET", "/suppliers"),
    Door(_P.SUPPLIER_LOOK, "GET", "/suppliers/north"),
    Door(_P.SUPPLIER_EDIT, "GET", "/suppliers/new/yrapi"),
    Door(_P.SUPPLIER_EDIT, "POST", "/suppliers", {"protocol": "yrapi", "code": "evil"}),
    Door(_P.SUPPLIER_EDIT, "POST", "/suppliers/north", {"name": "改名"}),
    Door(_P.SUPPLIER_SWITCH, "POST", "/suppliers/north/enable", {}),
    Door(_P.SUPPLIER_SWITCH, "POST", "/suppliers/north/disable", WHY),
    Door(_P.SUPPLIER_SWITCH, "POST", "/suppliers/north/read", {}),
    Door(_P.SUPPLIER_LOOK, "GET", "/suppliers/north/goods"),
    Door(_P.ROUTE_EDIT, "GET", "/suppliers/north/map"),
    Door(_P.ROUTE_EDIT, "POST", "/suppliers/north/map", {"product": "qb", "confirmed": "1"}),
    Door(_P.SUPPLIER_LOOK, "GET", "/routes"),
    Door(_P.SUPPLIER_LOOK, "GET", "/routes/qb"),
    Door(_P.ROUTE_EDIT, "GET", "/routes/qb/new"),
    Door(_P.ROUTE_EDIT, "GET", "/routes/qb/{route}"),
    Door(_P.ROUTE_EDIT, "POST", "/routes/qb", {"new": "1", "sku": "1", "supplier": "north", "goods": "G2"}),
    Door(_P.ROUTE_EDIT, "POST", "/routes/qb/{route}/stop", WHY),
    Door(_P.ROUTE_EDIT, "POST", "/routes/qb/{route}/resume", {}),
    Door(_P.ROUTE_EDIT, "POST", "/routes/qb/{route}/accept", {"price": "1"}),
    Door(_P.TROUBLE_LOOK, "GET", "/troubles"),
    Door(_P.TROUBLE_EDIT, "POST", "/troubles", WHY | {"supplier": "north", "kind": "failing"}),
    Door(_P.TROUBLE_EDIT, "POST", "/troubles/{trouble}/end", WHY),
    Door(_P.SUPPLIER_LOOK, "GET", "/restock"),
    Door(_P.RESTOCK_EDIT, "POST", "/restock", {"sku": "1", "level_min": "1", "level_max": "5", "budget": "9"}),
    Door(_P.RESTOCK_EDIT, "POST", "/restock/{rule}/drop", {}),
    Door(_P.STOCK_WITHDRAW, "POST", "/stock/batches/1/withdraw", WHY),
    Door(_P.STOCK_WITHDRAW, "POST", "/stock/withdraw-expired", WHY),
    Door(_P.CASE_LOOK, "GET", "/cases"),
    Door(_P.CASE_LOOK, "GET", "/cases/{case}"),
    Door(_P.CASE_LOOK, "GET", "/cases/{case}/live"),
    Door(_P.CASE_LOOK, "GET", "/cases/{case}/pictures/{picture}"),
    Door(_P.CASE_HANDLE, "GET", "/cases/{case}/macros/{macro}"),
    Door(_P.CASE_HANDLE, "POST", "/cases/{case}/answer", {"words": "您好", "then": "buyer", "seen": "0"}),
    Door(_P.CASE_HANDLE, "POST", "/cases/{case}/note", {"words": "备注"}),
    Door(_P.CASE_HANDLE, "POST", "/cases/{case}/take", {"to": "1"}),
    Door(_P.CASE_HANDLE, "POST", "/cases/{case}/follow-up", {"follow_up": "2030-01-01T09:00"}),
    Door(_P.CASE_HANDLE, "POST", "/cases/{case}/solve", {"words": "好了", "outcome": "answered", "seen": "0"}),
    Door(_P.DELIVERY_HANDLE, "POST", "/cases/{case}/complain", {"complaint": "请核实", "attempt": "1"}),
    Door(_P.REFUND_ASK, "POST", "/cases/{case}/refund", WHY | {"cause": "goodwill", "amount": "0.10", "words": "好"}),
    Door(_P.RESUBMISSION_DECIDE, "POST", "/cases/{case}/replace", {"words": "已换", "seen": "0"}),
    Door(_P.ORDER_LOOK, "GET", "/resubmissions"),
    Door(_P.ORDER_LOOK, "GET", "/resubmissions/{resubmission}"),
    Door(_P.RESUBMISSION_DECIDE, "POST", "/resubmissions/{resubmission}/decide", WHY | {"allow": "no"}),
    Door(_P.BATCH_LOOK, "GET", "/batches"),
    Door(_P.BATCH_LOOK, "GET", "/batches/{batch}"),
    *(
        Door(permission, method, f"/batches/{action}{path}", form)
        for action, permission in BATCH_PERMISSIONS.items()
        for method, path, form in (
            ("GET", "/new", None),
            ("POST", "/draw-up", {"numbers": "26112214305512345656"}),
            ("POST", f"/{{{action}_draft}}/confirm", WHY | {"cause": "goodwill"}),
            ("POST", f"/{{{action}_batch}}/stop", {}),
            ("POST", f"/{{{action}_batch}}/go-on", {}),
            ("POST", f"/{{{action}_batch}}/break-off", {}),
        )
    ),
    Door(_P.BATCH_APPROVE, "POST", "/batches/{batch}/approve", WHY),
    Door(_P.BATCH_APPROVE, "POST", "/batches/{batch}/decline", WHY),
    Door(_P.MACRO_EDIT, "GET", "/macros"),
    Door(_P.MACRO_EDIT, "POST", "/macros", {"name": "问好", "words": "您好"}),
    Door(_P.MACRO_EDIT, "POST", "/macros/{macro}/drop", {}),
    Door(_P.ANSWER_EDIT, "GET", "/answers"),
    Door(_P.ANSWER_EDIT, "GET", "/answers/new"),
    Door(_P.ANSWER_EDIT, "GET", "/answers/how-long"),
    Door(_P.ANSWER_EDIT, "POST", "/answers", {"slug": "how-long", "question": "改"}),
    Door(_P.ORDER_LOOK, "GET", "/queues"),
    Door(_P.ORDER_LOOK, "GET", "/queues/stuck/{stuck}"),
    Door(_P.ORDER_HANDLE, "POST", "/queues/stuck/{stuck}/take"),
    Door(_P.ORDER_HANDLE, "POST", "/queues/stuck/{stuck}/follow-up", {"follow_up": "2030-01-01T09:00"}),
    Door(_P.RISK_LOOK, "GET", "/risk"),
    Door(_P.RISK_LOOK, "GET", "/risk/orders/{held}"),
    Door(_P.PAYMENT_ACCEPT, "POST", "/risk/orders/{held}/release", WHY),
    Door(_P.REFUND_ASK, "POST", "/risk/orders/{held}/refund", WHY),
    Door(_P.RISK_LOOK, "GET", "/risk/lists"),
    Door(
        _P.RISK_EDIT,
        "POST",
        "/risk/lists",
        {"list": "block", "kind": "address", "subject": "8.8.8.8", "reason": "撞库"},
    ),
    Door(_P.RISK_EDIT, "POST", "/risk/orders/{held}/list", WHY | {"list": "watch", "kind": "contact"}),
    Door(_P.RISK_EDIT, "POST", "/risk/lists/{entry}/end", WHY),
    Door(_P.RISK_LOOK, "GET", "/risk/card"),
    Door(_P.ALARM_LOOK, "GET", "/alarms"),
    Door(_P.ALARM_ANSWER, "POST", "/alarms/{alarm}/seen", {}),
    Door(_P.AUDIT_LOOK, "GET", "/audit"),
    Door(_P.STAFF_EDIT, "GET", "/staff"),
    Door(_P.STAFF_EDIT, "POST", "/staff", {"login": "evil", "password": "a fine long password", "role": "owner"}),
    Door(_P.STAFF_EDIT, "POST", "/staff/{other}/role", {"role": "owner"}),
    Door(_P.STAFF_EDIT, "POST", "/staff/{other}/disable", {}),
    Door(_P.STAFF_EDIT, "POST", "/staff/{other}/enable", {}),
    Door(_P.STAFF_EDIT, "POST", "/staff/{other}/password", {"password": "a fine long password"}),
    Door(_P.STAFF_EDIT, "POST", "/staff/{other}/totp", {}),
)


def listed(door: Door) -> ListedDoor:
    """The one of the table that it knocks at; where several fit, the one with more of its path spelt out."""
    fitting = [one for one in doors() if one.method == door.method and same_shape("/console" + door.path, one.path)]
    assert fitting, f"there is no {door.method} {door.path}"
    return min(fitting, key=lambda one: one.path.count("{"))


def same_shape(tried: str, declared: str) -> bool:
    one, other = tried.strip("/").split("/"), declared.strip("/").split("/")
    return len(one) == len(other) and all(b.startswith("{") or a == b for a, b in zip(one, other, strict=True))
