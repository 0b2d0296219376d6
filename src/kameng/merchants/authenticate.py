"""Who signed this request? Each protocol has its own signature; what a key may do is decided here for them all."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.kernel.errors import Refusal
from kameng.kernel.text import Words
from kameng.merchants import store
from kameng.merchants.add_merchant import merchant_of
from kameng.merchants.issue_key import unseal_secret
from kameng.merchants.merchant import Caller, Key, Scope, network_of

KEY_CHARACTERS_MAX = 64


class KeyUnknown(Refusal):
    """No such key, or it was withdrawn."""

    code = "invalid_key"
    status = 401
    words = Words("密钥不存在或已停用")


class SignatureWrong(Refusal):
    code = "invalid_signature"
    status = 401
    words = Words("签名不正确")


class MerchantDisabled(Refusal):
    code = "merchant_disabled"
    status = 403
    words = Words("商户已停用，请联系客服")


class AddressNotAllowed(Refusal):
    code = "address_not_allowed"
    status = 403
    words = Words("这个 IP 不在密钥的白名单里")


class ScopeMissing(Refusal):
    code = "scope_missing"
    status = 403
    words = Words("这个密钥没有这项权限")


class RequestReplayed(Refusal):
    code = "nonce_used"
    status = 401
    words = Words("这个 nonce 已经用过，请重新签名")


@dataclass(frozen=True)
class Claim:
    """Whose key a request names, where it comes from, and what it wants."""

    key_id: str
    address: str
    scope: Scope


async def authenticate(
    *, db: Database, keyring: Keyring, claim: Claim, is_signed_with: Callable[[str], bool]
) -> Caller:
    """`is_signed_with` checks the protocol's own signature against a secret, in constant time.

    Raises KeyUnknown, SignatureWrong, MerchantDisabled, AddressNotAllowed, ScopeMissing; nothing about a key is told
    before its signature is right.
    """
    if not 1 <= len(claim.key_id) <= KEY_CHARACTERS_MAX or "\0" in claim.key_id:
        raise KeyUnknown
    async with db.reading() as connection:
        row = await store.key(connection, claim.key_id)
    if row is None or not row["key_enabled"]:
        raise KeyUnknown
    sealed = [secret for secret in (row["secret_sealed"], row["previous_sealed"]) if secret is not None]
    key = Key(
        id=row["key_id"],
        merchant_id=row["merchant_id"],
        scopes=frozenset(Scope(scope) for scope in row["scopes"]),
        networks=tuple(network_of(text) for text in row["networks"]),
        enabled=row["key_enabled"],
        secrets=tuple(unseal_secret(keyring, row["key_id"], secret) for secret in sealed),
    )
    signed_with = next((secret for secret in key.secrets if is_signed_with(secret)), None)
    if signed_with is None:
        raise SignatureWrong
    if not row["enabled"]:
        raise MerchantDisabled
    if not key.may_come_from(claim.address):
        raise AddressNotAllowed
    if claim.scope not in key.scopes:
        raise ScopeMissing
    return Caller(merchant_of(keyring, dict(row)), key, signed_with)


async def spend_nonce(*, db: Database, key_id: str, nonce: str, until: datetime) -> None:
    """Take a nonce that must not be used again before `until`. Raises RequestReplayed."""
    async with db.one_statement() as tx:
        if not await store.spend_nonce(tx, key_id, hashlib.sha256(nonce.encode()).digest(), until):
            raise RequestReplayed


async def forget_old_nonces(db: Database) -> None:
    """Those whose requests would be too old by now anyway."""
    async with db.one_statement() as tx:
        await store.forget_nonces(tx)
