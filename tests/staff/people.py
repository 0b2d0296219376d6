"""Staff for tests: with a password everybody knows, enrolled or not."""

from dataclasses import dataclass
from datetime import datetime

import pyotp

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.staff.add_staff import add_staff
from kameng.staff.enrol_totp import begin_enrolment, confirm_enrolment
from kameng.staff.log_in import Typed, log_in
from kameng.staff.member import Session, Staff
from kameng.staff.roles import Role
from kameng.staff.sessions import Opened, find_session

PASSWORD = "correct horse battery staple"
ADDRESS = "203.0.113.7"


@dataclass(frozen=True)
class Person:
    """A member of staff with their authenticator, and the token of the session they enrolled in."""

    staff: Staff
    secret: str
    token: str


def code_at(secret: str, moment: datetime) -> str:
    return pyotp.TOTP(secret).at(moment)


def typed(login: str, password: str = PASSWORD) -> Typed:
    return Typed(login=login, password=password, address=ADDRESS)


async def hire(db: Database, login: str, role: Role = Role.OPERATOR) -> Staff:
    """Somebody with a password and no authenticator yet."""
    return Staff(await add_staff(db=db, login=login, password=PASSWORD, role=role), login, role)


async def session_of(db: Database, keyring: Keyring, opened: Opened) -> Session:
    session = await find_session(db, keyring, opened.token)
    assert session is not None
    return session


async def enrol(db: Database, keyring: Keyring, login: str, role: Role = Role.OPERATOR) -> Person:
    """Somebody who went through the whole first log-in, at the present moment of the clock."""
    staff = await hire(db, login, role)
    first = await session_of(db, keyring, await log_in(db=db, keyring=keyring, typed=typed(login)))
    secret = (await begin_enrolment(db=db, keyring=keyring, session=first)).secret.replace(" ", "")
    code = code_at(secret, db.clock.now())
    opened = await confirm_enrolment(db=db, keyring=keyring, session=first, code=code, address=ADDRESS)
    return Person(staff, secret, opened.token)
