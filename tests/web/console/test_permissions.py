"""Each role at each door: what a role may not do is refused, and nothing has happened."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from kameng.batches.batch import PERMISSIONS as BATCH_PERMISSIONS
from kameng.kernel.database import Database
from kameng.orders.number import printed
from kameng.staff.roles import Permission, Role, may
from kameng.web.console.door_table import ListedDoor, doors
from tests.web.console.attention_things import things_of_attention
from tests.web.console.batch_things import things_of_batches
from tests.web.console.case_things import things_of_cases
from tests.web.console.conftest import Console
from tests.web.console.shop import CODES, Shop
from tests.web.console.things import things_of_suppliers

pytestmark = pytest.mark.anyio

_P = Permission
WHY = {"reason": "买家来电"}
DOCUMENT = Path(__file__).parents[3] / "docs" / "roles.md"
# Who looked at what is written down whenever somebody looks.
LOOKED = ("staff_audit",)


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
    Door(_P.CORRECTION_ASK, "POST", "/orders/{sold}/correction", WHY | {"confirmed": "1"}),
    Door(_P.RESUBMIT, "POST", "/orders/{sold}/resubmit", WHY | {"confirmed": "1", "kind": "replace_code"}),
    Door(_P.ORDER_LOOK, "GET", "/money"),
    Door(_P.REFUND_ASK, "POST", "/orders/{held}/refund", WHY | {"cause": "goodwill", "confirmed": "1"}),
    Door(_P.REFUND_ASK, "POST", "/orders/{sold}/requests/{request}/withdraw", WHY),
    Door(_P.REFUND_APPROVE, "GET", "/refunds"),
    Door(_P.REFUND_APPROVE, "POST", "/refunds/{request}/approve", WHY),
    Door(_P.REFUND_APPROVE, "POST", "/refunds/{request}/decline", WHY),
    Door(_P.REFUND_REQUEST, "POST", "/orders/{held}/refunds/{refund}", WHY | {"verdict": "sent"}),
    Door(_P.PAYMENT_ACCEPT, "POST", "/orders/{held}/accept", WHY | {"confirmed": "1"}),
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
    Door(_P.ORDER_LOOK, "GET", "/work"),
    Door(_P.ORDER_LOOK, "GET", "/work/stuck/{stuck}"),
    Door(_P.ORDER_HANDLE, "POST", "/work/stuck/{stuck}/take", {"was": "0"}),
    Door(_P.ORDER_HANDLE, "POST", "/work/stuck/{stuck}/follow-up", {"follow_up": "2030-01-01T09:00"}),
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
    supply |= await things_of_batches(console.db, sold, owner.id, other)
    request = await console.db.pool.fetchval(
        "INSERT INTO refund_requests (order_id, amount_fen, state, cause, reason, asker_kind, asker_id, needs,"
        " asked_at, lapse_at) SELECT id, 10, 'waiting', 'goodwill', '协商', 'staff', 'other', 1, $2, $2"
        " FROM orders WHERE id = $1 RETURNING id",
        sold, console.db.clock.now(),
    )  # fmt: skip
    supply |= await things_of_attention(console.db, held)
    things = supply | {"request": request}
    return things | {"held": printed(held), "sold": printed(sold), "refund": refund, "alarm": alarm, "other": other}


async def knock(console: Console, door: Door, places: dict[str, object]) -> httpx.Response:
    path = "/console" + door.path.format(**places)
    return await console.get(path) if door.method == "GET" else await console.post(path, door.form)


async def everything(db: Database, *, but: Collection[str] = ()) -> dict[str, str]:
    """The content of every table but the sessions'."""
    names = await db.pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return {
        name: await db.pool.fetchval(
            f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {name} t"
        )
        for (name,) in names
        if name not in {"staff_sessions", *but}
    }


@pytest.mark.parametrize(("role", "door"), DENIED, ids=named)
async def test_what_a_role_may_not_do_is_refused_and_nothing_happens(
    console: Console, places: dict[str, object], role: Role, door: Door
) -> None:
    await console.enter_as(role)
    before = await everything(console.db)
    assert (await knock(console, door, places)).status_code == 403
    assert await everything(console.db) == before


@pytest.mark.parametrize(("role", "door"), ALLOWED, ids=named)
async def test_what_a_role_may_do_is_not_refused(
    console: Console, places: dict[str, object], role: Role, door: Door
) -> None:
    """And looking changes nothing but the record of who looked; nobody takes codes home as a file."""
    await console.enter_as(role)
    before = await everything(console.db, but=LOOKED) if door.method == "GET" else {}
    answer = await knock(console, door, places)
    assert answer.status_code != 403
    assert answer.status_code < 500
    assert not answer.headers.get("content-disposition", "").startswith("attachment")
    if not door.path.endswith("/codes"):
        assert not any(code in answer.text for code in CODES)
    if door.method == "GET":
        assert await everything(console.db, but=LOOKED) == before


async def test_without_its_token_or_with_somebody_elses_no_form_does_anything(
    console: Console, places: dict[str, object]
) -> None:
    await console.get("/console/login")
    foreign = console.client.cookies["form_token"]
    await console.enter_as(Role.OWNER)
    await console.get("/console")
    own = console.client.cookies["form_token"]
    assert own != foreign
    before = await everything(console.db)
    for door in DOORS:
        if door.method == "POST":
            path = "/console" + door.path.format(**places)
            for token in ({}, {"_csrf_token": ""}, {"_csrf_token": foreign}, {"_csrf_token": own[:-1]}):
                answer = await console.client.post(path, data={**(door.form or {}), **token}, follow_redirects=False)
                assert answer.status_code == 403, path
    assert await everything(console.db) == before


async def test_no_action_is_done_by_a_link(console: Console, places: dict[str, object]) -> None:
    """What is posted can't be had by GET, with the same fields in the address."""
    await console.enter_as(Role.OWNER)
    before = await everything(console.db, but=LOOKED)
    looks = {one.path for one in doors() if one.method == "GET"}
    for door in DOORS:
        if door.method == "POST":
            path = "/console" + door.path.format(**places)
            answer = await console.client.get(path, params=door.form, follow_redirects=False)
            if listed(door).path not in looks:
                assert answer.status_code in {404, 405}, path
    assert await everything(console.db, but=LOOKED) == before


def test_every_door_of_the_console_is_tried_with_the_permission_it_takes() -> None:
    for door in DOORS:
        assert listed(door).permission is door.permission, door
    behind = {(one.method, one.path) for one in doors() if one.permission is not None}
    assert {(listed(door).method, listed(door).path) for door in DOORS} == behind


def test_every_cell_of_the_document_is_tried() -> None:
    tried = {(listed(door).method, listed(door).path, role): True for role, door in ALLOWED}
    tried |= {(listed(door).method, listed(door).path, role): False for role, door in DENIED}
    rows = re.findall(r"^\| `(GET|POST) (\S+)` \| `\S+` \| (.+) \|$", DOCUMENT.read_text(), re.MULTILINE)
    told = {
        (method, path, role): cell == "yes"
        for method, path, cells in rows
        for role, cell in zip(Role, cells.split(" | "), strict=True)
    }
    assert told == tried


def listed(door: Door) -> ListedDoor:
    """The one of the table that it knocks at; where several fit, the one with more of its path spelt out."""
    fitting = [one for one in doors() if one.method == door.method and same_shape("/console" + door.path, one.path)]
    assert fitting, f"there is no {door.method} {door.path}"
    return min(fitting, key=lambda one: one.path.count("{"))


def same_shape(tried: str, declared: str) -> bool:
    one, other = tried.strip("/").split("/"), declared.strip("/").split("/")
    return len(one) == len(other) and all(b.startswith("{") or a == b for a, b in zip(one, other, strict=True))
