"""Money is an int of fen (1/100 yuan) everywhere inside; yuan exist only as text at the edges."""

import re
from decimal import Decimal

FEN_MAX = 10**12


def yuan(fen: int) -> str:
    """1234 → '12.34'. The form gateways expect and pages show."""
    sign, fen = ("-", -fen) if fen < 0 else ("", fen)
    return f"{sign}{fen // 100}.{fen % 100:02d}"


def fen_of(text: str) -> int:
    """'12.34' → 1234. Raises ValueError for anything but a plain amount with at most two decimals.

    Trailing zeros beyond the second decimal ('12.3400') are accepted: some gateways write them.
    """
    if not re.fullmatch(r"[0-9]{1,10}(\.[0-9]{1,8})?", text):
        msg = "not an amount in yuan"
        raise ValueError(msg)
    exact = Decimal(text) * 100
    if exact != exact.to_integral_value():
        msg = "more than two decimals"
        raise ValueError(msg)
    return int(exact)


def percent_of(fen: int, percent: int) -> int:
    """So much of a price; a part of a fen is a whole one, and nothing is for nothing."""
    return max(1, -(-fen * percent // 100))
