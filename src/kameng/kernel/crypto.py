"""Secrets: AES-256-GCM under keys with ids, and keyed hashes that let equal things be found without being readable.

One root key (32 bytes) a key id. Everything else is derived from it with HKDF-SHA256, a purpose a key. Rotation adds
a new root and names it current: sealing uses the current one, opening whichever the blob names. Keyed hashes
(`index`) must stay comparable for years, so they always use the *first* key.
"""

import base64
import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES = 12
INDEX_BYTES = 16


class Unreadable(Exception):
    """The ciphertext was changed, moved to another row, or sealed under a key that is not here."""


def seal(key: bytes, plain: bytes, *, bound_to: bytes) -> bytes:
    """AES-256-GCM: 12 random bytes, ciphertext, tag. `bound_to` must be given again to open it."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound_to)


def unseal(key: bytes, sealed: bytes, *, bound_to: bytes) -> bytes:
    """The plain bytes. Raises Unreadable."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to)
    except (InvalidTag, ValueError) as error:
        raise Unreadable from error


@dataclass(frozen=True)
class Keyring:
    """All root keys by id. `current` seals; `first` makes indexes."""

    roots: Mapping[str, bytes] = field(repr=False)
    current: str
    first: str

    def __post_init__(self) -> None:
        assert self.current in self.roots, "the current key must be in the ring"
        assert self.first in self.roots, "the first key must be in the ring"
        assert all(len(root) == 32 for root in self.roots.values()), "root keys are 32 bytes"
        assert all(len(key_id) < 256 for key_id in self.roots), "a key id is short"

    def __hash__(self) -> int:
        return id(self)

    @lru_cache(maxsize=64)  # noqa: B019 - a ring lives as long as its process
    def derived(self, key_id: str, purpose: str) -> bytes:
        if key_id not in self.roots:
            msg = f"no key {key_id!r} in the ring"
            raise Unreadable(msg)
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(self.roots[key_id])

    def seal(self, plain: bytes, *, purpose: str, bound_to: bytes = b"") -> bytes:
        """Sealed under the current key: one byte of id length, the id, then nonce and ciphertext."""
        header = self.current.encode()
        key = self.derived(self.current, purpose)
        return bytes([len(header)]) + header + seal(key, plain, bound_to=bound_to)

    def unseal(self, sealed: bytes, *, purpose: str, bound_to: bytes = b"") -> bytes:
        """The plain bytes, whichever key sealed them. Raises Unreadable."""
        if not sealed:
            raise Unreadable
        end = 1 + sealed[0]
        key_id = sealed[1:end].decode("utf-8", "replace")
        return unseal(self.derived(key_id, purpose), sealed[end:], bound_to=bound_to)

    def sealed_under(self, sealed: bytes) -> str:
        """The id of the key that sealed this."""
        return sealed[1 : 1 + sealed[0]].decode()

    def index(self, text: str, *, purpose: str) -> bytes:
        """HMAC-SHA256 cut to 16 bytes: equal texts meet, nobody without the key can go back."""
        return hmac.digest(self.derived(self.first, purpose), text.encode(), "sha256")[:INDEX_BYTES]


def keyring_of(text: str) -> Keyring:
    """`id:base64,id:base64,…`: the first makes indexes, the last is current."""
    roots: dict[str, bytes] = {}
    for part in filter(None, (p.strip() for p in text.split(","))):
        key_id, _, encoded = part.partition(":")
        roots[key_id] = base64.b64decode(encoded, validate=True)
    if not roots:
        msg = "no key given"
        raise ValueError(msg)
    ids = list(roots)
    return Keyring(roots=roots, current=ids[-1], first=ids[0])


def new_key() -> str:
    """A fresh `id:base64` entry for a keyring; the id is a fingerprint of the key."""
    root = secrets.token_bytes(32)
    return f"k{hashlib.sha256(root).hexdigest()[:8]}:{base64.b64encode(root).decode()}"


def keyring_from_file(path: Path) -> Keyring:
    """The ring in a 0600 file, made on first use. One entry a line. Raises PermissionError if others can read it."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        pass
    else:
        with os.fdopen(descriptor, "w") as file:
            file.write(new_key() + "\n")
    if path.stat().st_mode & 0o077:
        msg = f"{path} can be read by others; chmod 600 it"
        raise PermissionError(msg)
    return keyring_of(",".join(path.read_text().split()))
