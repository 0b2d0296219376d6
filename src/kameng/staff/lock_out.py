"""Lock-out: every fifth failure in a row closes an account for a while, twice as long each time."""

from datetime import datetime, timedelta
from typing import ClassVar

from kameng.kernel.database import Transaction
from kameng.kernel.errors import Refusal
from kameng.kernel.text import Words
from kameng.staff import store
from kameng.staff.audit import Note, note
from kameng.staff.store import Secrets

FAILURES_MAX = 5
LOCKED_FIRST = timedelta(minutes=15)
LOCKED_MAX = timedelta(hours=24)


class LockedOut(Refusal):
    code: ClassVar[str] = "locked_out"
    status: ClassVar[int] = 429
    words: ClassVar[Words] = Words("连续输错次数过多，账号已暂时锁定，请 %(minutes)s 分钟后再试")


def lock_for(failures: int) -> timedelta | None:
    """How long the account closes after this many failures in a row; None when it does not close now."""
    if failures % FAILURES_MAX:
        return None
    doublings: int = failures // FAILURES_MAX - 1
    return min(LOCKED_FIRST * (1 << min(doublings, 16)), LOCKED_MAX)


def lock_on(secrets: Secrets, now: datetime) -> LockedOut | None:
    """The refusal (value: minutes, rounded up) while the account is closed; None when it is open."""
    if secrets.locked_until is None or secrets.locked_until <= now:
        return None
    return LockedOut(minutes=-(-(secrets.locked_until - now) // timedelta(minutes=1)))


async def count_failure(tx: Transaction, secrets: Secrets, *, step: str, address: str | None) -> bool:
    """Count one more wrong password or code; True when it was the one that closes the account."""
    failures = secrets.failures + 1
    locked_for = lock_for(failures)
    until = tx.now + locked_for if locked_for else secrets.locked_until
    await store.count_failure(tx, secrets.staff.id, failures=failures, locked_until=until)
    action = "session:locked_out" if locked_for else "session:refused"
    facts = {"step": step, "failures": failures}
    await note(tx, Note(secrets.staff, action, f"staff:{secrets.staff.login}", facts, address))
    return locked_for is not None
