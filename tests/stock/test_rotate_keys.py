"""Rotation: every batch under the new key, every card readable, the old key dispensable."""

import dataclasses
import secrets
from pathlib import Path

import pytest

from kameng.kernel.crypto import Keyring, Unreadable
from kameng.kernel.database import Database
from kameng.stock.allocate import allocate
from kameng.stock.card import Reason
from kameng.stock.import_file import import_file
from kameng.stock.import_upload import import_upload
from kameng.stock.reserve import reserve
from kameng.stock.reveal import read_codes
from kameng.stock.rotate_keys import rotate_keys
from kameng.stock.stage_upload import stage_upload
from tests.stock.builders import TODAY, a_sku, some_cards, some_orders, states

pytestmark = pytest.mark.anyio


def with_another(ring: Keyring, name: str) -> Keyring:
    return dataclasses.replace(ring, roots={**ring.roots, name: secrets.token_bytes(32)}, current=name)


async def test_after_rotation_everything_reads_without_the_old_key(
    db: Database, keyring: Keyring, tmp_path: Path
) -> None:
    sku_id = await a_sku(db)
    old = with_another(keyring, "old")
    for n in range(3):
        await some_cards(db, old, sku_id, [f"C{n}"])
    waiting = await stage_upload(db=db, keyring=old, sku_id=sku_id, name="a.txt", content=b"C3\nC0", staff_id=None)
    (order_id,) = await some_orders(db, 1)
    async with db.transaction() as tx:
        await reserve(tx, order_id=order_id, sku_id=sku_id, quantity=3, on=TODAY)
        await allocate(tx, order_id)

    new = with_another(old, "new")
    assert await rotate_keys(db=db, keyring=new) == 4
    assert await rotate_keys(db=db, keyring=new) == 0
    without_old = dataclasses.replace(new, roots={k: v for k, v in new.roots.items() if k != "old"})
    async with db.reading() as connection:
        assert await read_codes(connection, without_old, order_id) == ["C0", "C1", "C2"]
        with pytest.raises(Unreadable):
            await read_codes(connection, old, order_id)
    await import_upload(db=db, keyring=without_old, batch_id=waiting)
    assert await states(db, sku_id) == {"sold": 3, "available": 1}
    path = tmp_path / "again.txt"
    path.write_text("C1\n")
    batch = await import_file(db=db, keyring=without_old, sku_id=sku_id, path=path)
    assert batch.refused_reasons == {Reason.ALREADY_STORED: 1}


async def test_a_missing_old_key_stops_rotation_before_anything_is_lost(db: Database, keyring: Keyring) -> None:
    sku_id = await a_sku(db)
    old = with_another(keyring, "old")
    await some_cards(db, keyring, sku_id, ["C0"])
    await some_cards(db, old, sku_id, ["C1"])
    async with db.reading() as connection:
        before = await connection.fetch("SELECT id, key_id, wrapped_key FROM card_batches ORDER BY id")
    with pytest.raises(Unreadable):
        await rotate_keys(db=db, keyring=with_another(keyring, "new"))
    async with db.reading() as connection:
        assert await connection.fetch("SELECT id, key_id, wrapped_key FROM card_batches ORDER BY id") == before
