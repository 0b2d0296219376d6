"""Who sees to an order, when they look again, and what they note: kept, sealed, and one has it at a time."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.kernel.errors import InvalidInput
from kameng.orders.follow_up_order import follow_up_order
from kameng.orders.handling import (
    Handling,
    OrderTakenByAnother,
    handling_of,
    list_order_handlers,
    notes_of,
)
from kameng.orders.lock import OrderMissing
from kameng.orders.number import OrderId
from kameng.orders.take_order import take_order
from kameng.orders.write_order_note import write_order_note
from kameng.staff.member import StaffMissing
from tests.stock.builders import some_orders

pytestmark = pytest.mark.anyio

NOTHING = OrderId(1)


@pytest.fixture
async def order_id(db: Database) -> OrderId:
    return OrderId((await some_orders(db, 1))[0])


async def hired(db: Database, login: str, *, enabled: bool = True) -> int:
    staff_id: int = await db.pool.fetchval(
        "INSERT INTO staff (login, role, password_hash, enabled, created_at)"
        " VALUES ($1, 'customer_service', '', $2, $3) RETURNING id",
        login, enabled, db.clock.now(),
    )  # fmt: skip
    return staff_id


async def take(db: Database, order_id: OrderId, to: int | None, instead_of: int | None = None) -> str | None:
    async with db.transaction() as tx:
        return await take_order(tx, order_id=order_id, to=to, instead_of=instead_of)


async def handling(db: Database, order_id: OrderId) -> Handling:
    async with db.reading() as connection:
        return await handling_of(connection, order_id)


async def test_an_order_is_taken_given_on_and_handed_back(db: Database, order_id: OrderId) -> None:
    lin, wang = await hired(db, "lin"), await hired(db, "wang")
    assert await handling(db, order_id) == Handling()
    assert await take(db, order_id, lin) == "lin"
    assert await take(db, order_id, lin) == "lin"
    assert await take(db, order_id, wang, instead_of=lin) == "wang"
    assert await handling(db, order_id) == Handling(wang, "wang")
    assert await take(db, order_id, None, instead_of=wang) is None
    assert await handling(db, order_id) == Handling()


async def test_of_two_who_take_it_at_once_one_has_it(db: Database, order_id: OrderId) -> None:
    people = [await hired(db, name) for name in ("lin", "wang", "zhao")]
    taken = await asyncio.gather(*(take(db, order_id, one) for one in people), return_exceptions=True)
    assert sorted(isinstance(one, OrderTakenByAnother) for one in taken) == [False, True, True]
    (winner,) = [one for one in taken if isinstance(one, str)]
    assert (await handling(db, order_id)).owner == winner


async def test_nobody_gives_an_order_to_whom_there_is_not(db: Database, order_id: OrderId) -> None:
    gone = await hired(db, "gone", enabled=False)
    for nobody in (gone, 999):
        with pytest.raises(StaffMissing):
            await take(db, order_id, nobody)
    lin = await hired(db, "lin")
    with pytest.raises(OrderMissing):
        await take(db, NOTHING, lin)
    assert await db.pool.fetchval("SELECT count(*) FROM order_handling") == 0
    async with db.reading() as connection:
        assert await list_order_handlers(connection) == [(lin, "lin")]


async def test_a_follow_up_is_set_moved_and_dropped_and_keeps_the_owner(db: Database, order_id: OrderId) -> None:
    lin, at = await hired(db, "lin"), db.clock.now() + timedelta(days=1)
    await take(db, order_id, lin)
    for when in (at, at + timedelta(hours=1), None):
        async with db.transaction() as tx:
            await follow_up_order(tx, order_id=order_id, at=when)
        assert await handling(db, order_id) == Handling(lin, "lin", when)
    with pytest.raises(InvalidInput):
        async with db.transaction() as tx:
            await follow_up_order(tx, order_id=order_id, at=db.clock.now())
    with pytest.raises(OrderMissing):
        async with db.transaction() as tx:
            await follow_up_order(tx, order_id=NOTHING, at=at)


async def test_notes_are_kept_sealed_and_for_good(db: Database, keyring: Keyring, order_id: OrderId) -> None:
    for words in ("买家电话 13800138000", " 已回电\r\n等货源 "):
        async with db.transaction() as tx:
            await write_order_note(tx, keyring, order_id=order_id, login="lin", words=words)
    async with db.reading() as connection:
        notes = await notes_of(connection, keyring, order_id)
    assert [(note.login, note.words) for note in notes] == [
        ("lin", "买家电话 13800138000"), ("lin", "已回电\n等货源")
    ]  # fmt: skip
    assert "13800138000" not in str(notes)
    sealed = b"".join(row["sealed"] for row in await db.pool.fetch("SELECT sealed FROM order_notes"))
    assert b"13800138000" not in sealed
    for statement in ("UPDATE order_notes SET login = 'x'", "DELETE FROM order_notes"):
        with pytest.raises(asyncpg.RaiseError):
            await db.pool.execute(statement)


@pytest.mark.parametrize("words", ["", "  \n ", "长" * 1001])
async def test_a_note_says_something_and_not_too_much(
    db: Database, keyring: Keyring, order_id: OrderId, words: str
) -> None:
    with pytest.raises(InvalidInput):
        async with db.transaction() as tx:
            await write_order_note(tx, keyring, order_id=order_id, login="lin", words=words)
    with pytest.raises(OrderMissing):
        async with db.transaction() as tx:
            await write_order_note(tx, keyring, order_id=NOTHING, login="lin", words="有")
    assert await db.pool.fetchval("SELECT count(*) FROM order_notes") == 0
