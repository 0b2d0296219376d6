"""SQL of cases. Private to this package."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

import asyncpg

from kameng.aftersales.case import Actor, Case, CaseKind, CaseState, Clock, Outcome
from kameng.kernel.database import Connection, Transaction
from kameng.orders.number import OrderId

_COLUMNS = """
id, order_id, kind, state, opened_at, answer_by, first_answered_at, solve_by, paused_at, due_at, due_for, warned_at,
missed_at, escalations, owner_id, follow_up_at, outcome, reference, complaint, solved_at, reopened, close_at, closed_at,
look_at
"""

OPEN = f"""
INSERT INTO cases (order_id, kind, state, facts, opened_at, answer_by, solve_by, due_at, due_for, look_at)
VALUES ($1, $2, 'open', $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (order_id) WHERE state <> 'closed' DO NOTHING RETURNING {_COLUMNS}
"""  # noqa: S608 - constants

CASE_WITH = f"SELECT {_COLUMNS} FROM cases WHERE id = $1"  # noqa: S608 - constants

LOCK = f"{CASE_WITH} FOR UPDATE"

# The one under way, or else the last one: numbers grow.
NEWEST_OF_ORDER = f"SELECT {_COLUMNS} FROM cases WHERE order_id = $1 ORDER BY id DESC LIMIT 1"  # noqa: S608 - constants

LOCK_NEWEST_OF_ORDER = f"{NEWEST_OF_ORDER} FOR UPDATE"

OF_ORDER = f"SELECT {_COLUMNS} FROM cases WHERE order_id = $1 ORDER BY id DESC"  # noqa: S608 - constants

# Somebody who writes at this moment sets its clocks anew.
LOCK_TO_LOOK_AT = f"""
SELECT {_COLUMNS} FROM cases WHERE look_at <= $1 ORDER BY look_at LIMIT $2 FOR UPDATE SKIP LOCKED
"""  # noqa: S608 - constants

WRITE = """
UPDATE cases SET state = $2, first_answered_at = $3, solve_by = $4, paused_at = $5, due_at = $6, due_for = $7,
    warned_at = $8, missed_at = $9, escalations = $10, owner_id = $11, follow_up_at = $12, outcome = $13,
    reference = $14, complaint = $15, solved_at = $16, reopened = $17, close_at = $18, closed_at = $19, look_at = $20
WHERE id = $1
"""

TELL = """
INSERT INTO case_events (case_id, event, to_state, actor_kind, actor_id, facts, at) VALUES ($1, $2, $3, $4, $5, $6, $7)
"""

WRITE_MESSAGE = """
INSERT INTO case_messages (case_id, author, login, sealed, at) VALUES ($1, $2, $3, $4, $5) RETURNING id
"""

WRITE_PICTURE = """
INSERT INTO case_pictures (case_id, message_id, width, height, sealed) VALUES ($1, $2, $3, $4, $5)
"""

BUYERS_MESSAGES = """
SELECT count(*) AS messages, min(at) AS since FROM case_messages WHERE case_id = $1 AND author = 'buyer' AND at > $2
"""

PICTURES_COUNTED = "SELECT count(*) FROM case_pictures WHERE case_id = $1"

CASES_SINCE = "SELECT count(*) FROM cases WHERE order_id = $1 AND opened_at > $2"

LAST_STAFF_WORD = "SELECT max(id) FROM case_messages WHERE case_id = $1 AND author = 'staff'"

STAFF_LOGIN = "SELECT login FROM staff WHERE id = $1"

ENABLED_STAFF = "SELECT login FROM staff WHERE id = $1 AND enabled"


async def open_case(tx: Transaction, case: Sequence[Any]) -> Case | None:
    """None when the order has one under way."""
    return _maybe(await tx.connection.fetchrow(OPEN, *case))


async def case_with(connection: Connection, case_id: int) -> Case | None:
    return _maybe(await connection.fetchrow(CASE_WITH, case_id))


async def lock(tx: Transaction, case_id: int) -> Case | None:
    return _maybe(await tx.connection.fetchrow(LOCK, case_id))


async def lock_newest(tx: Transaction, order_id: OrderId) -> Case | None:
    return _maybe(await tx.connection.fetchrow(LOCK_NEWEST_OF_ORDER, order_id))


async def newest(connection: Connection, order_id: OrderId) -> Case | None:
    return _maybe(await connection.fetchrow(NEWEST_OF_ORDER, order_id))


async def of_order(connection: Connection, order_id: OrderId) -> list[Case]:
    return [case_of(dict(row)) for row in await connection.fetch(OF_ORDER, order_id)]


async def lock_to_look_at(tx: Transaction, *, at_most: int) -> list[Case]:
    return [case_of(dict(row)) for row in await tx.connection.fetch(LOCK_TO_LOOK_AT, tx.now, at_most)]


async def write(tx: Transaction, case: Case) -> None:
    await tx.connection.execute(
        WRITE, case.id, case.state, case.first_answered_at, case.solve_by, case.paused_at, case.due_at, case.due_for,
        case.warned_at, case.missed_at, case.escalations, case.owner_id, case.follow_up_at, case.outcome,
        case.reference, case.complaint, case.solved_at, case.reopened, case.close_at, case.closed_at, case.look_at,
    )  # fmt: skip


async def tell(tx: Transaction, case: Case, event: str, by: Actor, login: str | None, facts: Mapping[str, Any]) -> None:
    await tx.connection.execute(TELL, case.id, event, case.state, by, login, facts, tx.now)


async def write_message(tx: Transaction, case_id: int, author: str, login: str | None, sealed: bytes) -> int:
    message_id: int = await tx.connection.fetchval(WRITE_MESSAGE, case_id, author, login, sealed, tx.now)
    return message_id


async def write_picture(tx: Transaction, case_id: int, message_id: int, size: tuple[int, int], sealed: bytes) -> None:
    await tx.connection.execute(WRITE_PICTURE, case_id, message_id, *size, sealed)


async def buyers_messages(tx: Transaction, case_id: int, since: datetime) -> tuple[int, datetime | None]:
    """How many came after `since`, and when the first of them did."""
    (row,) = await tx.connection.fetch(BUYERS_MESSAGES, case_id, since)
    return row["messages"], row["since"]


async def pictures_counted(tx: Transaction, case_id: int) -> int:
    count: int = await tx.connection.fetchval(PICTURES_COUNTED, case_id)
    return count


async def cases_since(tx: Transaction, order_id: OrderId, since: datetime) -> int:
    count: int = await tx.connection.fetchval(CASES_SINCE, order_id, since)
    return count


async def last_staff_word(tx: Transaction, case_id: int) -> int:
    """0 when there is none."""
    message_id: int | None = await tx.connection.fetchval(LAST_STAFF_WORD, case_id)
    return message_id or 0


async def staff_login(tx: Transaction, staff_id: int | None) -> str | None:
    login: str | None = await tx.connection.fetchval(STAFF_LOGIN, staff_id)
    return login


async def enabled_staff(tx: Transaction, staff_id: int) -> str | None:
    login: str | None = await tx.connection.fetchval(ENABLED_STAFF, staff_id)
    return login


_FIELDS = [field.name for field in fields(Case)]


def case_of(row: Mapping[str, Any]) -> Case:
    """From a row that has at least a case's columns."""
    values = {name: row[name] for name in _FIELDS}
    return Case(
        **{
            **values,
            "order_id": OrderId(values["order_id"]),
            "kind": CaseKind(values["kind"]),
            "state": CaseState(values["state"]),
            "due_for": Clock(values["due_for"]) if values["due_for"] else None,
            "outcome": Outcome(values["outcome"]) if values["outcome"] else None,
        }
    )


def _maybe(row: asyncpg.Record | None) -> Case | None:
    return case_of(dict(row)) if row is not None else None
