"""Sealing: nothing in clear, nothing that can be moved, nothing that enters twice in another spelling."""

import dataclasses
from collections.abc import Callable

import pytest

from kameng.kernel.crypto import Keyring, Unreadable, keyring_of, new_key
from kameng.kernel.database import Database
from kameng.stock.allocate import allocate
from kameng.stock.reserve import reserve
from kameng.stock.reveal import read_codes
from kameng.stock.vault import BatchKey, blind_index_of, normal_form
from tests.stock.builders import TODAY, a_sku, some_cards, some_orders

pytestmark = pytest.mark.anyio

CODES = ["ABCD-1111-2222", "ABCD-3333-4444"]


@pytest.mark.parametrize(
    ("left", "right", "same", "keeps_case"),
    [
        ("abcd-1234", "ABCD-1234", True, False),
        ("abcd-1234", "ABCD-1234", False, True),
        ("ABCD 1234", "ABCD1234", True, True),
        ("\tABCD1234 ", "ABCD1234", True, True),
        ("ＡＢＣＤ１２３４", "ABCD1234", True, True),
        ("ABCD\N{IDEOGRAPHIC SPACE}1234", "ABCD1234", True, True),
        ("ABCD-1234", "ABCD1234", False, False),
    ],
)
def test_the_same_code_in_another_spelling(left: str, right: str, same: bool, keeps_case: bool) -> None:
    assert (normal_form(left, keeps_case=keeps_case) == normal_form(right, keeps_case=keeps_case)) is same


def test_the_blind_index_is_the_keyrings_own(keyring: Keyring) -> None:
    assert blind_index_of(keyring)("ABC") == keyring.index("ABC", purpose="card blind index")
    assert blind_index_of(keyring_of(new_key()))("ABC") != blind_index_of(keyring)("ABC")


def test_a_code_opens_only_as_the_card_it_was_sealed_for() -> None:
    key = BatchKey.fresh(7)
    blind = bytes(16)
    (sealed,) = key.seal_codes(3, ["CODE"], [blind])
    assert key.open_code(3, sealed, blind) == "CODE"
    other_batch = BatchKey(8, key._key)
    moves: list[Callable[[], str]] = [
        lambda: key.open_code(4, sealed, blind),
        lambda: key.open_code(3, sealed, bytes([1] * 16)),
        lambda: other_batch.open_code(3, sealed, blind),
        lambda: key.open_code(3, sealed[:-1], blind),
        lambda: key.open_code(3, b"", blind),
        lambda: BatchKey.fresh(7).open_code(3, sealed, blind),
    ]
    for move in moves:
        with pytest.raises(Unreadable):
            move()


def test_equal_codes_are_sealed_unequally() -> None:
    first, second = BatchKey.fresh(1).seal_codes(1, ["SAME", "SAME"], [bytes(16), bytes(16)])
    assert first[:12] != second[:12]
    assert first != second


def test_a_wrapped_key_belongs_to_its_batch(keyring: Keyring) -> None:
    wrapped = BatchKey.fresh(7).wrapped(keyring)
    BatchKey.unwrapped(keyring, 7, wrapped)
    with pytest.raises(Unreadable):
        BatchKey.unwrapped(keyring, 8, wrapped)
    with pytest.raises(Unreadable):
        BatchKey.unwrapped(dataclasses.replace(keyring, roots={"test": bytes(32)}), 7, wrapped)


async def _an_order_with(db: Database, sku_id: int, quantity: int) -> int:
    (order_id,) = await some_orders(db, 1)
    async with db.transaction() as tx:
        await reserve(tx, order_id=order_id, sku_id=sku_id, quantity=quantity, on=TODAY)
        await allocate(tx, order_id)
    return order_id


async def test_reading_gives_the_sold_codes_in_order_of_import(db: Database, keyring: Keyring) -> None:
    sku_id = await a_sku(db)
    await some_cards(db, keyring, sku_id, CODES)
    await some_cards(db, keyring, sku_id, ["卡号----密码"])
    order_id = await _an_order_with(db, sku_id, 3)
    async with db.reading() as connection:
        assert await read_codes(connection, keyring, order_id) == [*CODES, "卡号----密码"]


async def test_reserved_codes_cannot_be_read_yet(db: Database, keyring: Keyring) -> None:
    sku_id = await a_sku(db)
    await some_cards(db, keyring, sku_id, CODES)
    (order_id,) = await some_orders(db, 1)
    async with db.transaction() as tx:
        await reserve(tx, order_id=order_id, sku_id=sku_id, quantity=2, on=TODAY)
        assert await read_codes(tx.connection, keyring, order_id) == []


@pytest.mark.parametrize(
    "tampering",
    [
        # Another card's ciphertext, from the same batch and sku.
        "UPDATE cards SET code_sealed = (SELECT code_sealed FROM cards WHERE state = 'available') WHERE state = 'sold'",
        "UPDATE cards SET sku_id = sku_id + 1 WHERE state = 'sold'",
        "UPDATE cards SET blind_index = decode(repeat('00', 16), 'hex') WHERE state = 'sold'",
        "UPDATE cards SET code_sealed = set_byte(code_sealed, 20, get_byte(code_sealed, 20) # 1) WHERE state = 'sold'",
        "UPDATE card_batches SET wrapped_key = set_byte(wrapped_key, 30, get_byte(wrapped_key, 30) # 1)",
    ],
)
async def test_a_tampered_row_is_not_read(db: Database, keyring: Keyring, tampering: str) -> None:
    sku_id = await a_sku(db)
    await some_cards(db, keyring, sku_id, CODES)
    order_id = await _an_order_with(db, sku_id, 1)
    async with db.transaction() as tx:
        await tx.connection.execute(tampering)
    async with db.reading() as connection:
        with pytest.raises(Unreadable):
            await read_codes(connection, keyring, order_id)
