"""How PHP shops sign a form: md5 over the decoded query string, as acg-faka and its kin do it."""

import hashlib
import re
from collections.abc import Mapping
from urllib.parse import quote_plus, unquote_plus


def signature(fields: Mapping[str, str], key: str) -> str:
    """`md5(urldecode(http_build_query(ksort($fields)) . "&key=" . $key))`, without `sign` and empty fields."""
    kept = {name: value for name, value in fields.items() if name != "sign" and (value or "[" in name)}
    query = "&".join(f"{quote_plus(name)}={quote_plus(kept[name])}" for name in sorted(kept, key=_outermost))
    text = unquote_plus(f"{query}&key={key}" if query else f"&key={key}")
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def nested(fields: Mapping[str, str], name: str) -> dict[str, str]:
    """`sku[区服]=一区` → `{"区服": "一区"}` for the name `sku`."""
    found = ((re.fullmatch(rf"{name}\[(.+)\]", key), value) for key, value in fields.items())
    return {match[1]: value for match, value in found if match}


def _outermost(name: str) -> str:
    return name.split("[", 1)[0]
