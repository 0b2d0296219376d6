"""The desk's queue of cases, what ends first on top, and one of them with everything that belongs to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from kameng.aftersales import desk_store
from kameng.aftersales.case import Author, Case, CaseMissing, CaseState, Outcome
from kameng.aftersales.conversation import Happening, Message, read_messages, read_story
from kameng.aftersales.facts import CaseFacts, facts_of
from kameng.aftersales.remedies import remedies_of
from kameng.aftersales.remedy import Remedy
from kameng.aftersales.solve_case import outcomes_of
from kameng.aftersales.store import case_of
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Connection, Database
from kameng.orders.lifecycle import OrderState
from kameng.orders.number import OrderId
from kameng.staff.roles import ALLOWED, Permission

LINES_MAX = 200


class Filter(StrEnum):
    """`due`: the promise that ends next is broken or near its end."""

    UNDER_WAY = "under_way"
    MINE = "mine"
    UNASSIGNED = "unassigned"
    DUE = "due"
    WAITING = "waiting"
    FOLLOW_UP = "follow_up"
    CLOSED = "closed"


@dataclass(frozen=True)
class CaseLine:
    """`order_state` is the order's now, `last_author` who wrote last, of buyer and staff."""

    case: Case
    order_state: OrderState
    product_name: str
    face_value: str
    site: str | None
    owner: str | None
    last_author: Author | None


@dataclass(frozen=True)
class CaseFile:
    """`seen` is the number of the last words of staff, for whoever answers now; `outcomes` may be chosen."""

    line: CaseLine
    version: int
    facts: CaseFacts
    messages: Sequence[Message]
    story: Sequence[Happening]
    outcomes: Mapping[Outcome, str | None]
    remedies: Sequence[Remedy]

    @property
    def case(self) -> Case:
        return self.line.case

    @property
    def seen(self) -> int:
        return max((message.id for message in self.messages if message.author is Author.STAFF), default=0)


async def list_cases(db: Database, wanted: Filter, *, staff_id: int) -> list[CaseLine]:
    """What is due first; of closed ones the newest first."""
    now = db.clock.now()
    async with db.reading() as connection:
        if wanted is Filter.CLOSED:
            rows = await desk_store.closed(connection, LINES_MAX)
        else:
            waiting = [CaseState.WAITING_FOR_BUYER, CaseState.WAITING_FOR_SUPPLIER, CaseState.SOLVED]
            asked = (
                staff_id if wanted is Filter.MINE else None,
                wanted is Filter.UNASSIGNED,
                now if wanted is Filter.DUE else None,
                waiting if wanted is Filter.WAITING else None,
                now if wanted is Filter.FOLLOW_UP else None,
                LINES_MAX,
            )
            rows = await desk_store.queue(connection, asked)
    return [_line(dict(row)) for row in rows]


async def count_cases(db: Database, *, staff_id: int) -> dict[Filter, int]:
    """Of each filter but the closed ones."""
    async with db.reading() as connection:
        row = await desk_store.counts(connection, staff_id, db.clock.now())
    return {Filter(name): count for name, count in row.items()}


async def count_due(connection: Connection, now: datetime) -> int:
    """How many have a promise that is broken or near its end."""
    return await desk_store.due(connection, now)


async def cases_of_order(db: Database, order_id: OrderId) -> list[CaseLine]:
    """The newest first."""
    async with db.reading() as connection:
        return [_line(dict(row)) for row in await desk_store.of_order(connection, order_id)]


async def read_file(connection: Connection, keyring: Keyring, case_id: int) -> CaseFile:
    """Everything of a case. Raises CaseMissing."""
    row = await desk_store.case(connection, case_id)
    facts = await facts_of(connection, case_id)
    if row is None or facts is None:
        raise CaseMissing
    line = _line(dict(row))
    return CaseFile(
        line=line,
        version=await desk_store.version(connection, case_id),
        facts=facts,
        messages=await read_messages(connection, keyring, case_id, with_notes=True),
        story=await read_story(connection, case_id),
        outcomes=await outcomes_of(connection, line.case),
        remedies=await remedies_of(connection, line.case.id),
    )


async def list_handlers(db: Database) -> list[tuple[int, str]]:
    """Who cases can be given to: number and login."""
    async with db.reading() as connection:
        rows = await desk_store.handlers(connection, sorted(ALLOWED[Permission.CASE_HANDLE]))
    return [(row["id"], row["login"]) for row in rows]


def _line(row: Mapping[str, Any]) -> CaseLine:
    return CaseLine(
        case=case_of(row),
        order_state=OrderState(row["order_state"]),
        product_name=row["product_name"],
        face_value=row["face_value"],
        site=row["site"],
        owner=row["owner"],
        last_author=Author(row["last_author"]) if row["last_author"] else None,
    )
