"""What the public may know of all lines 线路: how they do now, how fast they are today, and how the last 90 days were.

Lines are named by product, operator and province. Nobody is told who the suppliers are, nor how many.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Any
from weakref import WeakKeyDictionary

from kameng.kernel.clock import SHANGHAI
from kameng.kernel.database import Database
from kameng.kernel.text import Words
from kameng.supply.troubles import Place, Trouble, TroubleKind, trouble_history
from kameng.tracking import status_queries
from kameng.tracking.outlook import Line, line_of

DAYS_BACK = 90
READ_AGAIN_AFTER = timedelta(seconds=5)
TOLD_MAX = 50


class LineState(StrEnum):
    """From best to worst."""

    FINE = "fine"
    REROUTED = "rerouted"
    SLOW = "slow"
    PARTLY_DOWN = "partly_down"
    DOWN = "down"


class DayState(StrEnum):
    """`QUIET`: nothing was delivered and nothing went wrong, so nothing is known."""

    QUIET = "quiet"
    FINE = "fine"
    SLOW = "slow"
    FAULTY = "faulty"


STATE_WORDS: Mapping[LineState, Words] = {
    LineState.FINE: Words("正常"),
    LineState.REROUTED: Words("已切换线路"),
    LineState.SLOW: Words("缓慢"),
    LineState.PARTLY_DOWN: Words("部分地区暂停"),
    LineState.DOWN: Words("暂停"),
}


@dataclass(frozen=True)
class PublicTrouble:
    """`more`: how many further products it touches where no operator is named. `until`: None when it is over, or
    when nobody knows."""

    line: Line
    more: int
    kind: TroubleKind
    opened_at: datetime
    closed_at: datetime | None
    until: datetime | None


@dataclass(frozen=True)
class LineStatus:
    """One product. `median` of the orders that arrived today; `days` the last 90, the oldest first."""

    type_name: str
    product_name: str
    state: LineState
    median: timedelta | None
    delivered: int
    days: tuple[DayState, ...]

    @property
    def spans(self) -> list[tuple[int, int, DayState]]:
        """Days of one state one after the other: where they begin, how many, which."""
        found, at = [], 0
        for state, same in groupby(self.days):
            count = len(list(same))
            found.append((at, count, state))
            at += count
        return found

    @property
    def faulty_days(self) -> int:
        return sum(day in {DayState.SLOW, DayState.FAULTY} for day in self.days)


@dataclass(frozen=True)
class Status:
    """`now` and `past` troubles, the newest first."""

    at: datetime
    lines: tuple[LineStatus, ...]
    now: tuple[PublicTrouble, ...]
    past: tuple[PublicTrouble, ...]

    @property
    def by_type(self) -> list[tuple[str, list[LineStatus]]]:
        """In the shop's order."""
        return [(name, list(lines)) for name, lines in groupby(self.lines, key=lambda line: line.type_name)]

    @property
    def worst(self) -> LineState:
        order = list(LineState)
        return max((line.state for line in self.lines), key=order.index, default=LineState.FINE)


_known: WeakKeyDictionary[Database, Status] = WeakKeyDictionary()


async def read_status(db: Database) -> Status:
    """As it was at most five seconds ago."""
    now = db.clock.now()
    known = _known.get(db)
    if known is None or now - known.at >= READ_AGAIN_AFTER:
        known = _known[db] = await _read(db, now)
    return known


async def _read(db: Database, now: datetime) -> Status:
    since = now.astimezone(SHANGHAI).date() - timedelta(days=DAYS_BACK - 1)
    begins = datetime(since.year, since.month, since.day, tzinfo=SHANGHAI)
    async with db.reading() as connection:
        rows = [dict(row) for row in await status_queries.lines(connection)]
        told: dict[int, dict[date, Mapping[str, Any]]] = defaultdict(dict)
        for row in await status_queries.days(connection, since):
            told[row["product_id"]][row["day"]] = dict(row)
        troubles = await trouble_history(connection, since=begins)
    lines = tuple(_line(row, told[row["product_id"]], troubles, now) for row in rows)
    public = [one for trouble in troubles if (one := _public(trouble, rows, now)) is not None]
    return Status(
        at=now,
        lines=lines,
        now=tuple(_merged(one for one in public if one.closed_at is None)),
        past=tuple(_merged(one for one in public if one.closed_at is not None)),
    )


def _line(
    row: Mapping[str, Any], told: Mapping[date, Mapping[str, Any]], troubles: Sequence[Trouble], now: datetime
) -> LineStatus:
    here = [trouble for trouble in troubles if _touches(trouble, row)]
    today = now.astimezone(SHANGHAI).date()
    days = [today - timedelta(days=back) for back in range(DAYS_BACK - 1, -1, -1)]
    figures = told.get(today)
    return LineStatus(
        type_name=row["type_name"],
        product_name=row["product_name"],
        state=_state([trouble for trouble in here if trouble.closed_at is None], set(row["supplier_ids"])),
        median=timedelta(seconds=figures["median_s"]) if figures else None,
        delivered=figures["delivered"] if figures else 0,
        days=tuple(_day(day, here, is_known=day in told, now=now) for day in days),
    )


def _touches(trouble: Trouble, row: Mapping[str, Any]) -> bool:
    return trouble.place.supplier_id in row["supplier_ids"] and (row["by_operator"] or not trouble.place.operator)


def _state(troubles: Sequence[Trouble], suppliers: set[int]) -> LineState:
    order = list(LineState)
    return max((_effect(trouble, troubles, suppliers) for trouble in troubles), key=order.index, default=LineState.FINE)


def _effect(trouble: Trouble, all_: Sequence[Trouble], suppliers: set[int]) -> LineState:
    """What it means for orders of its operator and province: others may still take them."""
    place = trouble.place
    others = {
        other
        for other in suppliers
        if not any(one.place.covers(Place(other, place.operator, place.province)) for one in all_)
    }
    if others:
        return LineState.REROUTED
    if trouble.kind is TroubleKind.SLOW:
        return LineState.SLOW
    return LineState.PARTLY_DOWN if place.operator else LineState.DOWN


def _day(day: date, troubles: Sequence[Trouble], *, is_known: bool, now: datetime) -> DayState:
    begins = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
    ends = begins + timedelta(days=1)
    kinds = {one.kind for one in troubles if one.opened_at < ends and (one.closed_at or now) >= begins}
    if kinds - {TroubleKind.SLOW}:
        return DayState.FAULTY
    if kinds:
        return DayState.SLOW
    return DayState.FINE if is_known else DayState.QUIET


def _public(trouble: Trouble, rows: Sequence[Mapping[str, Any]], now: datetime) -> PublicTrouble | None:
    """None when nothing that is sold is touched by it."""
    products = [row["product_name"] for row in rows if _touches(trouble, row)]
    if not products:
        return None
    is_open = trouble.closed_at is None
    return PublicTrouble(
        line=line_of(products[0], trouble.place.operator, trouble.place.province),
        more=0 if trouble.place.operator else len(products) - 1,
        kind=trouble.kind,
        opened_at=trouble.opened_at,
        closed_at=trouble.closed_at,
        until=trouble.expected_until if is_open and trouble.expected_until > now else None,
    )


def _merged(troubles: Iterable[PublicTrouble]) -> list[PublicTrouble]:
    """One line a trouble, however many suppliers have it on the same day."""
    kept: dict[tuple[object, ...], PublicTrouble] = {}
    for one in troubles:
        name = one.line.operator or one.line.product_name
        kept.setdefault((name, one.line.province, one.opened_at.astimezone(SHANGHAI).date()), one)
    return list(kept.values())[:TOLD_MAX]
