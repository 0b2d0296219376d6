"""Whoever of staff sees a code, a contact or an account is written down with why; nobody sees them otherwise."""

import pytest
from asyncpg import PostgresError

from kameng.orders.number import printed
from kameng.staff.roles import Permission, Role, may
from kameng.web.console.door_table import doors
from tests.web.console.conftest import Console
from tests.web.console.shop import CODES, PHONE, Shop

pytestmark = pytest.mark.anyio

WHY = "买家来电核对"
SECRETS = (
    ("codes", Permission.ORDER_REVEAL, "order:revealed"),
    ("contact", Permission.CONTACT_SHOW, "order:contact_shown"),
)


@pytest.mark.parametrize(("door", "permission", "action"), SECRETS)
@pytest.mark.parametrize("role", Role)
async def test_a_secret_seen_is_a_line_in_the_audit_and_a_secret_refused_is_none(
    console: Console, shop: Shop, role: Role, door: str, permission: Permission, action: str
) -> None:
    order = printed(await shop.paid())
    await console.enter_as(role)
    answer = await console.post(f"/console/orders/{order}/{door}", {"reason": WHY, "confirmed": "1"})
    secret = PHONE if door == "contact" else next((code for code in CODES if code in answer.text), "")
    seen = bool(secret) and secret in answer.text
    lines = [line for line in await console.log() if line.action == action]
    assert seen is may(role, permission)
    assert len(lines) == seen
    if seen:
        [line] = lines
        assert (line.login, line.subject, line.facts["reason"]) == (str(role).replace("_", "-"), f"order:{order}", WHY)
        assert secret not in str(line)


@pytest.mark.parametrize(("door", "permission", "action"), SECRETS)
async def test_without_a_reason_nothing_is_shown(
    console: Console, shop: Shop, door: str, permission: Permission, action: str
) -> None:
    order = printed(await shop.paid())
    await console.enter_as(Role.OWNER)
    answer = await console.post(f"/console/orders/{order}/{door}", {"reason": " "})
    assert answer.status_code == 422
    assert not any(secret in answer.text for secret in (PHONE, *CODES))
    assert action not in {line.action for line in await console.log()}


async def test_a_secret_that_cannot_be_noted_is_not_shown(console: Console, shop: Shop) -> None:
    order = printed(await shop.paid())
    await console.enter_as(Role.OWNER)
    await console.db.pool.execute(
        "ALTER TABLE staff_audit ADD CONSTRAINT none CHECK (action NOT LIKE 'order:%') NOT VALID"
    )
    try:
        for door, _, _ in SECRETS:
            try:
                answer = await console.post(f"/console/orders/{order}/{door}", {"reason": WHY, "confirmed": "1"})
            except PostgresError:
                continue
            assert answer.status_code == 500
            assert not any(secret in answer.text for secret in (PHONE, *CODES))
    finally:
        await console.db.pool.execute("ALTER TABLE staff_audit DROP CONSTRAINT none")


def test_no_door_hands_out_codes_by_the_file() -> None:
    """One order's at a time, on a page, with a reason; the only door of its permission."""
    revealing = [(door.method, door.path) for door in doors() if door.permission is Permission.ORDER_REVEAL]
    assert revealing == [("POST", "/console/orders/{order_no}/codes")]
    assert not any(word in door.path for door in doors() for word in ("export", "download", "csv", "xlsx"))
    assert not may(Role.CUSTOMER_SERVICE, Permission.STOCK_IMPORT)
