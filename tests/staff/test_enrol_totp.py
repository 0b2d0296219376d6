import pytest

from kameng.kernel.clock import VirtualClock
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.staff.enrol_totp import begin_enrolment, confirm_enrolment
from kameng.staff.log_in import log_in
from kameng.staff.member import Session, SessionEnded, Step
from kameng.staff.pass_totp import WrongCode
from kameng.staff.reset import reset_totp
from kameng.staff.sessions import find_session
from tests.staff.people import ADDRESS, code_at, enrol, hire, session_of, typed

pytestmark = pytest.mark.anyio


@pytest.fixture
async def first(db: Database, keyring: Keyring) -> Session:
    await hire(db, "lin")
    return await session_of(db, keyring, await log_in(db=db, keyring=keyring, typed=typed("lin")))


async def test_the_secret_is_shown_as_text_and_picture_and_sealed_at_rest(
    db: Database, keyring: Keyring, first: Session
) -> None:
    shown = await begin_enrolment(db=db, keyring=keyring, session=first)
    assert shown.svg.startswith("<svg")
    assert len(shown.secret.replace(" ", "")) == 32
    sealed = await db.pool.fetchval("SELECT totp_sealed FROM staff")
    assert shown.secret.replace(" ", "").encode() not in sealed


async def test_a_page_loaded_again_shows_the_same_secret(db: Database, keyring: Keyring, first: Session) -> None:
    shown = await begin_enrolment(db=db, keyring=keyring, session=first)
    assert await begin_enrolment(db=db, keyring=keyring, session=first) == shown


async def test_a_wrong_code_enrols_nothing(db: Database, keyring: Keyring, first: Session) -> None:
    await begin_enrolment(db=db, keyring=keyring, session=first)
    with pytest.raises(WrongCode):
        await confirm_enrolment(db=db, keyring=keyring, session=first, code="000000", address=ADDRESS)
    assert await db.pool.fetchval("SELECT totp_since FROM staff") is None
    assert (await log_in(db=db, keyring=keyring, typed=typed("lin"))).step is Step.ENROL


async def test_the_enrolled_see_no_secret_again(
    db: Database, keyring: Keyring, clock: VirtualClock, first: Session
) -> None:
    secret = (await begin_enrolment(db=db, keyring=keyring, session=first)).secret.replace(" ", "")
    code = code_at(secret, clock.now())
    await confirm_enrolment(db=db, keyring=keyring, session=first, code=code, address=ADDRESS)
    with pytest.raises(SessionEnded):
        await begin_enrolment(db=db, keyring=keyring, session=first)
    with pytest.raises(SessionEnded):
        await confirm_enrolment(db=db, keyring=keyring, session=first, code=code, address=ADDRESS)


async def test_after_a_reset_old_sessions_end_and_a_new_secret_is_made(db: Database, keyring: Keyring) -> None:
    person = await enrol(db, keyring, "mei")
    await reset_totp(db=db, login="mei")
    assert await find_session(db, keyring, person.token) is None
    session = await session_of(db, keyring, await log_in(db=db, keyring=keyring, typed=typed("mei")))
    shown = await begin_enrolment(db=db, keyring=keyring, session=session)
    assert shown.secret.replace(" ", "") != person.secret
