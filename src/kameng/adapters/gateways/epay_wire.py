"""epay V1 (易支付, MD5) on the wire: pure functions, so that each can be checked against a published example."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import md5
from typing import Any

from kameng.kernel.clock import SHANGHAI

GOODS_BYTES_MAX = 127
_UNSIGNED = frozenset({"sign", "sign_type"})


def sign(fields: Mapping[str, str], key: str, *, sign_with: str = "key") -> str:
    """The `sign` of an epay V1 message: lower-case hexadecimal MD5.

    `sign`, `sign_type` and empty values are left out; the rest is sorted by name and written `a=1&b=2` with the raw
    values (UTF-8, never percent-encoded). The merchant's key follows directly (`sign_with="key"`, the standard) or
    as `&key=…` (`sign_with="&key="`, some clones).

    >>> sign({"pid": "1001", "money": "1.00", "param": "", "sign_type": "MD5"}, "KEY")  # md5("money=1.00&pid=1001KEY")
    '3238bb873848e79303756bbccca7ce89'
    """
    signed = "&".join(f"{k}={v}" for k, v in sorted(fields.items()) if v != "" and k not in _UNSIGNED)
    between = "&key=" if sign_with == "&key=" else ""
    return md5(f"{signed}{between}{key}".encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def goods_name(text: str) -> str:
    """The goods' name as epay takes it: one line, not empty, at most 127 bytes, cut between two characters."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line.encode("utf-8", "replace")[:GOODS_BYTES_MAX].decode("utf-8", "ignore").rstrip() or "商品"


def read_answer(text: str) -> dict[str, str] | None:
    """The fields of a JSON answer as texts, `code` included; None for anything that is no JSON object.

    Clones write numbers as numbers or as strings, and some encode the object twice. Numbers keep the digits they
    were written with; nested values, true, false and null are left out.
    """
    try:
        found = _loads(text)
        if isinstance(found, str):
            found = _loads(found)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    return {name: value.strip() for name, value in found.items() if isinstance(value, str)}


def _loads(text: str) -> Any:
    return json.loads(text, parse_int=str, parse_float=str, parse_constant=str)


def moment(text: str | None) -> datetime | None:
    """`2026-01-31 08:00:00` on a gateway's clock (China time) as an aware UTC time; None if it is no time."""
    try:
        return datetime.fromisoformat(text or "").replace(tzinfo=SHANGHAI).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
