"""The order number 订单号: an 18-digit key that says its own age, printed with two ISO 7064 MOD 97-10 check digits.

`YYMMDDHHMMSS` in Asia/Shanghai and six random digits make the primary key; `2611 2214 3055 1234 5656` is how a person
sees it. The check digits catch every single wrong digit and every swap of neighbours before the database is asked.
"""

import secrets
from datetime import datetime
from typing import NewType

from kameng.kernel.clock import SHANGHAI
from kameng.kernel.text import digits_of

OrderId = NewType("OrderId", int)

KEY_DIGITS = 18
PRINTED_DIGITS = KEY_DIGITS + 2
TYPED_CHARACTERS_MAX = 64


def draw(now: datetime) -> OrderId:
    """A new key for this second. A clash is one in a million a second; the caller draws again."""
    return OrderId(floor(now) + secrets.randbelow(10**6))


def printed(order_id: int) -> str:
    """Twenty digits without blanks, as used in addresses and the API."""
    return f"{order_id:0{KEY_DIGITS}d}{98 - order_id * 100 % 97:02d}"


def grouped(order_id: int) -> str:
    """`2611 2214 3055 1234 5656`, as people read and type it."""
    digits = printed(order_id)
    return " ".join(digits[i : i + 4] for i in range(0, PRINTED_DIGITS, 4))


def read(text: str) -> OrderId | None:
    """The key of an exactly right number; spaces, dashes and full-width digits are accepted. None otherwise."""
    digits = digits_of(text[:TYPED_CHARACTERS_MAX])
    return _key_of(digits) if _is_right(digits) else None


def candidates(text: str) -> list[OrderId]:
    """Every key that the typed text may have meant, at most one slip away; the exact one alone if it is right.

    A slip is one digit wrong, missing or too many, or two neighbours swapped. Numbers whose date can't be are dropped.
    """
    digits = digits_of(text[:TYPED_CHARACTERS_MAX])
    if _is_right(digits):
        return [_key_of(digits)]
    if abs(len(digits) - PRINTED_DIGITS) > 1:
        return []
    return [_key_of(slip) for slip in sorted(_one_slip_away(digits)) if _is_right(slip)]


def _one_slip_away(digits: str) -> set[str]:
    places = range(len(digits))
    if len(digits) == PRINTED_DIGITS:
        wrong = {digits[:i] + d + digits[i + 1 :] for i in places for d in "0123456789"}
        swapped = {digits[:i] + digits[i + 1] + digits[i] + digits[i + 2 :] for i in places[:-1]}
        return wrong | swapped
    if len(digits) < PRINTED_DIGITS:
        return {digits[:i] + d + digits[i:] for i in range(len(digits) + 1) for d in "0123456789"}
    return {digits[:i] + digits[i + 1 :] for i in places}


def _is_right(digits: str) -> bool:
    # Check digits run from 02 to 98; 00 and 01 leave the remainder of 97 and 98, a second way to print the same key.
    # No order is older than 2010, so that every key has eighteen digits.
    if len(digits) != PRINTED_DIGITS or not "02" <= digits[KEY_DIGITS:] <= "98" or digits.startswith("0"):
        return False
    return int(digits) % 97 == 1 and _has_a_date(digits)


def _has_a_date(digits: str) -> bool:
    try:
        datetime.strptime(f"20{digits[:12]}", "%Y%m%d%H%M%S")  # noqa: DTZ007 - only asks whether the date exists
    except ValueError:
        return False
    return True


def _key_of(digits: str) -> OrderId:
    return OrderId(int(digits[:KEY_DIGITS]))


def floor(moment: datetime) -> OrderId:
    """The smallest key an order of this second can have: the lower edge of a time window on the primary key."""
    return OrderId(int(moment.astimezone(SHANGHAI).strftime("%y%m%d%H%M%S")) * 10**6)
