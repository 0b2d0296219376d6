"""SQL of staff. Private to this package."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from kameng.kernel.database import Connection, Transaction
from kameng.staff.member import Session, Staff, StaffListed, Step
from kameng.staff.roles import Role

INSERT_STAFF = """
INSERT INTO staff (login, role, password_hash, created_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (login) DO NOTHING RETURNING id
"""

ALL_STAFF = """
SELECT id, login, role, enabled, totp_since IS NOT NULL AS has_totp, locked_until, created_at FROM staff ORDER BY login
"""

STAFF_BY_ID = "SELECT id, login, role FROM staff WHERE id = $1 FOR UPDATE"

STAFF_BY_LOGIN = "SELECT id, login, role FROM staff WHERE login = $1 FOR UPDATE"

LOCK_OWNERS = "SELECT id FROM staff WHERE role = 'owner' AND enabled ORDER BY id FOR UPDATE"

PASSWORD_HASH = "SELECT password_hash FROM staff WHERE login = $1"  # noqa: S105 - a statement

_SECRETS = "id, login, role, password_hash, totp_sealed, totp_since, totp_step, failures, locked_until, enabled"

SECRETS_BY_LOGIN = f"SELECT {_SECRETS} FROM staff WHERE login = $1 FOR UPDATE"  # noqa: S608 - a constant

SECRETS_BY_ID = f"SELECT {_SECRETS} FROM staff WHERE id = $1 FOR UPDATE"  # noqa: S608 - a constant

COUNT_FAILURE = "UPDATE staff SET failures = $2, locked_until = $3 WHERE id = $1"

FORGET_FAILURES = "UPDATE staff SET failures = 0, locked_until = NULL WHERE id = $1"

SET_ROLE = "UPDATE staff SET role = $2 WHERE id = $1"

SET_ENABLED = "UPDATE staff SET enabled = $2 WHERE id = $1"

SET_PASSWORD = """
UPDATE staff SET password_hash = $2, failures = 0, locked_until = NULL WHERE id = $1
"""  # noqa: S105 - a statement

SET_TOTP = "UPDATE staff SET totp_sealed = $2, totp_since = NULL WHERE id = $1"

CONFIRM_TOTP = "UPDATE staff SET totp_since = $2 WHERE id = $1"

SPEND_STEP = "UPDATE staff SET totp_step = $2 WHERE id = $1 AND totp_step < $2 RETURNING id"

CLEAR_TOTP = "UPDATE staff SET totp_sealed = NULL, totp_since = NULL WHERE id = $1"

OPEN_SESSION = """
INSERT INTO staff_sessions (token_index, staff_id, complete, opened_at, seen_at) VALUES ($1, $2, $3, $4, $4)
"""

SESSION = """
SELECT s.token_index, s.complete, s.opened_at, s.seen_at, staff.id, staff.login, staff.role,
       staff.totp_since IS NOT NULL AS has_totp
FROM staff_sessions s JOIN staff ON staff.id = s.staff_id
WHERE s.token_index = $1 AND staff.enabled
"""

TOUCH_SESSION = "UPDATE staff_sessions SET seen_at = $2 WHERE token_index = $1"

CLOSE_SESSION = "DELETE FROM staff_sessions WHERE token_index = $1 RETURNING staff_id"

CLOSE_SESSIONS_OF = "DELETE FROM staff_sessions WHERE staff_id = $1"

CLOSE_OLD_SESSIONS = "DELETE FROM staff_sessions WHERE opened_at < $1"

INSERT_NOTE = """
INSERT INTO staff_audit (staff_id, login, action, subject, facts, address, at) VALUES ($1, $2, $3, $4, $5, $6, $7)
"""

ID_MAX = 2**63 - 1

# A statement for each way to ask: one for all of them would walk the whole log for whoever is seldom in it.
_NOTES = """
SELECT id, login, action, subject, facts, address, at FROM staff_audit
WHERE {of} AND id < $1 ORDER BY id DESC LIMIT $2
"""
NOTES = _NOTES.format(of="true")
NOTES_BY = _NOTES.format(of="login = $3")
NOTES_ABOUT = _NOTES.format(of="subject = $4 AND ($3 = '' OR login = $3)")
NOTES_OF_KIND = _NOTES.format(of="split_part(subject, ':', 1) = $4 AND ($3 = '' OR login = $3)")


@dataclass(frozen=True)
class Secrets:
    """What a log-in is checked against; the row is held."""

    staff: Staff
    password_hash: str
    totp_sealed: bytes | None
    totp_since: datetime | None
    totp_step: int
    failures: int
    locked_until: datetime | None
    enabled: bool


def _staff(row: asyncpg.Record) -> Staff:
    return Staff(id=row["id"], login=row["login"], role=Role(row["role"]))


def _secrets(row: asyncpg.Record) -> Secrets:
    rest = {name: row[name] for name in Secrets.__dataclass_fields__ if name != "staff"}
    return Secrets(staff=_staff(row), **rest)


async def insert_staff(tx: Transaction, *, login: str, role: Role, password_hash: str) -> int | None:
    """The new id; None when the login is taken."""
    staff_id: int | None = await tx.connection.fetchval(INSERT_STAFF, login, role, password_hash, tx.now)
    return staff_id


async def all_staff(connection: Connection) -> list[StaffListed]:
    rows = await connection.fetch(ALL_STAFF)
    return [StaffListed(**{**dict(row), "role": Role(row["role"])}) for row in rows]


async def lock_staff(tx: Transaction, staff_id: int) -> Staff | None:
    row = await tx.connection.fetchrow(STAFF_BY_ID, staff_id)
    return _staff(row) if row else None


async def lock_staff_by_login(tx: Transaction, login: str) -> Staff | None:
    row = await tx.connection.fetchrow(STAFF_BY_LOGIN, login)
    return _staff(row) if row else None


async def lock_owners(tx: Transaction) -> list[int]:
    """The ids of all who can log in as owner, held, so that no two changes each leave the other's owner behind."""
    return [row["id"] for row in await tx.connection.fetch(LOCK_OWNERS)]


async def password_hash(connection: Connection, login: str) -> str | None:
    found: str | None = await connection.fetchval(PASSWORD_HASH, login)
    return found


async def lock_secrets_by_login(tx: Transaction, login: str) -> Secrets | None:
    row = await tx.connection.fetchrow(SECRETS_BY_LOGIN, login)
    return _secrets(row) if row else None


async def lock_secrets(tx: Transaction, staff_id: int) -> Secrets:
    row = await tx.connection.fetchrow(SECRETS_BY_ID, staff_id)
    assert row is not None, "staff are never deleted"
    return _secrets(row)


async def count_failure(tx: Transaction, staff_id: int, *, failures: int, locked_until: datetime | None) -> None:
    await tx.connection.execute(COUNT_FAILURE, staff_id, failures, locked_until)


async def forget_failures(tx: Transaction, staff_id: int) -> None:
    await tx.connection.execute(FORGET_FAILURES, staff_id)


async def set_role(tx: Transaction, staff_id: int, role: Role) -> None:
    await tx.connection.execute(SET_ROLE, staff_id, role)


async def set_enabled(tx: Transaction, staff_id: int, *, enabled: bool) -> None:
    await tx.connection.execute(SET_ENABLED, staff_id, enabled)


async def set_password(tx: Transaction, staff_id: int, password_hash: str) -> None:
    await tx.connection.execute(SET_PASSWORD, staff_id, password_hash)


async def set_totp(tx: Transaction, staff_id: int, sealed: bytes) -> None:
    await tx.connection.execute(SET_TOTP, staff_id, sealed)


async def confirm_totp(tx: Transaction, staff_id: int) -> None:
    await tx.connection.execute(CONFIRM_TOTP, staff_id, tx.now)


async def spend_step(tx: Transaction, staff_id: int, step: int) -> bool:
    """False when this step, or a later one, was spent before."""
    return await tx.connection.fetchval(SPEND_STEP, staff_id, step) is not None


async def clear_totp(tx: Transaction, staff_id: int) -> None:
    await tx.connection.execute(CLEAR_TOTP, staff_id)


async def open_session(tx: Transaction, staff_id: int, *, token_index: bytes, complete: bool) -> None:
    await tx.connection.execute(OPEN_SESSION, token_index, staff_id, complete, tx.now)


async def session(connection: Connection, token_index: bytes) -> Session | None:
    row = await connection.fetchrow(SESSION, token_index)
    if row is None:
        return None
    step = Step.DONE if row["complete"] else Step.CODE if row["has_totp"] else Step.ENROL
    return Session(row["token_index"], _staff(row), step, row["opened_at"], row["seen_at"])


async def touch_session(connection: Connection, token_index: bytes, now: datetime) -> None:
    await connection.execute(TOUCH_SESSION, token_index, now)


async def close_session(tx: Transaction, token_index: bytes) -> bool:
    """False when somebody else closed it meanwhile."""
    return await tx.connection.fetchval(CLOSE_SESSION, token_index) is not None


async def close_sessions_of(tx: Transaction, staff_id: int) -> None:
    await tx.connection.execute(CLOSE_SESSIONS_OF, staff_id)


async def close_sessions_opened_before(tx: Transaction, moment: datetime) -> None:
    await tx.connection.execute(CLOSE_OLD_SESSIONS, moment)


async def insert_note(
    tx: Transaction, staff: Staff, action: str, *, subject: str, facts: Mapping[str, Any], address: str | None
) -> None:
    await tx.connection.execute(INSERT_NOTE, staff.id, staff.login, action, subject, dict(facts), address, tx.now)


async def notes(
    connection: Connection, *, login: str, subject: str, before: int | None, at_most: int
) -> list[dict[str, Any]]:
    """The newest, of a member of staff, about a subject or, without a name behind its colon, about a kind of them."""
    upto = ID_MAX if before is None else before
    kind, _, name = subject.partition(":")
    if not subject:
        statement, values = (NOTES_BY, [login]) if login else (NOTES, [])
    else:
        statement, values = (NOTES_ABOUT, [login, subject]) if name else (NOTES_OF_KIND, [login, kind])
    return [dict(row) for row in await connection.fetch(statement, upto, at_most, *values)]
