from datetime import timedelta

import pytest

from kameng.kernel.clock import VirtualClock
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.staff.lock_out import LockedOut
from kameng.staff.log_in import WrongLogin, log_in
from kameng.staff.member import Session, SessionEnded, Step
from kameng.staff.pass_totp import WrongCode, pass_totp
from kameng.staff.sessions import Opened, find_session
from tests.staff.people import ADDRESS, Person, code_at, enrol, session_of, typed

pytestmark = pytest.mark.anyio


@pytest.fixture
async def mei(db: Database, keyring: Keyring, clock: VirtualClock) -> Person:
    person = await enrol(db, keyring, "mei")
    clock.go_on(timedelta(minutes=5))
    return person


async def half_open(db: Database, keyring: Keyring) -> tuple[Opened, Session]:
    opened = await log_in(db=db, keyring=keyring, typed=typed("mei"))
    return opened, await session_of(db, keyring, opened)


async def test_the_right_code_opens_a_session_under_a_new_token(
    db: Database, keyring: Keyring, clock: VirtualClock, mei: Person
) -> None:
    opened, session = await half_open(db, keyring)
    code = code_at(mei.secret, clock.now())
    done = await pass_totp(db=db, keyring=keyring, session=session, code=f" {code[:3]} {code[3:]}", address=ADDRESS)
    assert done.token != opened.token
    assert await find_session(db, keyring, opened.token) is None
    assert (await session_of(db, keyring, done)).step is Step.DONE


@pytest.mark.parametrize("drift", [-30, 30])
async def test_one_step_of_drift_is_forgiven(
    db: Database, keyring: Keyring, clock: VirtualClock, mei: Person, drift: int
) -> None:
    _, session = await half_open(db, keyring)
    code = code_at(mei.secret, clock.now() + timedelta(seconds=drift))
    assert (await pass_totp(db=db, keyring=keyring, session=session, code=code, address=ADDRESS)).step is Step.DONE


@pytest.mark.parametrize("drift", [-90, 90])
async def test_more_drift_is_not(db: Database, keyring: Keyring, clock: VirtualClock, mei: Person, drift: int) -> None:
    _, session = await half_open(db, keyring)
    code = code_at(mei.secret, clock.now() + timedelta(seconds=drift))
    with pytest.raises(WrongCode):
        await pass_totp(db=db, keyring=keyring, session=session, code=code, address=ADDRESS)


async def test_a_code_opens_one_session_only(db: Database, keyring: Keyring, clock: VirtualClock, mei: Person) -> None:
    _, session = await half_open(db, keyring)
    code = code_at(mei.secret, clock.now())
    await pass_totp(db=db, keyring=keyring, session=session, code=code, address=ADDRESS)
    again, second = await half_open(db, keyring)
    with pytest.raises(WrongCode):
        await pass_totp(db=db, keyring=keyring, session=second, code=code, address=ADDRESS)
    earlier = code_at(mei.secret, clock.now() - timedelta(seconds=30))
    with pytest.raises(WrongCode):
        await pass_totp(db=db, keyring=keyring, session=second, code=earlier, address=ADDRESS)
    assert (await session_of(db, keyring, again)).step is Step.CODE


async def test_the_code_of_the_enrolment_opens_nothing_more(
    db: Database, keyring: Keyring, clock: VirtualClock
) -> None:
    person = await enrol(db, keyring, "mei")
    _, session = await half_open(db, keyring)
    code = code_at(person.secret, clock.now())
    with pytest.raises(WrongCode):
        await pass_totp(db=db, keyring=keyring, session=session, code=code, address=ADDRESS)


async def test_codes_can_not_be_tried_through(db: Database, keyring: Keyring, clock: VirtualClock, mei: Person) -> None:
    _, session = await half_open(db, keyring)
    for _ in range(5):
        with pytest.raises(WrongCode):
            await pass_totp(db=db, keyring=keyring, session=session, code="000000", address=ADDRESS)
    code = code_at(mei.secret, clock.now())
    with pytest.raises(LockedOut) as refused:
        await pass_totp(db=db, keyring=keyring, session=session, code=code, address=ADDRESS)
    assert refused.value.values == {"minutes": 15}
    with pytest.raises(WrongLogin):
        await log_in(db=db, keyring=keyring, typed=typed("mei"))


async def test_a_password_in_between_does_not_win_new_tries(db: Database, keyring: Keyring, mei: Person) -> None:
    for _ in range(5):
        _, session = await half_open(db, keyring)
        with pytest.raises(WrongCode):
            await pass_totp(db=db, keyring=keyring, session=session, code="000000", address=ADDRESS)
    with pytest.raises(WrongLogin):
        await log_in(db=db, keyring=keyring, typed=typed(mei.staff.login))


async def test_a_finished_session_can_not_be_finished_again(db: Database, keyring: Keyring, mei: Person) -> None:
    session = await find_session(db, keyring, mei.token)
    assert session is not None
    with pytest.raises(SessionEnded):
        await pass_totp(db=db, keyring=keyring, session=session, code="000000", address=ADDRESS)


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "１２３", "0" * 5000])
async def test_what_is_no_code_is_refused(db: Database, keyring: Keyring, mei: Person, code: str) -> None:
    _, session = await half_open(db, keyring)
    with pytest.raises(WrongCode):
        await pass_totp(db=db, keyring=keyring, session=session, code=code, address=ADDRESS)
