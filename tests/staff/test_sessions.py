from datetime import timedelta

import pytest

from kameng.kernel.clock import VirtualClock
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.staff.change_staff import set_enabled
from kameng.staff.log_in import log_in
from kameng.staff.log_out import log_out
from kameng.staff.reset import reset_password
from kameng.staff.roles import Role
from kameng.staff.sessions import find_session
from tests.staff.people import ADDRESS, enrol, hire, typed

pytestmark = pytest.mark.anyio


async def test_half_an_hour_of_silence_ends_it_and_use_keeps_it_open(
    db: Database, keyring: Keyring, clock: VirtualClock
) -> None:
    person = await enrol(db, keyring, "mei")
    for _ in range(4):
        clock.go_on(timedelta(minutes=29))
        assert await find_session(db, keyring, person.token) is not None
    clock.go_on(timedelta(minutes=30))
    assert await find_session(db, keyring, person.token) is None


async def test_after_twelve_hours_it_ends_however_much_it_is_used(
    db: Database, keyring: Keyring, clock: VirtualClock
) -> None:
    person = await enrol(db, keyring, "mei")
    for _ in range(35):
        clock.go_on(timedelta(minutes=20))
        assert await find_session(db, keyring, person.token) is not None
    clock.go_on(timedelta(minutes=20))
    assert await find_session(db, keyring, person.token) is None


async def test_between_password_and_code_there_are_ten_minutes(
    db: Database, keyring: Keyring, clock: VirtualClock
) -> None:
    await enrol(db, keyring, "mei")
    opened = await log_in(db=db, keyring=keyring, typed=typed("mei"))
    clock.go_on(timedelta(minutes=10))
    assert await find_session(db, keyring, opened.token) is None


async def test_the_table_does_not_hold_the_token(db: Database, keyring: Keyring) -> None:
    person = await enrol(db, keyring, "mei")
    row = await db.pool.fetchrow("SELECT * FROM staff_sessions")
    assert row is not None
    assert person.token not in str(row)
    assert person.token.encode() not in row["token_index"]


@pytest.mark.parametrize("token", ["", "guess", "x" * 5000])
async def test_a_guess_finds_nothing(db: Database, keyring: Keyring, token: str) -> None:
    await enrol(db, keyring, "mei")
    assert await find_session(db, keyring, token) is None


async def test_closing_an_account_or_its_password_ends_its_sessions(db: Database, keyring: Keyring) -> None:
    await hire(db, "boss", Role.OWNER)
    mei, lin = await enrol(db, keyring, "mei"), await enrol(db, keyring, "lin")
    await set_enabled(db=db, staff_id=mei.staff.id, enabled=False)
    await reset_password(db=db, login="lin", password="another fine password")
    assert await find_session(db, keyring, mei.token) is None
    assert await find_session(db, keyring, lin.token) is None


async def test_logging_out_ends_this_session_only(db: Database, keyring: Keyring) -> None:
    mei, lin = await enrol(db, keyring, "mei"), await enrol(db, keyring, "lin")
    session = await find_session(db, keyring, mei.token)
    assert session is not None
    await log_out(db=db, session=session, address=ADDRESS)
    await log_out(db=db, session=session, address=ADDRESS)
    assert await find_session(db, keyring, mei.token) is None
    assert await find_session(db, keyring, lin.token) is not None
