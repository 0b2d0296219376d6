"""acg-faka 共享店铺 on the wire: PHP's forms, the signature over them, and its own kind of INI. Pure functions.

Facts are from the program (lizhipay/acg-faka 3.6.0): `Str::generateSignature`, `SharedValidation`, `Ini::toConfig`.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl, unquote_plus

FIELDS_MAX = 100


def form_of(body: bytes) -> list[tuple[str, str]]:
    """The fields in the order in which they came; `x[]` is numbered as PHP numbers it. Raises ValueError."""
    pairs = parse_qsl(
        body.decode("utf-8"), keep_blank_values=True, strict_parsing=False, errors="strict", max_num_fields=FIELDS_MAX
    )
    counted: dict[str, int] = {}
    fields = []
    for raw, value in pairs:
        name = raw
        if raw.endswith("[]"):
            counted[raw] = counted.get(raw, -1) + 1
            name = f"{raw[:-2]}[{counted[raw]}]"
        fields.append((name, value))
    return fields


def sign(fields: Sequence[tuple[str, str]], key: str) -> str:
    """md5, lower-case, of `urldecode(http_build_query($sorted) . "&key=" . $key)`: every field but `sign`, in the order
    of their outermost names, empty ones left out unless they stand inside another."""
    kept = [(name, value) for name, value in fields if name != "sign" and (value != "" or "[" in name)]
    kept.sort(key=lambda field: field[0].partition("[")[0].encode())
    text = "&".join(f"{name}={value}" for name, value in kept)
    return hashlib.md5(f"{text}&key={unquote_plus(key)}".encode(), usedforsecurity=False).hexdigest()


def is_signed(fields: Sequence[tuple[str, str]], key: str) -> bool:
    told = dict(fields).get("sign", "")
    return hmac.compare_digest(sign(fields, key).encode(), told.encode("utf-8", "replace"))


_WIDE = str.maketrans("=.[]", "＝．［］")


def kind_of(face_value: str) -> str:
    """A face value as a 种类 (race): the signs that INI reads as its own are written wide."""
    wide = face_value.translate(_WIDE)
    return re.sub(r"\s+", " ", wide).strip()


def config_of(prices: Mapping[str, str]) -> str:
    """`[category]` with a price for each kind."""
    return "\n".join(["[category]", *(f"{kind}={price}" for kind, price in prices.items())])
