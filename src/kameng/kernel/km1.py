"""KM1-HMAC-SHA256: our own signature of a request, for those who call us and for whom we call.

`Authorization: KM1-HMAC-SHA256 key=…,ts=…,nonce=…,sig=…` where `sig` is the HMAC-SHA256 under the secret, in lower-case
hexadecimal, of five lines: method, path with query, seconds since 1970, nonce, SHA-256 of the body in hexadecimal.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

SCHEME = "KM1-HMAC-SHA256"
#: How far the sender's clock may be from ours.
CLOCKS_DIFFER = timedelta(seconds=300)
#: How long a nonce must not come again: longer than any request it could be part of stays good.
NONCE_KEPT = timedelta(minutes=10)
#: What stands in the place of path and query when we call somebody: their proxies may have changed the path.
WEBHOOK = "webhook"

_HEADER = re.compile(
    rf"{SCHEME} key=(?P<key>[0-9A-Za-z_-]{{1,64}}),ts=(?P<ts>[0-9]{{1,12}}),"
    r"nonce=(?P<nonce>[0-9A-Za-z_-]{8,64}),sig=(?P<sig>[0-9a-f]{64})",
    re.ASCII,
)


@dataclass(frozen=True)
class Signed:
    """What an Authorization header says."""

    key: str
    ts: int
    nonce: str
    sig: str

    @classmethod
    def read(cls, header: str) -> Self | None:
        """None when it is none of ours."""
        match = _HEADER.fullmatch(re.sub(r",\s+", ",", header.strip()))
        return cls(match["key"], int(match["ts"]), match["nonce"], match["sig"]) if match else None

    def is_of(self, secret: str, *, method: str, target: str, body: bytes) -> bool:
        """Whether the secret made this signature; takes equally long for every wrong one."""
        right = signature(secret, method=method, target=target, ts=self.ts, nonce=self.nonce, body=body)
        return hmac.compare_digest(right, self.sig)

    def is_timely(self, now: datetime) -> bool:
        return abs(now.timestamp() - self.ts) <= CLOCKS_DIFFER.total_seconds()

    @property
    def at(self) -> datetime:
        return datetime.fromtimestamp(self.ts, UTC)


def signature(secret: str, *, method: str, target: str, ts: int, nonce: str, body: bytes) -> str:
    """`target` is the path with its query as it is sent, byte for byte."""
    lines = (method.upper(), target, str(ts), nonce, hashlib.sha256(body).hexdigest())
    return hmac.digest(secret.encode(), "\n".join(lines).encode(), "sha256").hex()


def authorization(key: str, secret: str, *, method: str, target: str, body: bytes, now: datetime) -> str:
    """The header's value, with a fresh nonce."""
    ts, nonce = int(now.timestamp()), secrets.token_hex(16)
    sig = signature(secret, method=method, target=target, ts=ts, nonce=nonce, body=body)
    return f"{SCHEME} key={key},ts={ts},nonce={nonce},sig={sig}"
