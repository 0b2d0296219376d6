"""Keys for a merchant's programs: issued, renewed, withdrawn. A secret is shown once, when it is made."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Connection, Transaction
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.text import Words
from kameng.merchants import store
from kameng.merchants.merchant import OWN_SCOPES, Scope, network_of

PURPOSE_KEY = "merchant secret"
#: 128 bits as 32 hexadecimal digits: longer ones don't fit the forms of some shops that connect to us.
SECRET_BYTES = 16
ID_DIGITS = 10


class KeyMissing(Refusal):
    code = "key_missing"
    status = 404
    words = Words("没有这个密钥")


@dataclass(frozen=True)
class IssuedKey:
    id: str
    secret: str = field(repr=False)


@dataclass(frozen=True)
class KeyLine:
    """A key without its secrets, for lists. `has_two`: the secret before the present one is still good."""

    id: str
    scopes: tuple[Scope, ...]
    networks: tuple[str, ...]
    enabled: bool
    has_two: bool
    issued_at: datetime


async def issue_key(
    tx: Transaction,
    keyring: Keyring,
    *,
    merchant_id: int,
    scopes: Collection[Scope] = OWN_SCOPES,
    networks: Sequence[str] = (),
) -> IssuedKey:
    """A new key. `networks`: addresses it may be used from, like 203.0.113.7 or 203.0.113.0/24. Raises InvalidInput."""
    if not scopes:
        raise InvalidInput(fields={"scopes": Words("请至少选择一项权限")})
    try:
        allowed = [str(network_of(text)) for text in networks]
    except ValueError:
        raise InvalidInput(fields={"networks": Words("IP 白名单格式不对，例如 203.0.113.0/24")}) from None
    secret = secrets.token_hex(SECRET_BYTES)
    while True:
        key_id = str(secrets.randbelow(9 * 10 ** (ID_DIGITS - 1)) + 10 ** (ID_DIGITS - 1))
        sealed = seal_secret(keyring, key_id, secret)
        if await store.insert_key(tx, key_id, merchant_id, sealed, sorted(scopes), allowed):
            return IssuedKey(key_id, secret)


async def renew_secret(tx: Transaction, keyring: Keyring, key_id: str) -> IssuedKey:
    """A second secret; the present one stays good until `forget_old_secret`. Raises KeyMissing."""
    secret = secrets.token_hex(SECRET_BYTES)
    if not await store.rotate_key(tx, key_id, seal_secret(keyring, key_id, secret)):
        raise KeyMissing
    return IssuedKey(key_id, secret)


async def forget_old_secret(tx: Transaction, key_id: str) -> None:
    """Only the newest secret is good from now on. Raises KeyMissing."""
    if not await store.forget_previous(tx, key_id):
        raise KeyMissing


async def withdraw_key(tx: Transaction, key_id: str) -> None:
    """It opens nothing any more. Raises KeyMissing."""
    if not await store.disable_key(tx, key_id):
        raise KeyMissing


async def list_keys(connection: Connection, merchant_id: int) -> list[KeyLine]:
    return [
        KeyLine(
            row["id"],
            tuple(Scope(scope) for scope in row["scopes"]),
            tuple(row["networks"]),
            row["enabled"],
            row["has_two"],
            row["issued_at"],
        )
        for row in await store.keys(connection, merchant_id)
    ]


def seal_secret(keyring: Keyring, key_id: str, secret: str) -> bytes:
    return keyring.seal(secret.encode(), purpose=PURPOSE_KEY, bound_to=key_id.encode())


def unseal_secret(keyring: Keyring, key_id: str, sealed: bytes) -> str:
    """Raises Unreadable."""
    return keyring.unseal(sealed, purpose=PURPOSE_KEY, bound_to=key_id.encode()).decode()


async def secret_of(connection: Connection, keyring: Keyring, key_id: str) -> str:
    """The newest secret of a key, to sign what we send. Raises KeyMissing, also when it was withdrawn."""
    row = await store.key(connection, key_id)
    if row is None or not row["key_enabled"]:
        raise KeyMissing
    return unseal_secret(keyring, key_id, row["secret_sealed"])
