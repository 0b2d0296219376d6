"""SQL of batches. Private to this package."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from kameng.batches.batch import Action, Batch, BatchState
from kameng.kernel.database import Connection, Transaction
from kameng.staff.member import Staff
from kameng.staff.roles import Role

_COLUMNS = """b.id, b.action, b.state, b.staff_id, s.login, s.role, b.merchant_id, b.key, b.chosen, b.unread, b.cause,
    b.reason, b.needs, b.stopped_why, b.address, b.drawn_at, b.confirmed_at, b.ended_at, b.lapse_at"""

INSERT = """
INSERT INTO order_batches (action, state, staff_id, chosen, unread, address, drawn_at, lapse_at)
VALUES ($1, 'draft', $2, $3, $4, $5, $6, $7) RETURNING id
"""

# A merchant's is confirmed by being asked for. Its key makes one, for ever.
INSERT_OF_MERCHANT = """
INSERT INTO order_batches (action, state, merchant_id, key, fingerprint, chosen, reason, address, drawn_at,
                           confirmed_at)
VALUES ('resubmit', 'running', $1, $2, $3, $4, '', $5, $6, $6)
ON CONFLICT (merchant_id, key) WHERE merchant_id IS NOT NULL DO NOTHING RETURNING id
"""

OF_MERCHANT = "SELECT id, fingerprint FROM order_batches WHERE merchant_id = $1 AND key = $2"

BATCH = f"""
SELECT {_COLUMNS} FROM order_batches b LEFT JOIN staff s ON s.id = b.staff_id WHERE b.id = $1
"""  # noqa: S608 - constants

LOCK = BATCH + "FOR UPDATE OF b"

NEWEST = f"""
SELECT {_COLUMNS} FROM order_batches b LEFT JOIN staff s ON s.id = b.staff_id
WHERE b.id < $1 AND b.state <> 'draft' ORDER BY b.id DESC LIMIT $2
"""  # noqa: S608 - constants

WAITING_FOR = f"""
SELECT {_COLUMNS} FROM order_batches b LEFT JOIN staff s ON s.id = b.staff_id
WHERE b.lapse_at IS NOT NULL AND b.state IN ('waiting', 'agreed_once') ORDER BY b.lapse_at LIMIT $1
"""  # noqa: S608 - constants

MOVE = """
UPDATE order_batches SET
    state = $3, lapse_at = $4, needs = coalesce($5, needs), cause = coalesce($6, cause), reason = coalesce($7, reason),
    stopped_why = $8,
    confirmed_at = CASE WHEN $2 = 'draft' AND $3 IN ('running', 'waiting') THEN $9::timestamptz ELSE confirmed_at END,
    ended_at = CASE WHEN $3 IN ('done', 'ended', 'declined', 'lapsed') THEN $9 END
WHERE id = $1 AND state = $2
"""

AGREE = """
INSERT INTO order_batch_approvals (batch_id, login, reason, at) VALUES ($1, $2, $3, $4)
ON CONFLICT (batch_id, login) DO NOTHING
"""

AGREED = "SELECT login, reason, at FROM order_batch_approvals WHERE batch_id = $1 ORDER BY at"

# What somebody has asked for in batches since then; in fen.
ASKED_SINCE = """
SELECT coalesce(sum(i.amount_fen), 0)::bigint
FROM order_batches b JOIN order_batch_items i ON i.batch_id = b.id AND i.state <> 'unfit'
WHERE b.staff_id = $1 AND b.confirmed_at > $2 AND b.action = $3 AND b.state NOT IN ('declined', 'lapsed')
"""

HOLD_STAFF = "SELECT id FROM staff WHERE id = $1 FOR NO KEY UPDATE"

# The state of a batch whose asker has gone, or who may not do this any more, is decided by whoever reads this.
RUNNING = f"""
SELECT {_COLUMNS}, coalesce(s.enabled, true) AS asker_there
FROM order_batches b LEFT JOIN staff s ON s.id = b.staff_id
WHERE b.state = 'running' ORDER BY b.id LIMIT $1
"""  # noqa: S608 - constants

FINISHED = """
SELECT id FROM order_batches b
WHERE state = 'running' AND NOT EXISTS (
    SELECT FROM order_batch_items i WHERE i.batch_id = b.id AND i.state = 'todo')
ORDER BY id LIMIT $1
"""

LAPSING = "SELECT id FROM order_batches WHERE lapse_at <= $1 ORDER BY lapse_at LIMIT $2"


@dataclass(frozen=True)
class New:
    """A preview about to be written."""

    action: Action
    staff_id: int
    chosen: Mapping[str, Any]
    unread: Sequence[int]
    address: str | None
    lapse_at: datetime


@dataclass(frozen=True)
class Moved:
    """What changes with a batch's state; None stays, `lapse_at` and `stopped_why` apart."""

    state: BatchState
    lapse_at: datetime | None = None
    needs: int | None = None
    cause: str | None = None
    reason: str | None = None
    stopped_why: str | None = None


async def insert(tx: Transaction, new: New) -> int:
    batch_id: int = await tx.connection.fetchval(
        INSERT, new.action, new.staff_id, new.chosen, list(new.unread), new.address, tx.now, new.lapse_at
    )  # fmt: skip
    return batch_id


async def insert_of_merchant(
    tx: Transaction, merchant_id: int, key: str, *, fingerprint: bytes, chosen: Mapping[str, Any], address: str | None
) -> int | None:
    """None when the key has made one before."""
    batch_id: int | None = await tx.connection.fetchval(
        INSERT_OF_MERCHANT, merchant_id, key, fingerprint, chosen, address, tx.now
    )
    return batch_id


async def of_merchant(connection: Connection, merchant_id: int, key: str) -> asyncpg.Record | None:
    return await connection.fetchrow(OF_MERCHANT, merchant_id, key)


async def batch(connection: Connection, batch_id: int) -> Batch | None:
    row = await connection.fetchrow(BATCH, batch_id)
    return _batch_of(dict(row)) if row else None


async def lock(tx: Transaction, batch_id: int) -> Batch | None:
    row = await tx.connection.fetchrow(LOCK, batch_id)
    return _batch_of(dict(row)) if row else None


async def newest(connection: Connection, *, before: int, at_most: int) -> list[Batch]:
    return [_batch_of(dict(row)) for row in await connection.fetch(NEWEST, before, at_most)]


async def waiting(connection: Connection, *, at_most: int) -> list[Batch]:
    return [_batch_of(dict(row)) for row in await connection.fetch(WAITING_FOR, at_most)]


async def move(tx: Transaction, one: Batch, moved: Moved) -> bool:
    """Compare-and-set on the state it was read in."""
    written: str = await tx.connection.execute(
        MOVE, one.id, one.state, moved.state, moved.lapse_at, moved.needs, moved.cause, moved.reason,
        moved.stopped_why, tx.now,
    )  # fmt: skip
    return written == "UPDATE 1"


async def agree(tx: Transaction, batch_id: int, login: str, reason: str) -> bool:
    """False when this person has agreed before."""
    written: str = await tx.connection.execute(AGREE, batch_id, login, reason, tx.now)
    return written == "INSERT 0 1"


async def agreed(connection: Connection, batch_id: int) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(AGREED, batch_id)
    return rows


async def asked_since(connection: Connection, staff_id: int, since: datetime, action: Action) -> int:
    fen: int = await connection.fetchval(ASKED_SINCE, staff_id, since, action)
    return fen


async def hold_staff(tx: Transaction, staff_id: int) -> None:
    await tx.connection.execute(HOLD_STAFF, staff_id)


async def running(connection: Connection, *, at_most: int) -> list[tuple[Batch, bool]]:
    """With whether its asker still works here."""
    return [(_batch_of(dict(row)), row["asker_there"]) for row in await connection.fetch(RUNNING, at_most)]


async def finished(connection: Connection, *, at_most: int) -> list[int]:
    return [row["id"] for row in await connection.fetch(FINISHED, at_most)]


async def lapsing(connection: Connection, now: datetime, *, at_most: int) -> list[int]:
    return [row["id"] for row in await connection.fetch(LAPSING, now, at_most)]


def _batch_of(row: dict[str, Any]) -> Batch:
    staff_id, login, role = row.pop("staff_id"), row.pop("login"), row.pop("role")
    row.pop("asker_there", None)
    return Batch(
        **{
            **row,
            "action": Action(row["action"]),
            "state": BatchState(row["state"]),
            "unread": tuple(row["unread"]),
            "address": str(row["address"]) if row["address"] else None,
        },
        asker=Staff(staff_id, login, Role(role)) if staff_id is not None else None,
    )
