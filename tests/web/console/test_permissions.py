"""Each role at each door: what a role may not do is refused, and nothing has happened."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from litestar.handlers import HTTPRouteHandler

from kameng.kernel.database import Database
from kameng.orders.number import printed
from kameng.staff.roles import Permission, Role, may
from kameng.web.console.home import home
from kameng.web.console.routes import BEHIND_THE_DOOR
from tests.web.console.case_things import things_of_cases
from tests.web.console.conftest import Console
from tests.web.console.shop import Shop
from tests.web.console.things import things_of_suppliers

pytestmark = pytest.mark.anyio

_P = Permission
WHY = {"reason": "买家来电"}


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
    Door(_P.ORDER_LOOK, "GET", "/money"),
    Door(_P.REFUND_ASK, "POST", "/orders/{held}/refund", WHY | {"cause": "goodwill"}),
    Door(_P.REFUND_ASK, "POST", "/orders/{sold}/requests/{request}/withdraw", WHY),
    Door(_P.REFUND_APPROVE, "GET", "/refunds"),
    Door(_P.REFUND_APPROVE, "POST", "/refunds/{request}/approve", WHY),
    Door(_P.REFUND_APPROVE, "POST", "/refunds/{request}/decline", WHY),
    Door(_P.REFUND_REQUEST, "POST", "/orders/{held}/refunds/{refund}", WHY | {"verdict": "sent"}),
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
    Door(_P.STOCK_WITHDRAW, "POST", "/stock/batches/1/withdraw", WHY | {"confirmed": "1"}),
    Door(_P.STOCK_WITHDRAW, "POST", "/stock/withdraw-expired", WHY | {"confirmed": "1"}),
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
    Door(_P.MACRO_EDIT, "GET", "/macros"),
    Door(_P.MACRO_EDIT, "POST", "/macros", {"name": "问好", "words": "您好"}),
    Door(_P.MACRO_EDIT, "POST", "/macros/{macro}/drop", {}),
    Door(_P.ANSWER_EDIT, "GET", "/answers"),
    Door(_P.ANSWER_EDIT, "GET", "/answers/new"),
    Door(_P.ANSWER_EDIT, "GET", "/answers/how-long"),
    Door(_P.ANSWER_EDIT, "POST", "/answers", {"slug": "how-long", "question": "改"}),
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
DENIED = [(role, door) for door in DOORS for role in Role if not may(role, door.permission)]
ALLOWED = [(role, door) for door in DOORS for role in Role if may(role, door.permission)]


def named(value: Any) -> str:
    return f"{value.method} {value.path}" if isinstance(value, Door) else str(value)


@pytest.fixture
async def places(console: Console, shop: Shop) -> dict[str, object]:
    """What stands for the names in the doors' paths."""
    owner = await console.enter_as(Role.OWNER)
    held, sold = await shop.paid(paid_fen=1), await shop.paid()
    refund = await shop.stuck_refund(held)
    other = await console.db.pool.fetchval(
        "INSERT INTO staff (login, role, password_hash, created_at) VALUES ('other', 'finance', '', $1) RETURNING id",
        console.db.clock.now(),
    )
    alarm = await console.db.pool.fetchval("SELECT min(id) FROM alarms")
    assert owner.id != other
    supply = await things_of_suppliers(console.db, shop.sku_id)
    supply |= await things_of_cases(console.db, console.keyring, sold)
    request = await console.db.pool.fetchval(
        "INSERT INTO refund_requests (order_id, amount_fen, state, cause, reason, asker_kind, asker_id, needs,"
        " asked_at, lapse_at) SELECT id, 10, 'waiting', 'goodwill', '协商', 'staff', 'other', 1, $2, $2"
        " FROM orders WHERE id = $1 RETURNING id",
        sold, console.db.clock.now(),
    )  # fmt: skip
    things = supply | {"request": request}
    return things | {"held": printed(held), "sold": printed(sold), "refund": refund, "alarm": alarm, "other": other}


async def knock(console: Console, door: Door, places: dict[str, object]) -> int:
    path = "/console" + door.path.format(**places)
    if door.method == "GET":
        return (await console.get(path)).status_code
    return (await console.post(path, door.form)).status_code


async def everything(db: Database) -> dict[str, str]:
    """The content of every table but the sessions'."""
    names = await db.pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return {
        name: await db.pool.fetchval(
            f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {name} t"
        )
        for (name,) in names
        if name != "staff_sessions"
    }


@pytest.mark.parametrize(("role", "door"), DENIED, ids=named)
async def test_what_a_role_may_not_do_is_refused_and_nothing_happens(
    console: Console, places: dict[str, object], role: Role, door: Door
) -> None:
    await console.enter_as(role)
    before = await everything(console.db)
    assert await knock(console, door, places) == 403
    assert await everything(console.db) == before


@pytest.mark.parametrize(("role", "door"), ALLOWED, ids=named)
async def test_what_a_role_may_do_is_not_refused(
    console: Console, places: dict[str, object], role: Role, door: Door
) -> None:
    await console.enter_as(role)
    status = await knock(console, door, places)
    assert status != 403
    assert status < 500


def handlers() -> Iterator[HTTPRouteHandler]:
    for route in BEHIND_THE_DOOR.routes:
        yield from {id(handler): handler for handler in getattr(route, "route_handlers", ())}.values()


def test_every_door_needs_a_permission_and_is_tried_here() -> None:
    tried = {(door.method, door.path) for door in DOORS}
    for handler in handlers():
        if handler.fn is home.fn or handler.http_methods == {"OPTIONS"}:
            continue
        needed = [guard.permission for guard in handler.guards or () if hasattr(guard, "permission")]
        assert len(needed) == 1, f"{handler.fn.__name__} asks for no permission"
        (method,) = handler.http_methods - {"HEAD", "OPTIONS"}
        shapes = {(m, path) for m, path in tried if m == method and same_shape(path, min(handler.paths))}
        assert shapes, f"no test knocks at {method} {handler.paths}"


def same_shape(tried: str, declared: str) -> bool:
    one, other = tried.strip("/").split("/"), declared.strip("/").split("/")
    return len(one) == len(other) and all(b.startswith("{") or a == b for a, b in zip(one, other, strict=True))
