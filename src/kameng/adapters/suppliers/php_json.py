"""JSON as PHP writes it, where a callback's signature covers its JSON form rather than the bytes that came."""

import json
from typing import Any

# What JSON_UNESCAPED_UNICODE still escapes.
_LINE_ENDS = str.maketrans({"\u2028": "\\u2028", "\u2029": "\\u2029"})


class Number(str):
    """A number with the digits it was written with."""

    __slots__ = ()


def read_exact(text: str) -> dict[str, Any] | None:
    """A JSON object whose numbers can be written again digit by digit (`Number`); None for anything else."""
    try:
        found = json.loads(text, parse_int=Number, parse_float=Number, parse_constant=Number)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def encode(value: Any, *, slashes_escaped: bool) -> str:
    """`json_encode` with JSON_UNESCAPED_UNICODE, and with JSON_UNESCAPED_SLASHES unless `slashes_escaped`. Keys stay
    in their order. Raises RecursionError for what is nested too deeply."""
    match value:
        case dict():
            pairs = (
                f"{encode(name, slashes_escaped=slashes_escaped)}:{encode(inner, slashes_escaped=slashes_escaped)}"
                for name, inner in value.items()
            )
            return "{" + ",".join(pairs) + "}"
        case list():
            return "[" + ",".join(encode(inner, slashes_escaped=slashes_escaped) for inner in value) + "]"
        case Number():
            return str(value)
        case str():
            text = json.dumps(value, ensure_ascii=False).translate(_LINE_ENDS)
            return text.replace("/", "\\/") if slashes_escaped else text
        case _:
            return json.dumps(value)
