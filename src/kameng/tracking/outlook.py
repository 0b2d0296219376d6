"""What to expect of an order that is being delivered: when it should be there, and what stands in its way."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from kameng.arrivals.expected_arrival import Expected, UnderWay, expected_arrival
from kameng.catalogue.phone_segment import OPERATOR_NAMES, Operator
from kameng.kernel.database import Database
from kameng.kernel.text import Words
from kameng.orders.number import OrderId
from kameng.supply.troubles import TroubleKind
from kameng.tracking import queries


class Effect(StrEnum):
    """What a trouble does to this order."""

    HERE = "here"  # it is on its way by this very line
    MOVED = "moved"  # it was sent by another one instead
    WAITING = "waiting"  # it waits until a line works again


TROUBLE_WORDS: Mapping[TroubleKind, Words] = {
    TroubleKind.SLOW: Words("%(line)s处理缓慢"),
    TroubleKind.FAILING: Words("%(line)s近期失败较多"),
    TroubleKind.SILENT: Words("%(line)s暂无响应"),
}
EFFECT_WORDS: Mapping[Effect, Words] = {
    Effect.HERE: Words("您的订单正在这条线路上处理，有结果后会立即更新，不会重复提交。"),
    Effect.MOVED: Words("已为您换用其他线路。"),
    Effect.WAITING: Words("恢复后会自动继续处理，您不用重新下单。"),
}

_SOON = Words("预计 %(about)s内到账，最迟 %(latest)s")
_LATE = Words("比平时慢，预计还要 %(about)s，最迟 %(latest)s")
_NEW = Words("新线路，暂无足够数据；一般 %(about)s内到账，最迟 %(latest)s")
_GUESSED = Words("新线路，暂无足够数据；一般 %(about)s内到账")
_LATE_GUESSED = Words("比平时慢，预计还要 %(about)s；新线路，暂无足够数据")
_WAITING = Words("正在安排线路，提交后一般 %(about)s内到账")
_UNHEARD_OF = Words("比以往任何一单都慢，暂时无法预计；我们正在逐笔核实，有结果会立即更新")
_HELD_UP = Words("线路恢复前可能无法到账，有结果会立即更新")
_IN_DOUBT = Words("核实有结果后立即更新")


#: As long as this, an order without an attempt that runs is not waiting but being sent.
_CHOOSING_TAKES = timedelta(seconds=5)


@dataclass(frozen=True)
class Line:
    """A line as the public may know it: by operator and province where it is for them, never by its supplier."""

    product_name: str
    operator: Words | None
    province: str


@dataclass(frozen=True)
class OrderTrouble:
    """`until`: when it should be over; None when that time has passed and nobody knows a new one yet."""

    kind: TroubleKind
    line: Line
    until: datetime | None
    effect: Effect


@dataclass(frozen=True)
class Outlook:
    """`words` are filled with `about` and `latest` as a surface writes them; both are None where nothing honest can be
    said. `is_known`: told from deliveries by this very supplier. `is_late`: nearly all others were there by now."""

    words: Words
    about: timedelta | None
    latest: datetime | None
    is_known: bool
    is_late: bool
    troubles: tuple[OrderTrouble, ...]


async def find_outlook(*, db: Database, order_id: OrderId, product_name: str) -> Outlook | None:
    """Of an order that suppliers deliver; None of any other."""
    async with db.reading() as connection:
        found = await queries.under_way(connection, order_id)
    if found is None:
        return None
    row = dict(found)
    running = [
        (supplier_id, state, datetime.fromisoformat(called_at)) for supplier_id, state, called_at in row["running"]
    ]
    under_way = [UnderWay(row["product_id"], supplier_id, row["operator"], at) for supplier_id, _, at in running]
    expected = await expected_arrival(
        db=db, under_way=under_way or [UnderWay(row["product_id"], None, row["operator"], db.clock.now())]
    )
    now = db.clock.now()
    troubles = tuple(_troubles(row, product_name, {supplier_id for supplier_id, _, _ in running}, now))
    if any(state == "in_doubt" for _, state, _ in running):
        return Outlook(_IN_DOUBT, None, None, is_known=False, is_late=expected.late, troubles=troubles)
    if any(one.kind is TroubleKind.SILENT and one.effect is Effect.HERE for one in troubles):
        return Outlook(_HELD_UP, None, None, is_known=False, is_late=expected.late, troubles=troubles)
    return Outlook(
        words=_words(expected, is_waiting=not running),
        about=_rounded(expected.about) if expected.about is not None else None,
        latest=_minute(now + expected.at_latest) if expected.at_latest is not None and running else None,
        is_known=expected.known,
        is_late=expected.late,
        troubles=troubles,
    )


def line_of(product_name: str, operator: str, province: str) -> Line:
    return Line(product_name, OPERATOR_NAMES[Operator(operator)] if operator in set(Operator) else None, province)


def _words(expected: Expected, *, is_waiting: bool) -> Words:
    if expected.about is None:
        return _UNHEARD_OF
    if is_waiting:
        return _WAITING
    if expected.at_latest is None:
        return _LATE_GUESSED if expected.late else _GUESSED
    if expected.late:
        return _LATE
    return _SOON if expected.known else _NEW


def _rounded(about: timedelta) -> timedelta:
    """Up to what people say: ten seconds, a minute, five minutes."""
    for below, step in ((60, 10), (1200, 60), (float("inf"), 300)):
        if about.total_seconds() <= below:
            return timedelta(seconds=max(1, -(-about.total_seconds() // step)) * step)
    return about


def _minute(at: datetime) -> datetime:
    """The minute in which it is over."""
    return at.replace(second=0, microsecond=0) + timedelta(minutes=1)


def _troubles(row: Mapping[str, Any], product_name: str, running: set[int], now: datetime) -> "list[OrderTrouble]":
    """Those that touch it: it runs there, or would have. Nobody speaks of a supplier it would never have gone to."""
    found: dict[tuple[Effect, TroubleKind, str, str], OrderTrouble] = {}
    for kind, operator, province, until, supplier_id, priority in row["troubles"]:
        if supplier_id in running:
            effect = Effect.HERE
        elif not running and now - row["opened_at"] < _CHOOSING_TAKES:
            continue
        elif not running:
            effect = Effect.WAITING
        elif supplier_id in row["tried"] or priority <= row["taken"]:
            effect = Effect.MOVED
        else:
            continue
        over = datetime.fromisoformat(until)
        one = OrderTrouble(
            TroubleKind(kind), line_of(product_name, operator, province), over if over > now else None, effect
        )
        found.setdefault((effect, one.kind, operator, province), one)
    return list(found.values())
