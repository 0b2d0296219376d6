"""What is kept of an order when a case about it is opened: how it stood, what had happened, what suppliers had said."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from kameng.aftersales import facts_store
from kameng.kernel.database import Connection, Transaction
from kameng.orders.lifecycle import ActorKind, OrderState
from kameng.orders.number import OrderId

#: Of a longer story the end is kept.
LINES_MAX = 200


class Happened(msgspec.Struct, array_like=True, frozen=True):
    """One line of the order's story."""

    event: str
    state: OrderState
    actor: ActorKind
    at: datetime


class Shown(msgspec.Struct, array_like=True, frozen=True):
    """The codes were read, by whom and when."""

    actor: ActorKind
    at: datetime


class Asked(msgspec.Struct, array_like=True, frozen=True):
    """A supplier was asked; `words` are the last ones they said."""

    number: str
    supplier: str
    state: str
    words: str
    called_at: datetime
    settled_at: datetime | None


class Resubmitted(msgspec.Struct, array_like=True, frozen=True):
    """It was tried to put the order right; names as resubmissions have them."""

    kind: str
    state: str
    why: list[str]
    applied_at: datetime
    ended_at: datetime | None


class Paying(msgspec.Struct, array_like=True, frozen=True):
    """A payment was tried."""

    gateway: str
    state: str
    amount_fen: int
    started_at: datetime
    confirmed_at: datetime | None


@dataclass(frozen=True)
class CaseFacts:
    """Amounts in fen. Nothing of it is a code or a contact."""

    state: OrderState
    quantity: int
    amount_fen: int
    pay_until: datetime
    product_name: str
    face_value: str
    delivers: str
    timeline: Sequence[Happened] = field(default=())
    shown: Sequence[Shown] = field(default=())
    attempts: Sequence[Asked] = field(default=())
    payments: Sequence[Paying] = field(default=())
    resubmissions: Sequence[Resubmitted] = field(default=())


async def snapshot(tx: Transaction, order_id: OrderId) -> dict[str, Any]:
    """Of an order that the caller holds, as it is put into the row of its case."""
    return await facts_store.snapshot(tx, order_id, at_most=LINES_MAX)


async def facts_of(connection: Connection, case_id: int) -> CaseFacts | None:
    """What was kept; None when there is no such case."""
    kept = await facts_store.facts(connection, case_id)
    return None if kept is None else msgspec.convert(kept, CaseFacts)
