"""A supplier calls back: verify it, keep it raw, and believe it where the platform signs everything that matters;
otherwise ask at once."""

import hashlib
from dataclasses import dataclass

import msgspec

from kameng.fulfilment import store
from kameng.fulfilment.attempt import AskedBy
from kameng.fulfilment.settle import settle
from kameng.fulfilment.told import heard_from, number_of_theirs
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.risk.alarms import AlarmKind, raise_alarm
from kameng.supply.supplier import CallbackTrust, Forged, Post, Reply
from kameng.supply.suppliers import Source, Suppliers

PURPOSE_NOTICE = "supplier callback"
BODY_KEPT_MAX = 16 * 1024


@dataclass(frozen=True)
class Heard:
    """What to answer the sender with, and whether it was accepted."""

    reply: Reply
    accepted: bool


async def hear_supplier(
    *, db: Database, keyring: Keyring, suppliers: Suppliers, supplier_code: str, post: Post
) -> Heard:
    """Once a genuine callback is stored it is ours to settle, so it is acknowledged; a forged one is noted and changes
    nothing. One that names its order by a number of the supplier's which we haven't been told yet is not acknowledged:
    it comes again. No call is made from here. Raises SupplierUnknown."""
    source = await suppliers.named(supplier_code)
    try:
        callback = source.supplier.read_callback(post)
    except Forged as forged:
        await _note_forgery(db, keyring, source, post, str(forged))
        return Heard(source.supplier.rejection, accepted=False)
    digest = hashlib.sha256(repr((sorted(post.query.items()), post.body)).encode()).digest()
    numbers = (number_of_theirs(callback.number), number_of_theirs(callback.supplier_no))
    is_believed = source.supplier.abilities.callback is CallbackTrust.FINAL and callback.says is not None
    async with db.transaction() as tx:
        sealed = _sealed(keyring, source, post, digest)
        attempt_id = await store.store_notice(
            tx, supplier_id=source.id, digest=digest, genuine=True, numbers=numbers, sealed=sealed
        )
        if attempt_id is None:
            await raise_alarm(tx, AlarmKind.UNKNOWN_DELIVERY, f"supplier:{source.code}", number=numbers[0])
        elif not is_believed:
            await store.ask_soon(tx, attempt_id)
    if attempt_id is not None and callback.says is not None and is_believed:
        async with db.reading() as connection:
            attempt = await store.find_attempt(connection, attempt_id)
        assert attempt is not None
        await settle(
            db=db, keyring=keyring, source=source, attempt=attempt, answer=callback.says,
            heard=heard_from(source.code, AskedBy.CALLBACK),
        )  # fmt: skip
    if attempt_id is None and callback.number is None:
        return Heard(source.supplier.rejection, accepted=False)
    return Heard(source.supplier.acknowledgement, accepted=True)


def _sealed(keyring: Keyring, source: Source, post: Post, digest: bytes) -> bytes:
    plain = msgspec.json.encode(
        {"query": dict(post.query), "body": post.body[:BODY_KEPT_MAX].decode("utf-8", "replace")}
    )
    return keyring.seal(plain, purpose=PURPOSE_NOTICE, bound_to=source.id.to_bytes(4, "big") + digest)


async def _note_forgery(db: Database, keyring: Keyring, source: Source, post: Post, why: str) -> None:
    """One row a minute however many come, so that nobody can fill the disk with lies."""
    async with db.transaction() as tx:
        digest = hashlib.sha256(f"forged {tx.now:%Y-%m-%d %H:%M}".encode()).digest()
        sealed = _sealed(keyring, source, post, digest)
        await store.store_notice(
            tx, supplier_id=source.id, digest=digest, genuine=False, numbers=(None, None), sealed=sealed
        )
        await raise_alarm(tx, AlarmKind.FORGED_NOTICE, f"supplier:{source.code}", why=why)
