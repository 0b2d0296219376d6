import asyncio

import pytest

from kameng.kernel.database import Database
from kameng.staff.change_staff import LastOwner, change_role, list_staff, set_enabled
from kameng.staff.member import StaffMissing
from kameng.staff.roles import Role
from tests.staff.people import hire

pytestmark = pytest.mark.anyio


async def test_a_role_is_changed(db: Database) -> None:
    lin = await hire(db, "lin")
    await change_role(db=db, staff_id=lin.id, role=Role.FINANCE)
    assert [member.role for member in await list_staff(db)] == [Role.FINANCE]


async def test_the_last_owner_stays(db: Database) -> None:
    boss = await hire(db, "boss", Role.OWNER)
    with pytest.raises(LastOwner):
        await set_enabled(db=db, staff_id=boss.id, enabled=False)
    with pytest.raises(LastOwner):
        await change_role(db=db, staff_id=boss.id, role=Role.OPERATOR)
    (member,) = await list_staff(db)
    assert (member.role, member.enabled) == (Role.OWNER, True)


@pytest.mark.races
async def test_two_owners_closing_each_other_leave_one(db: Database) -> None:
    owners = [await hire(db, name, Role.OWNER) for name in ("ann", "ben")]
    closing = [set_enabled(db=db, staff_id=owner.id, enabled=False) for owner in owners]
    outcomes = await asyncio.gather(*closing, return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["LastOwner", "NoneType"]
    assert sorted(member.enabled for member in await list_staff(db)) == [False, True]


async def test_nobody_is_nobody(db: Database) -> None:
    await hire(db, "boss", Role.OWNER)
    with pytest.raises(StaffMissing):
        await set_enabled(db=db, staff_id=99, enabled=False)
    with pytest.raises(StaffMissing):
        await change_role(db=db, staff_id=99, role=Role.OWNER)
