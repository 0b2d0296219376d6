"""Sessions: a random token in a cookie, its keyed hash in the table, a new token after each step of the log-in.

Idle for 30 minutes, or open for 12 hours, and it is over. Between password and code it lives for 10 minutes.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database, Transaction
from kameng.staff import store
from kameng.staff.member import Session, SessionEnded, Staff, Step

PURPOSE_TOKEN = "staff session"  # noqa: S105 - a purpose, not a secret
TOKEN_BYTES = 32
TOKEN_CHARACTERS_MAX = 64

IDLE_MAX = timedelta(minutes=30)
OPEN_MAX = timedelta(hours=12)
UNFINISHED_MAX = timedelta(minutes=10)
# A session's last use is written once a minute, not with every request.
TOUCH_AFTER = timedelta(minutes=1)


@dataclass(frozen=True)
class Opened:
    """A session just opened: the token goes into the cookie and is kept nowhere."""

    token: str
    step: Step


async def find_session(db: Database, keyring: Keyring, token: str) -> Session | None:
    """The live session of a token, its use recorded. None when there is none, it timed out, or staff was disabled."""
    if not token or len(token) > TOKEN_CHARACTERS_MAX:
        return None
    now = db.clock.now()
    async with db.reading() as connection:
        found = await store.session(connection, token_index_of(keyring, token))
        if found is None or not _is_alive(found, now):
            return None
        if now - found.seen_at >= TOUCH_AFTER:
            await store.touch_session(connection, found.token_index, now)
    return found


def token_index_of(keyring: Keyring, token: str) -> bytes:
    return keyring.index(token, purpose=PURPOSE_TOKEN)


async def open_session(tx: Transaction, keyring: Keyring, staff: Staff, *, step: Step) -> Opened:
    """A session under a token nobody has seen before; whatever has been over for long is swept away."""
    await store.close_sessions_opened_before(tx, tx.now - OPEN_MAX)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    index = token_index_of(keyring, token)
    await store.open_session(tx, staff.id, token_index=index, complete=step is Step.DONE)
    return Opened(token, step)


async def replace_session(tx: Transaction, keyring: Keyring, session: Session) -> Opened:
    """The finished session under a new token in place of the unfinished one. Raises SessionEnded if that is gone."""
    if not await store.close_session(tx, session.token_index):
        raise SessionEnded
    return await open_session(tx, keyring, session.staff, step=Step.DONE)


def _is_alive(session: Session, now: datetime) -> bool:
    if session.step is not Step.DONE:
        return now - session.opened_at < UNFINISHED_MAX
    return now - session.opened_at < OPEN_MAX and now - session.seen_at < IDLE_MAX
