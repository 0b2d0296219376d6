"""The audit log: everything a member of staff looked at or changed, in the transaction that did it. Append-only."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kameng.kernel.database import Database, Transaction
from kameng.staff import store
from kameng.staff.member import Staff

PAGE = 100


@dataclass(frozen=True)
class Note:
    """One line to be: `action` is noun:verb, `subject` is what it was done to ('order:2611…', 'gateway:epay').

    Facts are kept for good: never a code, a contact or a key.
    """

    staff: Staff
    action: str
    subject: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    address: str | None = None


@dataclass(frozen=True)
class Noted:
    """One line of the log."""

    id: int
    login: str
    action: str
    subject: str
    facts: Mapping[str, Any]
    address: str | None
    at: datetime


async def note(tx: Transaction, line: Note) -> None:
    """Write one line in the caller's transaction."""
    await store.insert_note(tx, line.staff, line.action, subject=line.subject, facts=line.facts, address=line.address)


async def read_audit(db: Database, *, login: str = "", subject: str = "", before: int | None = None) -> list[Noted]:
    """The newest hundred lines, filtered by login and by subject ("order:2611") or kind of subject ("order"); `before`
    an id for the next."""
    async with db.reading() as connection:
        rows = await store.notes(connection, login=login, subject=subject, before=before, at_most=PAGE)
    return [Noted(**{**row, "address": str(row["address"]) if row["address"] else None}) for row in rows]


class NotedDatabase(Database):
    """The database in the hands of one member of staff, for one verb: its first transaction carries the note.

    A verb owns its transaction and knows nothing of staff; given this in place of the database, what it changes and
    the line that says who changed it are committed together or not at all.
    """

    def __init__(self, db: Database, line: Note) -> None:
        super().__init__(db.pool, following=db.following, clock=db.clock)
        self._db = db
        self._line = line
        self.is_noted = False

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """As the database's own; the first one that commits writes the note."""
        writes = not self.is_noted
        async with self._db.transaction() as tx:
            yield tx
            if writes:
                await note(tx, self._line)
        self.is_noted = True
