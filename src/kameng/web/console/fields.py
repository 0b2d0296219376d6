"""Fields of a form as they were typed, read into what the verbs take. Each raises InvalidInput naming its field."""

import re
from collections.abc import Mapping
from datetime import datetime

from kameng.kernel.clock import SHANGHAI
from kameng.kernel.errors import InvalidInput
from kameng.kernel.money import fen_of
from kameng.kernel.text import Words

REASON_MAX = 300
NUMBER_DIGITS_MAX = 7
KEY_DIGITS_MAX = 9
DAY_MINUTES = 24 * 60
_CLOCK = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)")


def reason_typed(form: Mapping[str, str], name: str = "reason") -> str:
    reason = form.get(name, "").strip()
    if not 1 <= len(reason) <= REASON_MAX:
        raise InvalidInput(fields={name: Words("请写明原因，最多 300 字")})
    return reason


def confirmed(form: Mapping[str, str]) -> None:
    """Whoever does this has ticked that they have read what follows."""
    if "confirmed" not in form:
        raise InvalidInput(fields={"confirmed": Words("请先看清后果，再勾选确认")})


def fen_typed(form: Mapping[str, str], name: str) -> int | None:
    """Yuan; None when nothing was typed."""
    text = form.get(name, "")
    if not text:
        return None
    try:
        return fen_of(text)
    except ValueError as error:
        raise InvalidInput(fields={name: Words("金额写作元，最多两位小数，例如 98.50")}) from error


def whole_number(text: str) -> int | None:
    """None for nothing, and for what is no number of ours."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= KEY_DIGITS_MAX else None


def number_typed(form: Mapping[str, str], name: str, *, otherwise: int) -> int:
    """`otherwise` when nothing was typed."""
    text = form.get(name, "")
    if not text:
        return otherwise
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= NUMBER_DIGITS_MAX):
        raise InvalidInput(fields={name: Words("请填写整数")})
    return int(text)


def minute_typed(form: Mapping[str, str], name: str) -> int | None:
    """A time of day as a minute of it; None when nothing was typed."""
    text = form.get(name, "")
    if not text:
        return None
    found = _CLOCK.fullmatch(text)
    minute = int(found[1]) * 60 + int(found[2]) if found else DAY_MINUTES + 1
    if minute > DAY_MINUTES:
        raise InvalidInput(fields={name: Words("时刻写作 08:30")})
    return minute


def moment_typed(form: Mapping[str, str], name: str) -> datetime | None:
    """A moment of Asia/Shanghai, as a browser sends it; None when nothing was typed."""
    text = form.get(name, "")
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(fields={name: Words("时间写作 2026-11-22 14:30")}) from error
    return moment.replace(tzinfo=SHANGHAI) if moment.tzinfo is None else moment


def clock_of(minute: int | None) -> str:
    """`08:30`, as `minute_typed` reads it."""
    return "" if minute is None else f"{minute // 60:02d}:{minute % 60:02d}"
