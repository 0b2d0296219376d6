"""The first step of a log-in: login and password."""

from dataclasses import dataclass
from typing import ClassVar

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database, Transaction
from kameng.kernel.errors import Refusal
from kameng.kernel.text import Words, narrowed
from kameng.staff import store
from kameng.staff.audit import Note, note
from kameng.staff.lock_out import count_failure, lock_on
from kameng.staff.member import Step
from kameng.staff.password import is_password
from kameng.staff.sessions import Opened, open_session

LOGIN_CHARACTERS_MAX = 31


class WrongLogin(Refusal):
    """The same for an unknown login, a wrong password, a disabled and a locked account: it tells nobody which exist.

    Value `locked`: whether this very failure closed the account, so that a surface can raise an alarm.
    """

    code: ClassVar[str] = "wrong_login"
    status: ClassVar[int] = 401
    words: ClassVar[Words] = Words("登录名或密码不对。连续输错 5 次，账号会锁定一段时间")


@dataclass(frozen=True)
class Typed:
    """What somebody typed into the log-in form, and from where."""

    login: str
    password: str
    address: str | None


async def log_in(*, db: Database, keyring: Keyring, typed: Typed) -> Opened:
    """Open an unfinished session that lacks a code, or the enrolment that comes before one.

    Raises WrongLogin, for a right password during a lock-out too.
    """
    login = narrowed(typed.login[: LOGIN_CHARACTERS_MAX + 1]).lower()
    async with db.reading() as connection:
        password_hash = await store.password_hash(connection, login)
    fits = await is_password(typed.password, password_hash)
    async with db.transaction() as tx:
        outcome = await _answer(tx, keyring, login, fits=fits, address=typed.address)
    # A refusal is raised after the commit: the failure it counted has to stay.
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome


async def _answer(
    tx: Transaction, keyring: Keyring, login: str, *, fits: bool, address: str | None
) -> Opened | Refusal:
    secrets = await store.lock_secrets_by_login(tx, login)
    if secrets is None or not secrets.enabled or lock_on(secrets, tx.now):
        return WrongLogin(locked=False)
    if not fits:
        return WrongLogin(locked=await count_failure(tx, secrets, step="password", address=address))
    await note(tx, Note(secrets.staff, "session:password_passed", f"staff:{login}", {}, address))
    step = Step.CODE if secrets.totp_since else Step.ENROL
    return await open_session(tx, keyring, secrets.staff, step=step)
