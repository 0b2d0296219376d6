"""The gateway's side of the epay V1 signature, written apart from the adapter's so that one checks the other."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Merchant:
    """The one merchant this gateway knows. `joint` stands between fields and key: '' or, for some clones, '&key='."""

    pid: str
    key: str = field(repr=False)
    joint: str = ""

    def signature(self, fields: Mapping[str, str]) -> str:
        pairs = [f"{name}={fields[name]}" for name in sorted(fields) if fields[name] and name not in _LEFT_OUT]
        return hashlib.md5(("&".join(pairs) + self.joint + self.key).encode(), usedforsecurity=False).hexdigest()

    def signed(self, fields: Mapping[str, str]) -> dict[str, str]:
        return {**fields, "sign": self.signature(fields), "sign_type": "MD5"}

    def wrote(self, fields: Mapping[str, str]) -> bool:
        """The signature of a request is this merchant's."""
        return hmac.compare_digest(self.signature(fields).encode(), fields.get("sign", "").encode())


_LEFT_OUT = ("sign", "sign_type")
