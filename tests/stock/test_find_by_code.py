"""Whose code it is, by the whole of it or by its end; older cards are found once they have been gone over."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.stock.allocate import allocate
from kameng.stock.find_by_code import CodeOwners, find_by_code
from kameng.stock.import_file import import_file
from kameng.stock.index_tails import CARDS_AT_ONCE, index_tails
from kameng.stock.reserve import reserve
from kameng.stock.take_in import Brought, BroughtCode, take_in
from tests.stock.builders import FIRST_ORDER, TODAY, a_sku, some_cards, some_orders

pytestmark = pytest.mark.anyio

BringIn = Callable[..., Awaitable[None]]
NOBODY = CodeOwners((), ())


async def sold(db: Database, sku_id: int, quantity: int) -> int:
    before = await db.pool.fetchval("SELECT count(*) FROM orders")
    (order_id,) = await some_orders(db, 1, first=FIRST_ORDER + before)
    async with db.transaction() as tx:
        await reserve(tx, order_id=order_id, sku_id=sku_id, quantity=quantity, on=TODAY)
        await allocate(tx, order_id)
    return order_id


async def owners(db: Database, keyring: Keyring, typed: str) -> CodeOwners:
    async with db.reading() as connection:
        return await find_by_code(connection, keyring, typed)


@pytest.fixture
def codes_in(db: Database, keyring: Keyring, tmp_path: Path) -> BringIn:
    async def bring_in(sku_id: int, *codes: str) -> None:
        path = tmp_path / "codes.txt"
        path.write_text("\n".join(codes))
        await import_file(db=db, keyring=keyring, sku_id=sku_id, path=path)

    return bring_in


@pytest.mark.parametrize("typed", ["5E6F7G", "5e6f7g", "5e-6f 7g", "D-5E6F-7G", "1A2B3C4D5E6F7G", "５Ｅ６Ｆ７Ｇ"])
async def test_an_end_is_found_however_it_is_said(
    db: Database, keyring: Keyring, codes_in: BringIn, typed: str
) -> None:
    sku_id = await a_sku(db)
    await codes_in(sku_id, "1A2B-3C4D-5E6F-7G")
    order_id = await sold(db, sku_id, 1)
    assert await owners(db, keyring, typed) == CodeOwners((), (order_id,))


async def test_a_whole_code_is_told_from_an_end(db: Database, keyring: Keyring, codes_in: BringIn) -> None:
    sku_id = await a_sku(db)
    await codes_in(sku_id, "SAME-END-123456")
    mine = await sold(db, sku_id, 1)
    await codes_in(sku_id, "OTHER-123456")
    other = await sold(db, sku_id, 1)
    assert await owners(db, keyring, "same-end-123456") == CodeOwners((mine,), ())
    assert await owners(db, keyring, "123456") == CodeOwners((), (other, mine))
    assert await owners(db, keyring, "D123456") == CodeOwners((), (mine,))


@pytest.mark.parametrize("typed", ["", "23456", "2-3-4-5-6", "999999", "X123456", "1" * 600])
async def test_what_is_too_short_or_nobodys_finds_nothing(
    db: Database, keyring: Keyring, codes_in: BringIn, typed: str
) -> None:
    sku_id = await a_sku(db)
    await codes_in(sku_id, "CODE-A123456")
    await sold(db, sku_id, 1)
    assert await owners(db, keyring, typed) == NOBODY


async def test_only_codes_that_somebody_may_have_read_are_found(
    db: Database, keyring: Keyring, codes_in: BringIn
) -> None:
    sku_id = await a_sku(db)
    await codes_in(sku_id, "ABCD-EFGHIJ")
    assert await owners(db, keyring, "EFGHIJ") == NOBODY
    assert await owners(db, keyring, "ABCD-EFGHIJ") == NOBODY
    (order_id,) = await some_orders(db, 1)
    async with db.transaction() as tx:
        await reserve(tx, order_id=order_id, sku_id=sku_id, quantity=1, on=TODAY)
    assert await owners(db, keyring, "EFGHIJ") == NOBODY
    await db.pool.execute("UPDATE cards SET state = 'sold'")
    await db.pool.execute("UPDATE cards SET state = 'replaced'")
    assert await owners(db, keyring, "EFGHIJ") == CodeOwners((), (order_id,))


async def test_what_a_supplier_sends_is_found_too(db: Database, keyring: Keyring) -> None:
    sku_id = await a_sku(db)
    (order_id,) = await some_orders(db, 1)
    brought = Brought(sku_id, order_id, "attempt 1", [BroughtCode("账号----Pass.w0rd9")], for_order=1)
    async with db.transaction() as tx:
        await take_in(tx, keyring, brought)
    assert await owners(db, keyring, "sw0rd9") == CodeOwners((), (order_id,))


async def test_older_cards_get_their_index_and_nothing_is_done_twice(db: Database, keyring: Keyring) -> None:
    sku_id = await a_sku(db)
    codes = [f"OLD-{n:08d}" for n in range(CARDS_AT_ONCE + 7)]
    await some_cards(db, keyring, sku_id, codes)
    order_id = await sold(db, sku_id, 2)
    assert await index_tails(db=db, keyring=keyring, runs_max=1) == CARDS_AT_ONCE
    assert await index_tails(db=db, keyring=keyring) == 7
    assert await index_tails(db=db, keyring=keyring) == 0
    assert await db.pool.fetchval("SELECT count(*) FROM cards WHERE tail_index IS NULL") == 0
    found = [code for code in codes if (await owners(db, keyring, code[-8:])).tail == (order_id,)]
    assert len(found) == 2


async def test_a_card_that_somebody_holds_is_left_for_next_time(db: Database, keyring: Keyring) -> None:
    sku_id = await a_sku(db)
    await some_cards(db, keyring, sku_id, ["HELD-123456", "FREE-123456"])
    async with db.pool.acquire() as buyer, buyer.transaction():
        await buyer.execute("SELECT FROM cards WHERE id = (SELECT min(id) FROM cards) FOR UPDATE")
        assert await index_tails(db=db, keyring=keyring) == 1
    assert await index_tails(db=db, keyring=keyring) == 1
