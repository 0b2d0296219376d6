"""`8000 11-22`, `8000 今天 50元`: the last four digits of a phone, with a day or an amount besides. Pure."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from kameng.kernel.clock import SHANGHAI
from kameng.kernel.money import fen_of
from kameng.kernel.text import narrowed

TAIL = re.compile(r"\d{4}")
_DAY = re.compile(r"(?:(\d{4})[-/.年])?(\d{1,2})[-/.月](\d{1,2})日?")
_AMOUNT = re.compile(r"[¥￥]?(\d{1,7}(?:\.\d{1,2})?)元?")
_NAMED_DAYS = {"今天": 0, "today": 0, "昨天": 1, "yesterday": 1, "前天": 2}
# Without a day: since the beginning of yesterday.
DAYS_WITHOUT_ONE = 2


@dataclass(frozen=True)
class TailWindow:
    """Orders of this tail placed from `since` until before `until`, of this amount if one was given."""

    tail: str
    since: datetime
    until: datetime
    amount_fen: int | None


def tail_window_of(typed: str, *, now: datetime) -> TailWindow | None:
    """None when it is no tail, or a tail alone: that would fit hundreds of strangers. Days are Shanghai's; without a
    year, the last one there was."""
    first, *others = narrowed(typed).split() or [""]
    if not TAIL.fullmatch(first) or not 1 <= len(others) <= 2:
        return None
    today = now.astimezone(SHANGHAI).date()
    day: date | None = None
    amount_fen: int | None = None
    for word in others:
        if day is None and (found := _day_of(word, today)) is not None:
            day = found
        elif amount_fen is None and (money := _AMOUNT.fullmatch(word)):
            amount_fen = fen_of(money[1])
        else:
            return None
    since = day or today - timedelta(days=DAYS_WITHOUT_ONE - 1)
    until = (day or today) + timedelta(days=1)
    return TailWindow(first, _midnight(since), _midnight(until), amount_fen)


def _day_of(word: str, today: date) -> date | None:
    if word.lower() in _NAMED_DAYS:
        return today - timedelta(days=_NAMED_DAYS[word.lower()])
    found = _DAY.fullmatch(word)
    if found is None:
        return None
    try:
        day = date(int(found[1] or today.year), int(found[2]), int(found[3]))
    except ValueError:
        return None
    return day if found[1] or day <= today else day.replace(year=day.year - 1)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI)
