import pytest

from kameng.kernel.database import Database
from kameng.kernel.errors import InvalidInput
from kameng.staff.add_staff import LoginTaken, add_staff
from kameng.staff.change_staff import list_staff
from kameng.staff.roles import Role
from tests.staff.people import PASSWORD

pytestmark = pytest.mark.anyio


async def test_a_member_is_added_with_a_hash_only(db: Database) -> None:
    await add_staff(db=db, login="Lin.Mei", password=PASSWORD, role=Role.FINANCE)
    (member,) = await list_staff(db)
    assert (member.login, member.role, member.enabled, member.has_totp) == ("lin.mei", Role.FINANCE, True, False)
    stored = await db.pool.fetchval("SELECT password_hash FROM staff")
    assert stored.startswith("$argon2id$")
    assert PASSWORD not in stored


async def test_a_login_is_given_once(db: Database) -> None:
    await add_staff(db=db, login="lin", password=PASSWORD, role=Role.OPERATOR)
    with pytest.raises(LoginTaken):
        await add_staff(db=db, login="LIN", password=PASSWORD, role=Role.OWNER)
    assert [member.role for member in await list_staff(db)] == [Role.OPERATOR]


@pytest.mark.parametrize("login", ["", "x", "1lin", "林", "a b", "x" * 32, "lin@home"])
async def test_a_login_has_a_form(db: Database, login: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await add_staff(db=db, login=login, password=PASSWORD, role=Role.OWNER)
    assert list(refused.value.fields) == ["login"]
    assert await list_staff(db) == []


@pytest.mark.parametrize(
    "password",
    ["", "short", "elevenchars", "passwordpassword", "Password-1234", "1qaz2wsx3edc", "aaaaaaaaaaaaaaaa",
     "lin.mei-2024!", "linmeilinmei", "x" * 201],
)  # fmt: skip
async def test_a_weak_password_is_refused(db: Database, password: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await add_staff(db=db, login="lin.mei", password=password, role=Role.OWNER)
    assert list(refused.value.fields) == ["password"]
    assert await list_staff(db) == []
