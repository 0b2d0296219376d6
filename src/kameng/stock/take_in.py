"""Codes that a supplier sent: into the vault like all others, sold to their order at once or for sale."""

import hmac
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from kameng.kernel.crypto import INDEX_BYTES, Keyring
from kameng.kernel.database import Transaction
from kameng.stock import batch_store
from kameng.stock.card import FileKind
from kameng.stock.open_batch import PURPOSE_CONTENT, SkuMissing
from kameng.stock.vault import BatchKey, blind_index_of, normal_form, tail_indexes_of

_SLOT = struct.Struct(">I12x")


@dataclass(frozen=True)
class BroughtCode:
    text: str = field(repr=False)
    expires_on: date | None = None


@dataclass(frozen=True)
class Brought:
    """Codes from one delivery of a supplier, named in `source`. With an order the first `for_order` new ones are its
    own and sold; all others are for sale."""

    sku_id: int
    order_id: int | None
    source: str
    codes: Sequence[BroughtCode]
    for_order: int = 0
    cost_fen: int | None = None


@dataclass(frozen=True)
class TakenIn:
    """How many codes were new, and how many of those are the order's."""

    new: int
    for_order: int


async def take_in(tx: Transaction, keyring: Keyring, brought: Brought) -> TakenIn:
    """A code that is in the vault already was sold to us twice and is not kept again.

    A code is taken whatever it looks like: it is paid for. Nothing new leaves nothing behind. Raises SkuMissing.
    """
    sku_id = brought.sku_id
    rules = await batch_store.code_rules(tx.connection, sku_id)
    if rules is None:
        raise SkuMissing
    _, keeps_case = rules
    index = blind_index_of(keyring)
    unique: dict[bytes, BroughtCode] = {}
    for code in brought.codes:
        unique.setdefault(index(normal_form(code.text, keeps_case=keeps_case)), code)
    for known in await batch_store.stored(tx.connection, list(unique)):
        del unique[known]
    if not unique:
        return TakenIn(0, 0)
    batch_id = await batch_store.next_id(tx)
    key = BatchKey.fresh(batch_id)
    blind_indexes = list(unique)
    for_order = brought.for_order if brought.order_id is not None else 0
    cards = batch_store.NewCards(
        sku_id=sku_id,
        batch_id=batch_id,
        slots=[number >> 1 for (number,) in _SLOT.iter_unpack(b"".join(blind_indexes))],
        codes_sealed=key.seal_codes(sku_id, [code.text for code in unique.values()], blind_indexes),
        blind_indexes=blind_indexes,
        tail_indexes=tail_indexes_of(keyring)([code.text for code in unique.values()]),
        expiries=[code.expires_on for code in unique.values()],
    )
    owners = [brought.order_id if place < for_order else None for place in range(len(unique))]
    taken = await batch_store.take_in(tx, cards, order_ids=owners)
    if not taken:
        return TakenIn(0, 0)
    batch = batch_store.NewBatch(
        id=batch_id,
        sku_id=sku_id,
        source=brought.source,
        key_id=keyring.current,
        wrapped_key=key.wrapped(keyring),
        content_index=hmac.digest(keyring.derived(keyring.first, PURPOSE_CONTENT), brought.source.encode(), "sha256")[
            :INDEX_BYTES
        ],
        upload_sealed=None,
        kind=FileKind.SUPPLIER,
        staff_id=None,
    )
    await batch_store.insert_taken_in(tx, batch, brought=len(brought.codes), kept=len(taken), cost_fen=brought.cost_fen)
    return TakenIn(len(taken), sum(order_id is not None for order_id in taken))
