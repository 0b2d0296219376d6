"""Refund requests as the desk sees them: those of one order, and those that wait for somebody to agree."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kameng.desk import store
from kameng.kernel.database import Connection, Database
from kameng.orders.lifecycle import ActorKind, OrderState
from kameng.orders.number import OrderId
from kameng.payment.attempt import RefundCause
from kameng.payment.request import RequestState

LINES_MAX = 100


@dataclass(frozen=True)
class RequestLine:
    """`agreed` are the logins of those who have agreed; `needs` how many have to."""

    id: int
    order_id: OrderId
    amount_fen: int
    state: RequestState
    cause: RefundCause
    reason: str
    reference: str | None
    asker_kind: ActorKind
    asker_id: str | None
    needs: int
    asked_at: datetime
    lapse_at: datetime | None
    ended_at: datetime | None
    ended_by: str | None
    ended_reason: str | None
    agreed: Sequence[str]

    @property
    def is_open(self) -> bool:
        return self.lapse_at is not None

    def is_of(self, login: str) -> bool:
        """Whether this member of staff asked for it."""
        return self.asker_kind is ActorKind.STAFF and self.asker_id == login


@dataclass(frozen=True)
class RequestFacts:
    """What whoever decides should know besides. `back_fen` is back or on its way; `reveals` how often codes were read;
    `earlier` how many other requests of this order there were."""

    order_state: OrderState
    product_name: str
    face_value: str
    quantity: int
    paid_fen: int
    back_fen: int
    reveals: int
    earlier: int
    cases: int


@dataclass(frozen=True)
class WaitingRequest:
    line: RequestLine
    facts: RequestFacts


async def requests_of(connection: Connection, order_id: OrderId) -> list[RequestLine]:
    """Oldest first."""
    return [_line(dict(row)) for row in await connection.fetch(store.REQUESTS_OF_ORDER, order_id)]


async def left_to_ask_for(connection: Connection, order_id: OrderId) -> int:
    """What was paid and is neither back, nor on its way, nor asked for; in fen."""
    left_fen: int = await connection.fetchval(store.LEFT_TO_ASK_FOR, order_id)
    return left_fen


async def list_waiting_requests(db: Database) -> list[WaitingRequest]:
    """The longest waiting first."""
    async with db.reading() as connection:
        rows = [dict(row) for row in await connection.fetch(store.REQUESTS_OPEN, LINES_MAX)]
    names = ("order_state", "product_name", "face_value", "quantity", "paid_fen", "back_fen", "reveals", "earlier",
             "cases")  # fmt: skip
    waiting = []
    for row in rows:
        facts = {name: row.pop(name) for name in names}
        facts["order_state"] = OrderState(facts["order_state"])
        waiting.append(WaitingRequest(_line(row), RequestFacts(**facts)))
    return waiting


def _line(row: Mapping[str, Any]) -> RequestLine:
    return RequestLine(
        **{
            **row,
            "order_id": OrderId(row["order_id"]),
            "state": RequestState(row["state"]),
            "cause": RefundCause(row["cause"]),
            "asker_kind": ActorKind(row["asker_kind"]),
        }
    )
