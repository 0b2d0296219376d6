"""Guests' money in the books: entered once, without anybody waiting for anybody, and always sums to zero."""

import asyncio
from collections.abc import Mapping

import asyncpg
import pytest

from kameng.invariants.check import check_invariants
from kameng.kernel.database import Database
from kameng.ledger.enter import enter, money_of_order
from kameng.ledger.entry import Account, AccountKind, EntryKind, Line, OrderEntry
from kameng.orders.lifecycle import Actor, ActorKind
from kameng.payment.refund import accept_payment
from kameng.payment.sweep_refunds import sweep_refunds
from tests.builders.shop import Shop, a_paid_order, a_started_payment, a_stocked_sku, an_order, hear, paid

pytestmark = pytest.mark.anyio

#: Notify, attempt, BEGIN, receipt, books, cards, order with its event, COMMIT.
MOST = 8

GATEWAY, SALES, HELD, SURPLUS = AccountKind.GATEWAY, AccountKind.SALES, AccountKind.HELD, AccountKind.SURPLUS


def receipt(number: int, fen: int = 1000, *, order_id: int = 7, gateway: int = 1) -> OrderEntry:
    lines = (Line(Account(GATEWAY, gateway), -fen), Line(Account(SALES, 0), fen, order_id))
    return OrderEntry(EntryKind.RECEIPT, f"receipt:{number}", lines, "gateway", "bank")


async def entered(db: Database, entry: OrderEntry) -> bool:
    async with db.transaction() as tx:
        return await enter(tx, entry)


async def money(db: Database, order_id: int) -> Mapping[AccountKind, int]:
    async with db.transaction() as tx:
        return await money_of_order(tx, order_id)


async def test_money_is_entered_once(db: Database) -> None:
    assert await entered(db, receipt(1))
    assert not await entered(db, receipt(1))
    assert await money(db, 7) == {SALES: 1000}
    assert await db.pool.fetchval("SELECT count(*) FROM ledger_entries") == 1
    assert await db.pool.fetchval("SELECT sum(amount_fen)::bigint FROM ledger_postings") == 0


async def test_an_account_nobody_has_used_is_opened(db: Database) -> None:
    await entered(db, receipt(1, gateway=99))
    rows = await db.pool.fetch("SELECT kind, owner, balance_fen, keeps_balance FROM ledger_accounts ORDER BY kind")
    assert [tuple(row) for row in rows] == [("gateway", 99, 0, False), ("sales", 0, 0, False)]


async def test_buyers_do_not_wait_for_each_other(db: Database) -> None:
    """One transaction has entered and goes on for a while; the other enters and commits meanwhile."""
    await entered(db, receipt(1))
    slow_has_entered, fast_is_done = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with db.transaction() as tx:
            await enter(tx, receipt(2, order_id=8))
            slow_has_entered.set()
            await asyncio.wait_for(fast_is_done.wait(), 20)

    async def fast() -> None:
        await slow_has_entered.wait()
        async with db.transaction() as tx:
            await tx.connection.execute("SET LOCAL lock_timeout = '5s'")
            assert await enter(tx, receipt(3, order_id=9))
        fast_is_done.set()

    await asyncio.gather(slow(), fast())
    assert await db.pool.fetchval("SELECT count(*) FROM ledger_entries") == 3


async def test_the_database_refuses_what_does_not_sum_to_zero(db: Database) -> None:
    await entered(db, receipt(1))
    with pytest.raises(asyncpg.RaiseError, match="does not sum to zero"):
        await db.pool.execute("INSERT INTO ledger_postings SELECT entry_id, account_id, 5, NULL, 77 FROM"
                              " ledger_postings WHERE order_id = 7")  # fmt: skip
    with pytest.raises(asyncpg.PostgresError):
        await db.pool.execute("UPDATE ledger_postings SET amount_fen = 1")


@pytest.mark.parametrize(
    "lines",
    [
        (),
        (Line(Account(SALES, 0), 1, 7),),
        (Line(Account(SALES, 0), 0, 7),),
        (Line(Account(AccountKind.BALANCE, 1), -1), Line(Account(SALES, 0), 1, 7)),
    ],
)
def test_an_entry_is_sound_or_is_none(lines: tuple[Line, ...]) -> None:
    with pytest.raises(AssertionError):
        OrderEntry(EntryKind.RECEIPT, "receipt:1", lines, "gateway")


async def test_what_an_order_was_paid_with_stands_where_it_belongs(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    paid_once = (await a_paid_order(shop, goods)).order_id
    too_much = (await a_paid_order(shop, goods, fen=1500, contact="13900000001")).order_id
    too_little = (await a_paid_order(shop, goods, fen=900, contact="13900000002")).order_id
    assert await money(shop.db, paid_once) == {SALES: 1000}
    assert await money(shop.db, too_much) == {SALES: 1000, SURPLUS: 500}
    assert await money(shop.db, too_little) == {HELD: 900}
    await sweep_refunds(db=shop.db, gateways=shop.gateways)
    async with shop.db.transaction() as tx:
        await accept_payment(tx, order_id=too_little, actor=Actor(ActorKind.STAFF, "li"), reason="差一角")
    assert await money(shop.db, too_much) == {SALES: 1000, SURPLUS: 0}
    assert await money(shop.db, too_little) == {SALES: 900, HELD: 0}
    assert await check_invariants(shop.db, now=shop.clock.now()) == []


async def test_several_orders_paid_at_once_have_each_their_share(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    orders = [(await an_order(shop, goods, contact=f"1390000{n:04d}", quantity=n + 1)).order_id for n in range(2)]
    await paid(shop, await a_started_payment(shop, *orders), fen=3200)
    shares = [{SALES: 1000}, {SALES: 2000}]
    shares[orders.index(min(orders))][SURPLUS] = 200
    assert [await money(shop.db, order_id) for order_id in orders] == shares


async def test_a_purchase_takes_one_statement_more_and_no_other(shop: Shop) -> None:
    """What is said to the database from the notify to the codes."""
    goods = await a_stocked_sku(shop)
    await a_paid_order(shop, goods)
    attempt = await a_started_payment(shop, (await an_order(shop, goods, contact="13900000001")).order_id)
    trade = shop.bank.pay(attempt.reference)
    said: list[str] = []

    async def listen(listener) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001
        pool = shop.db.pool
        held = [await pool.acquire() for _ in range(pool.get_max_size())]
        for connection in held:
            listener(connection)
            await pool.release(connection)

    def heard(record: object) -> None:
        said.append(str(record.query).strip())  # type: ignore[attr-defined]

    await listen(lambda connection: connection.add_query_logger(heard))
    assert await hear(shop, trade) == "success"
    await listen(lambda connection: connection.remove_query_logger(heard))
    mine = [text for text in said if "INSERT INTO ledger_postings" in text]
    assert len(mine) == 1
    assert not [text for text in said if "FOR UPDATE" in text and "ledger_accounts" in text]
    # asyncpg asks about types once for each connection and each new statement.
    assert len([text for text in said if "typeinfo_tree" not in text and "current_setting" not in text]) <= MOST
