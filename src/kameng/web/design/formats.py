"""How money, times and numbers are shown to people."""

from datetime import datetime, timedelta
from math import ceil

from kameng.kernel.clock import SHANGHAI
from kameng.kernel.money import yuan
from kameng.kernel.text import Words
from kameng.tracking.outlook import Line
from kameng.web.design.translation import Translator

_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR


def money(fen: int) -> str:
    """`¥12.34`, with thousands grouped: `¥1,234.50`."""
    whole, _, cents = yuan(fen).partition(".")
    return f"¥{int(whole):,}.{cents}" if not whole.startswith("-") else f"-¥{int(whole[1:]):,}.{cents}"


def moment(at: datetime) -> str:
    """`2026-11-22 14:30:55`, Shanghai time."""
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


def day(at: datetime) -> str:
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d")


def iso(at: datetime) -> str:
    """For machines and `<time datetime>`: RFC 3339 with the Shanghai offset, whole seconds."""
    return at.astimezone(SHANGHAI).isoformat(timespec="seconds")


def clock(left: timedelta) -> str:
    """`14:59`; never below zero."""
    seconds = max(0, int(left.total_seconds()))
    return f"{seconds // _MINUTE:02d}:{seconds % _MINUTE:02d}"


def hour(at: datetime, now: datetime) -> str:
    """`14:30`; with the day when it is not today, Shanghai time."""
    local = at.astimezone(SHANGHAI)
    return local.strftime("%H:%M" if local.date() == now.astimezone(SHANGHAI).date() else "%m-%d %H:%M")


def duration(words: Translator, length: timedelta) -> str:
    """30 秒, 5 分钟, 2 小时, 1.5 小时; rounded up."""
    seconds = ceil(length.total_seconds())
    if seconds < _MINUTE:
        return words(Words("%(n)s 秒"), n=seconds)
    if seconds <= _HOUR:
        return words(Words("%(n)s 分钟"), n=ceil(seconds / _MINUTE))
    return words(Words("%(n)s 小时"), n=f"{ceil(seconds / _HOUR * 2) / 2:g}")


def line_name(words: Translator, line: Line) -> str:
    """中国移动（广东）; the product's name where no operator is concerned."""
    if line.operator is None:
        return line.product_name
    name = words(line.operator)
    return words(Words("%(name)s（%(province)s）"), name=name, province=line.province) if line.province else name


def ago(words: Translator, at: datetime, now: datetime) -> str:
    """刚刚, 5 分钟前, 3 小时前, then the day."""
    seconds = (now - at).total_seconds()
    if seconds < _MINUTE:
        return words(Words("刚刚"))
    if seconds < _HOUR:
        return words(Words("%(n)s 分钟前"), n=int(seconds // _MINUTE))
    if seconds < _DAY:
        return words(Words("%(n)s 小时前"), n=int(seconds // _HOUR))
    return day(at)
