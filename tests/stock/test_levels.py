"""What is left, for the shop and for staff; and what goes out of sale."""

from datetime import timedelta

import pytest

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.stock.allocate import allocate
from kameng.stock.levels import Expiring, Level, available, exact, expiring
from kameng.stock.reserve import reserve
from kameng.stock.withdraw import withdraw_batch, withdraw_cards, withdraw_expired
from tests.stock.builders import TODAY, a_sku, some_cards, some_orders, states

pytestmark = pytest.mark.anyio

TOMORROW = TODAY + timedelta(days=1)


def numbered(prefix: str, count: int) -> list[str]:
    return [f"{prefix}{n}" for n in range(count)]


async def test_the_shop_sees_what_can_be_sold_up_to_a_hundred(db: Database, keyring: Keyring) -> None:
    many, few, none = await a_sku(db), await a_sku(db), await a_sku(db)
    await some_cards(db, keyring, many, numbered("M", 150))
    await some_cards(db, keyring, few, numbered("F", 3), expires_on=TOMORROW)
    await some_cards(db, keyring, few, numbered("G", 2), expires_on=TODAY)
    async with db.reading() as connection:
        levels = await available(connection, [many, few, none], on=TODAY)
        assert levels == {many: 100, few: 3, none: 0}
        assert await available(connection, [many], on=TODAY, at_most=1000) == {many: 150}
        assert await available(connection, [], on=TODAY) == {}


async def test_staff_see_every_card_by_state(db: Database, keyring: Keyring) -> None:
    sku_id, empty = await a_sku(db), await a_sku(db)
    await some_cards(db, keyring, sku_id, numbered("A", 5))
    await some_cards(db, keyring, sku_id, numbered("B", 2), expires_on=TODAY)
    buyer, other = await some_orders(db, 2)
    async with db.transaction() as tx:
        await reserve(tx, order_id=buyer, sku_id=sku_id, quantity=2, on=TODAY)
        await allocate(tx, buyer)
        await reserve(tx, order_id=other, sku_id=sku_id, quantity=1, on=TODAY)
    async with db.reading() as connection:
        levels = await exact(connection, [sku_id, empty], on=TODAY)
    assert levels[sku_id] == Level({"available": 4, "reserved": 1, "sold": 2, "withdrawn": 0, "replaced": 0}, 2)  # type: ignore[dict-item]
    assert sum(levels[empty].by_state.values()) == 0


async def test_expiring_soon_comes_soonest_first(db: Database, keyring: Keyring) -> None:
    sku_id = await a_sku(db)
    await some_cards(db, keyring, sku_id, numbered("A", 2), expires_on=TOMORROW)
    await some_cards(db, keyring, sku_id, numbered("B", 3), expires_on=TODAY)
    await some_cards(db, keyring, sku_id, numbered("C", 1), expires_on=TODAY + timedelta(days=90))
    await some_cards(db, keyring, sku_id, numbered("D", 1))
    async with db.reading() as connection:
        soon = await expiring(connection, until=TODAY + timedelta(days=30))
    assert soon == [Expiring(sku_id, TODAY, 3), Expiring(sku_id, TOMORROW, 2)]


async def test_withdrawing_a_batch_leaves_other_batches_and_what_is_held(db: Database, keyring: Keyring) -> None:
    sku_id = await a_sku(db)
    leaked = await some_cards(db, keyring, sku_id, numbered("A", 10))
    (order_id,) = await some_orders(db, 1)
    async with db.transaction() as tx:
        await reserve(tx, order_id=order_id, sku_id=sku_id, quantity=3, on=TODAY)
    await some_cards(db, keyring, sku_id, numbered("B", 4))
    assert await withdraw_batch(db=db, batch_id=leaked) == 7
    assert await withdraw_batch(db=db, batch_id=leaked) == 0
    assert await states(db, sku_id) == {"withdrawn": 7, "reserved": 3, "available": 4}


async def test_withdrawing_what_is_past_its_date(db: Database, keyring: Keyring) -> None:
    sku_id = await a_sku(db)
    await some_cards(db, keyring, sku_id, numbered("A", 2), expires_on=TODAY)
    await some_cards(db, keyring, sku_id, numbered("B", 3), expires_on=TOMORROW)
    assert await withdraw_expired(db=db) == 2
    assert await states(db, sku_id) == {"withdrawn": 2, "available": 3}


async def test_withdrawing_single_cards_passes_over_what_somebody_is_taking(db: Database, keyring: Keyring) -> None:
    sku_id = await a_sku(db)
    await some_cards(db, keyring, sku_id, numbered("A", 3))
    async with db.pool.acquire() as holder, holder.transaction():
        card_ids = [row["id"] for row in await holder.fetch("SELECT id FROM cards ORDER BY id")]
        await holder.execute("SELECT FROM cards WHERE id = $1 FOR UPDATE", card_ids[0])
        assert await withdraw_cards(db=db, card_ids=card_ids[:2]) == 1
    assert await states(db, sku_id) == {"withdrawn": 1, "available": 2}
