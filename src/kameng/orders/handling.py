"""Who among staff sees to an order, when they look at it again, and what they wrote down. None of it is the buyer's."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Connection
from kameng.kernel.errors import Refusal
from kameng.kernel.text import Words
from kameng.orders import handling_store
from kameng.orders.number import OrderId
from kameng.staff.roles import ALLOWED, Permission

PURPOSE_NOTE = "order note"
NOTE_MAX = 1000


class OrderTakenByAnother(Refusal):
    """`login` has it since the page was opened."""

    code = "order_taken_by_another"
    words = Words("这个订单刚刚由 %(login)s 接手了")


@dataclass(frozen=True)
class Handling:
    """`owner` is the login of `owner_id`. An order nobody has touched has neither owner nor follow-up."""

    owner_id: int | None = None
    owner: str | None = None
    follow_up_at: datetime | None = None


@dataclass(frozen=True)
class OrderNote:
    id: int
    login: str
    words: str = field(repr=False)
    at: datetime


async def handling_of(connection: Connection, order_id: OrderId) -> Handling:
    row = await handling_store.find(connection, order_id)
    return Handling(row["owner_id"], row["owner"], row["follow_up_at"]) if row else Handling()


async def notes_of(connection: Connection, keyring: Keyring, order_id: OrderId) -> Sequence[OrderNote]:
    """The oldest first."""
    return [
        OrderNote(row["id"], row["login"], _opened(keyring, order_id, row["sealed"]), row["at"])
        for row in await handling_store.notes(connection, order_id)
    ]


async def list_order_handlers(connection: Connection) -> list[tuple[int, str]]:
    """Who an order can be given to: number and login."""
    rows = await handling_store.handlers(connection, sorted(ALLOWED[Permission.ORDER_HANDLE]))
    return [(row["id"], row["login"]) for row in rows]


def seal_note(keyring: Keyring, order_id: OrderId, words: str) -> bytes:
    return keyring.seal(words.encode(), purpose=PURPOSE_NOTE, bound_to=str(order_id).encode())


def _opened(keyring: Keyring, order_id: OrderId, sealed: bytes) -> str:
    return keyring.unseal(sealed, purpose=PURPOSE_NOTE, bound_to=str(order_id).encode()).decode()
