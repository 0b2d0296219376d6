"""A stuck exception 卡住: something stands too long, somebody looks after it, and its buyer knows until when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kameng.attention import store
from kameng.attention.bounds import Thing
from kameng.kernel.database import Connection
from kameng.orders.lifecycle import OrderState
from kameng.orders.number import OrderId
from kameng.staff.roles import Role

LINES_MAX = 200


@dataclass(frozen=True)
class Stuck:
    """`since` when it has stood in `state`; `role` whose queue it is in until `owner` takes it; `promise_at` by when it
    has moved or its buyer hears more."""

    id: int
    thing: Thing
    thing_id: int
    order_id: OrderId
    state: str
    since: datetime
    found_at: datetime
    role: Role
    taken_at: datetime | None
    promise_at: datetime
    escalations: int
    owner_id: int | None
    owner: str | None
    follow_up_at: datetime | None
    product_name: str
    face_value: str
    order_state: OrderState


async def list_stuck(connection: Connection) -> list[Stuck]:
    """What was promised for the earliest moment first."""
    return [_stuck(dict(row)) for row in await store.list_open(connection, at_most=LINES_MAX)]


async def count_stuck(connection: Connection) -> int:
    """How many there are at this moment."""
    return await store.count_open(connection)


def _stuck(row: Mapping[str, Any]) -> Stuck:
    return Stuck(
        **{
            **row,
            "thing": Thing(row["thing"]),
            "order_id": OrderId(row["order_id"]),
            "role": Role(row["role"]),
            "order_state": OrderState(row["order_state"]),
        }
    )
