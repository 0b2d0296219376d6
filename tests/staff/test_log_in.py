from datetime import timedelta

import pytest

from kameng.kernel.clock import VirtualClock
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.staff.audit import read_audit
from kameng.staff.change_staff import set_enabled
from kameng.staff.lock_out import lock_for
from kameng.staff.log_in import WrongLogin, log_in
from kameng.staff.member import Step
from kameng.staff.roles import Role
from tests.staff.people import enrol, hire, typed

pytestmark = pytest.mark.anyio


async def fail(db: Database, keyring: Keyring, login: str, times: int) -> list[WrongLogin]:
    refusals = []
    for _ in range(times):
        with pytest.raises(WrongLogin) as refused:
            await log_in(db=db, keyring=keyring, typed=typed(login, "not the password"))
        refusals.append(refused.value)
    return refusals


async def sessions(db: Database) -> int:
    count: int = await db.pool.fetchval("SELECT count(*) FROM staff_sessions")
    return count


async def test_a_new_member_is_asked_to_enrol_and_an_enrolled_one_for_a_code(db: Database, keyring: Keyring) -> None:
    await hire(db, "lin")
    await enrol(db, keyring, "mei")
    assert (await log_in(db=db, keyring=keyring, typed=typed(" LIN "))).step is Step.ENROL
    assert (await log_in(db=db, keyring=keyring, typed=typed("mei"))).step is Step.CODE


async def test_wrong_password_unknown_login_and_closed_account_are_told_alike(db: Database, keyring: Keyring) -> None:
    await hire(db, "boss", Role.OWNER)
    gone = await hire(db, "gone")
    await hire(db, "lin")
    await set_enabled(db=db, staff_id=gone.id, enabled=False)
    answers = []
    for attempt in (typed("lin", "wrong"), typed("nobody"), typed("gone"), typed("'; drop"), typed("x" * 5000)):
        with pytest.raises(WrongLogin) as refused:
            await log_in(db=db, keyring=keyring, typed=attempt)
        answers.append((refused.value.code, refused.value.status, refused.value.words, refused.value.values))
    assert len({str(answer) for answer in answers}) == 1
    assert await sessions(db) == 0


async def test_five_failures_lock_even_the_right_password_out(
    db: Database, keyring: Keyring, clock: VirtualClock
) -> None:
    await hire(db, "lin")
    assert [refusal.values["locked"] for refusal in await fail(db, keyring, "lin", 5)] == [False] * 4 + [True]
    with pytest.raises(WrongLogin):
        await log_in(db=db, keyring=keyring, typed=typed("lin"))
    clock.go_on(timedelta(minutes=15) - timedelta(seconds=1))
    with pytest.raises(WrongLogin):
        await log_in(db=db, keyring=keyring, typed=typed("lin"))
    assert await sessions(db) == 0
    clock.go_on(timedelta(seconds=1))
    assert (await log_in(db=db, keyring=keyring, typed=typed("lin"))).step is Step.ENROL


async def test_the_next_lock_is_longer(db: Database, keyring: Keyring, clock: VirtualClock) -> None:
    await hire(db, "lin")
    await fail(db, keyring, "lin", 5)
    clock.go_on(timedelta(minutes=15))
    await fail(db, keyring, "lin", 5)
    clock.go_on(timedelta(minutes=29))
    await fail(db, keyring, "lin", 1)
    clock.go_on(timedelta(minutes=1))
    assert (await log_in(db=db, keyring=keyring, typed=typed("lin"))).step is Step.ENROL


def test_a_lock_doubles_up_to_a_day() -> None:
    assert [lock_for(n) for n in (1, 4, 6, 9)] == [None] * 4
    assert [lock_for(n) for n in (5, 10, 15)] == [timedelta(minutes=15), timedelta(minutes=30), timedelta(hours=1)]
    assert lock_for(5000) == timedelta(hours=24)


async def test_failures_are_told_in_the_log_without_what_was_typed(db: Database, keyring: Keyring) -> None:
    await hire(db, "lin")
    await fail(db, keyring, "lin", 5)
    await fail(db, keyring, "nobody", 1)
    lines = await read_audit(db)
    assert [line.action for line in lines] == ["session:locked_out", *["session:refused"] * 4]
    assert lines[0].facts == {"step": "password", "failures": 5}
    assert lines[0].address == "203.0.113.7"
    assert "not the password" not in str(lines)
