"""The second step of a log-in: a code from the authenticator."""

from typing import ClassVar

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database, Transaction
from kameng.kernel.errors import Refusal
from kameng.kernel.text import Words
from kameng.staff import store
from kameng.staff.audit import Note, note
from kameng.staff.lock_out import count_failure, lock_on
from kameng.staff.member import Session, SessionEnded, Step
from kameng.staff.sessions import Opened, replace_session
from kameng.staff.store import Secrets
from kameng.staff.totp import step_of, unseal_secret


class WrongCode(Refusal):
    """Value `locked`: whether this very failure closed the account."""

    code: ClassVar[str] = "wrong_code"
    status: ClassVar[int] = 401
    words: ClassVar[Words] = Words("验证码不对或已经用过，请等下一个验证码再试")


async def pass_totp(*, db: Database, keyring: Keyring, session: Session, code: str, address: str | None) -> Opened:
    """Finish the session under a new token. One code opens one session.

    Raises WrongCode, LockedOut, SessionEnded (when the session is not waiting for a code).
    """
    if session.step is not Step.CODE:
        raise SessionEnded
    async with db.transaction() as tx:
        outcome = await check_code(tx, keyring, session, code=code, address=address)
    # A refusal is raised after the commit: the failure it counted has to stay.
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome


async def check_code(
    tx: Transaction, keyring: Keyring, session: Session, *, code: str, address: str | None
) -> Opened | Refusal:
    """Spend the code and finish the session, or count the failure; in the caller's transaction, refusal returned."""
    secrets = await store.lock_secrets(tx, session.staff.id)
    locked = lock_on(secrets, tx.now)
    if locked is not None:
        return locked
    is_enrolled = secrets.totp_since is not None
    if not secrets.enabled or secrets.totp_sealed is None or is_enrolled is not (session.step is Step.CODE):
        return SessionEnded()
    if not await _spend(tx, keyring, secrets, code=code):
        return WrongCode(locked=await count_failure(tx, secrets, step="code", address=address))
    await store.forget_failures(tx, session.staff.id)
    await note(tx, Note(session.staff, "session:opened", f"staff:{session.staff.login}", {}, address))
    return await replace_session(tx, keyring, session)


async def _spend(tx: Transaction, keyring: Keyring, secrets: Secrets, *, code: str) -> bool:
    assert secrets.totp_sealed is not None, "asked only of the enrolled"
    step = step_of(unseal_secret(keyring, secrets.staff, secrets.totp_sealed), code, tx.now)
    return step is not None and await store.spend_step(tx, secrets.staff.id, step)
