"""Suppliers that count in another currency: amounts at a rate the shop's owner sets."""

import re
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from kameng.adapters.options import Option
from kameng.kernel.text import Words

RATE = Option(
    "rate",
    Words("汇率"),
    hint=Words("账户币种的一个单位折合多少分人民币，例如 1 美元 7.20 元填 720；人民币填 100"),
    default="100",
    form=r"[0-9]{1,7}(\.[0-9]{1,6})?",
)
_AMOUNT = re.compile(r"[0-9]{1,9}(\.[0-9]{1,12})?")


def fen_up(value: object, rate: Decimal) -> int | None:
    """An amount of the currency as fen at `rate` fen a unit, rounded up: for what we pay. None if it is no amount."""
    return _fen(value, rate, ROUND_CEILING)


def fen_down(value: object, rate: Decimal) -> int | None:
    """As `fen_up`, rounded down: for what we have or get back."""
    return _fen(value, rate, ROUND_FLOOR)


def amount_of(value: object) -> Decimal | None:
    """What a JSON number or text says, from 0; None for anything else."""
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return Decimal(text) if _AMOUNT.fullmatch(text) else None


def _fen(value: object, rate: Decimal, rounding: str) -> int | None:
    amount = amount_of(value)
    return None if amount is None else int((amount * rate).to_integral_value(rounding))
