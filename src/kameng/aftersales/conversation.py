"""What was said in a case, and what happened to it, for those who may read it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kameng.aftersales import desk_store, store
from kameng.aftersales.add_picture import PURPOSE_PICTURE
from kameng.aftersales.case import Actor, Author, Case, CaseMissing, CaseState
from kameng.aftersales.remedies import remedies_of
from kameng.aftersales.remedy import Remedy
from kameng.aftersales.words import bound_to, heard
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Connection, Database
from kameng.orders.number import OrderId


@dataclass(frozen=True)
class Shot:
    """A picture without its content."""

    id: int
    width: int
    height: int


@dataclass(frozen=True)
class Message:
    """`login` is None for a buyer's, and for a note of the system's."""

    id: int
    author: Author
    login: str | None
    words: str = field(repr=False)
    at: datetime
    pictures: Sequence[Shot]


@dataclass(frozen=True)
class Happening:
    """One line of a case's story; `event` is a name of `move.name_of`, or 'opened', 'taken', 'noted', …"""

    id: int
    event: str
    state: CaseState
    actor: Actor
    login: str | None
    facts: Mapping[str, Any]
    at: datetime


@dataclass(frozen=True)
class BuyersCase:
    """`version` grows whenever something happens; `earlier` are the order's other cases, the newest first."""

    case: Case
    version: int
    messages: Sequence[Message]
    earlier: Sequence[Case]
    remedies: Sequence[Remedy] = ()


async def find_case(db: Database, order_id: OrderId) -> Case | None:
    """The order's newest case: the one under way, if there is one."""
    async with db.reading() as connection:
        return await store.newest(connection, order_id)


async def read_case(*, db: Database, keyring: Keyring, order_id: OrderId) -> BuyersCase | None:
    """As its buyer may see it. The caller has checked that its reader owns the order."""
    async with db.reading() as connection:
        cases = await store.of_order(connection, order_id)
        if not cases:
            return None
        version = await desk_store.version(connection, cases[0].id)
        messages = await read_messages(connection, keyring, cases[0].id, with_notes=False)
        remedies = await remedies_of(connection, cases[0].id)
    return BuyersCase(cases[0], version, messages, cases[1:], remedies)


async def case_version(db: Database, case_id: int) -> int:
    """A number that grows whenever something happens to the case."""
    async with db.reading() as connection:
        return await desk_store.version(connection, case_id)


async def read_messages(connection: Connection, keyring: Keyring, case_id: int, *, with_notes: bool) -> list[Message]:
    """The oldest first."""
    return [
        Message(
            id=row["id"],
            author=Author(row["author"]),
            login=row["login"],
            words=heard(keyring, case_id, row["sealed"]),
            at=row["at"],
            pictures=[Shot(*shot) for shot in row["pictures"]],
        )
        for row in await desk_store.messages(connection, case_id, with_notes=with_notes)
    ]


async def read_story(connection: Connection, case_id: int) -> list[Happening]:
    """The oldest first."""
    return [
        Happening(
            id=row["id"],
            event=row["event"],
            state=CaseState(row["to_state"]),
            actor=Actor(row["actor_kind"]),
            login=row["actor_id"],
            facts=row["facts"],
            at=row["at"],
        )
        for row in await desk_store.events(connection, case_id)
    ]


async def find_picture(*, db: Database, keyring: Keyring, order_id: OrderId, picture_id: int) -> bytes:
    """A WebP file, of a case of this order. Raises CaseMissing."""
    async with db.reading() as connection:
        row = await desk_store.picture(connection, picture_id, order_id)
    if row is None:
        raise CaseMissing
    return keyring.unseal(row["sealed"], purpose=PURPOSE_PICTURE, bound_to=bound_to(row["case_id"]))
