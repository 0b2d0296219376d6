"""Each role at each door: what a role may not do is refused, and nothing has happened."""

import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

import httpx
import pytest

from kameng.kernel.database import Database
from kameng.orders.number import printed
from kameng.staff.roles import Role, may
from kameng.web.console.door_table import doors
from tests.web.console.attention_things import things_of_attention
from tests.web.console.batch_things import things_of_batches
from tests.web.console.case_things import things_of_cases
from tests.web.console.conftest import Console
from tests.web.console.doors import DOORS, Door, listed
from tests.web.console.shop import CODES, Shop
from tests.web.console.things import things_of_suppliers

pytestmark = pytest.mark.anyio

DOCUMENT = Path(__file__).parents[3] / "docs" / "roles.md"
# Who looked at what is written down whenever somebody looks.
LOOKED = ("staff_audit",)

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
