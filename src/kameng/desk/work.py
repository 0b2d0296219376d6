"""What waits for staff beside deliveries and cases: held orders, refunds to approve, resubmissions with staff, and what
somebody follows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from kameng.desk import work_store
from kameng.kernel.database import Connection
from kameng.orders.lifecycle import OrderState
from kameng.orders.number import OrderId
from kameng.risk.score_order import reasons_of
from kameng.risk.scorecard import Reason

LINES_MAX = 200
#: A person who has not decided by then leaves the buyer free to ask anew: see resubmission/tend.py.
RESUBMISSION_WAITS = timedelta(days=3)


@dataclass(frozen=True)
class WorkCounts:
    """How many wait in each queue."""

    review: int
    cases: int
    refunds: int
    resubmissions: int
    #: Those alone that somebody wanted to look at by now.
    followed: int


@dataclass(frozen=True)
class Held:
    """An order that a person has to release or send back by `decide_by`."""

    order_id: OrderId
    points: int
    reasons: Sequence[Reason]
    at: datetime
    decide_by: datetime
    product_name: str
    face_value: str


@dataclass(frozen=True)
class LeftToStaff:
    """A resubmission that a person decides. `kind` and `why` as resubmissions name them."""

    id: int
    order_id: OrderId
    kind: str
    why: Sequence[str]
    applied_at: datetime
    due_at: datetime
    product_name: str
    face_value: str


@dataclass(frozen=True)
class Followed:
    """An order that somebody of the staff sees to, or wants to look at again."""

    order_id: OrderId
    owner_id: int | None
    owner: str | None
    follow_up_at: datetime | None
    changed_at: datetime
    state: OrderState
    product_name: str
    face_value: str


async def count_work(connection: Connection, *, now: datetime) -> WorkCounts:
    row = await connection.fetchrow(work_store.COUNTED, now)
    assert row is not None, "a SELECT without FROM is one row"
    return WorkCounts(**dict(row))


async def list_held_for_staff(connection: Connection) -> list[Held]:
    """What has to be decided first on top."""
    return [_held(dict(row)) for row in await connection.fetch(work_store.HELD, LINES_MAX)]


async def list_followed(connection: Connection) -> list[Followed]:
    """What is to be looked at first on top; what has no such moment, the longest untouched first."""
    rows = await connection.fetch(work_store.FOLLOWED, LINES_MAX)
    return [
        Followed(**{**row, "order_id": OrderId(row["order_id"]), "state": OrderState(row["state"])}) for row in rows
    ]


async def list_left_to_staff(connection: Connection) -> list[LeftToStaff]:
    """The longest waiting first."""
    rows = await connection.fetch(work_store.WITH_STAFF, LINES_MAX)
    return [LeftToStaff(**dict(row), due_at=row["applied_at"] + RESUBMISSION_WAITS) for row in rows]


def _held(row: Mapping[str, Any]) -> Held:
    return Held(
        OrderId(row["order_id"]), row["points"], reasons_of(row["reasons"]), row["at"], row["decide_by"],
        row["product_name"], row["face_value"],
    )  # fmt: skip
