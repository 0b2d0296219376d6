"""Figures for those who watch the shop: what happened since the last look, how long it took, and what is owed."""

from dataclasses import dataclass

from kameng.kernel.database import Database
from kameng.tracking import queries

HAPPENINGS_MAX = 10_000


@dataclass(frozen=True)
class Happening:
    """One order event with the seconds since the order was placed, and since its payment was confirmed."""

    id: int
    event: str
    since_placed_s: float
    since_paid_s: float | None


@dataclass(frozen=True)
class Figures:
    """`owed` orders are paid for and neither delivered nor paid back."""

    happenings: list[Happening]
    owed: int


async def figures(db: Database, *, after: int | None) -> Figures:
    """What happened after the event with this number; with None, only the newest, to begin from."""
    async with db.reading() as connection:
        owed = await queries.owed(connection)
        if after is None:
            newest = await queries.newest_events(connection, 1)
            return Figures([Happening(id_, "", 0.0, None) for id_ in newest], owed)
        rows = await queries.happenings(connection, after, HAPPENINGS_MAX)
    return Figures([Happening(**dict(row)) for row in rows], owed)
