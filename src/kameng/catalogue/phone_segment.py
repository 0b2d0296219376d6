"""Whose number a mainland phone number was given out by 号段: operator and province.

A number may have moved to another operator since (携号转网), and new segments come up all the time: good for a
guess, never for a refusal. By seven digits from the `phone` package (segments of December 2023); where that has none,
by the prefixes the operators were given.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from phone import Phone

from kameng.kernel.text import Words

SEGMENT_DIGITS = 7


class Operator(StrEnum):
    """`virtual` sells what others transmit; most top-ups don't reach it."""

    MOBILE = "mobile"
    UNICOM = "unicom"
    TELECOM = "telecom"
    BROADCAST = "broadcast"
    VIRTUAL = "virtual"


OPERATOR_NAMES = {
    Operator.MOBILE: Words("中国移动"),
    Operator.UNICOM: Words("中国联通"),
    Operator.TELECOM: Words("中国电信"),
    Operator.BROADCAST: Words("中国广电"),
    Operator.VIRTUAL: Words("虚拟运营商"),
}

_BY_NAME = {"移动": Operator.MOBILE, "联通": Operator.UNICOM, "电信": Operator.TELECOM, "广电": Operator.BROADCAST}
_BY_PREFIX = {
    Operator.MOBILE: "134 135 136 137 138 139 147 148 150 151 152 157 158 159 172 178 182 183 184 187 188 195 197 198",
    Operator.UNICOM: "130 131 132 140 145 146 155 156 166 175 176 185 186 196",
    Operator.TELECOM: "133 141 149 153 173 174 177 180 181 189 190 191 193 199",
    Operator.BROADCAST: "192",
    Operator.VIRTUAL: "162 165 167 170 171",
}
_OPERATOR_OF = {prefix: operator for operator, prefixes in _BY_PREFIX.items() for prefix in prefixes.split()}


@dataclass(frozen=True)
class Segment:
    """What is known of a number; None is not known."""

    operator: Operator | None
    province: str | None


def segment_of(number: str) -> Segment:
    """Of eleven digits; anything else belongs nowhere."""
    if len(number) != 11 or not (number.isascii() and number.isdecimal()):
        return Segment(None, None)
    by_prefix = _OPERATOR_OF.get(number[:3])
    found = _segments().find(number[:SEGMENT_DIGITS])
    if found is None:
        return Segment(by_prefix, None)
    # The data names the network of a virtual operator's number as often as not.
    is_virtual = by_prefix is Operator.VIRTUAL or str(found["phone_type"]).endswith("虚拟运营商")
    operator = Operator.VIRTUAL if is_virtual else _BY_NAME.get(found["phone_type"], by_prefix)
    return Segment(operator, found["province"] or None)


@cache
def _segments() -> Phone:
    """Loaded by whoever first asks: 4.5 MB."""
    return Phone()
