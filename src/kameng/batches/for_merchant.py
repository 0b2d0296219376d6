"""A merchant's program has many of its own orders put right at once, under a key of its own."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from kameng.batches import choice_store, item_store, store
from kameng.batches.batch import Action, Batch, BatchMissing, Unfit
from kameng.batches.fit import look_at
from kameng.batches.look import Line, lines_of
from kameng.kernel.database import Database, Transaction
from kameng.kernel.errors import Refusal
from kameng.kernel.text import Words
from kameng.merchants.merchant import Merchant
from kameng.orders.lifecycle import OrderState
from kameng.orders.number import OrderId
from kameng.resubmission.resubmission import ResubmissionRules

NUMBERS_MAX = 1000


class KeyConflict(Refusal):
    """The key was used for other orders."""

    code = "key_conflict"
    words = Words("这个请求编号已用于另一批订单")


@dataclass(frozen=True)
class Asked:
    """Under `key`, once: those of these orders that are the merchant's own."""

    key: str
    order_ids: Sequence[OrderId]
    out_order_nos: Sequence[str]
    address: str | None = None


@dataclass(frozen=True)
class MerchantBatch:
    batch: Batch
    lines: Sequence[Line]


async def resubmit_for_merchant(
    *, db: Database, rules: ResubmissionRules, merchant: Merchant, asked: Asked
) -> MerchantBatch:
    """As it stands. The same key with the same orders gives the first again. Only what waits for staff is resubmitted.

    Raises KeyConflict, BatchMissing (none of the numbers is an order of this merchant).
    """
    async with db.reading() as connection:
        order_ids = await choice_store.of_merchant(connection, merchant.id, asked.order_ids, asked.out_order_nos)
    if not order_ids:
        raise BatchMissing
    fingerprint = hashlib.sha256(repr(order_ids).encode()).digest()
    items = [
        item if item.why is not None or item.seen_state == OrderState.EXCEPTION
        else item_store.New(item.order_id, item.seen_state, item.amount_fen, Unfit.WRONG_STATE)
        for item in await look_at(db, Action.RESUBMIT, order_ids, rules=rules)
    ]  # fmt: skip
    async with db.transaction() as tx:
        chosen = {"merchant": merchant.code, "pasted": len(items)}
        batch_id = await store.insert_of_merchant(
            tx, merchant.id, asked.key, fingerprint=fingerprint, chosen=chosen, address=asked.address
        )
        if batch_id is None:
            await _must_be_the_same(tx, merchant, asked.key, fingerprint)
        else:
            await item_store.insert(tx, batch_id, items)
    return await find_for_merchant(db, merchant, asked.key)


async def find_for_merchant(db: Database, merchant: Merchant, key: str) -> MerchantBatch:
    """Raises BatchMissing."""
    async with db.reading() as connection:
        row = await store.of_merchant(connection, merchant.id, key)
        one = await store.batch(connection, row["id"]) if row is not None else None
        if one is None:
            raise BatchMissing
        return MerchantBatch(one, await lines_of(connection, one.id, at_most=NUMBERS_MAX))


async def _must_be_the_same(tx: Transaction, merchant: Merchant, key: str, fingerprint: bytes) -> None:
    row = await store.of_merchant(tx.connection, merchant.id, key)
    assert row is not None, "its key was taken"
    if row["fingerprint"] != fingerprint:
        raise KeyConflict
