"""Every fen has a place: entries sum to zero, happen once, and spend nothing that is not there."""

import asyncio
from dataclasses import replace

import asyncpg
import pytest

from kameng.kernel.database import Database
from kameng.ledger.balance import balance_of
from kameng.ledger.entry import Account, AccountKind, Entry, EntryKind, moved
from kameng.ledger.post import BalanceTooLow, post

pytestmark = pytest.mark.anyio

OWNER, OTHER = 7, 8
ROWS = """
SELECT (SELECT count(*) FROM ledger_entries) AS entries, (SELECT count(*) FROM ledger_postings) AS postings,
       (SELECT coalesce(sum(balance_fen), 0) FROM ledger_accounts) AS sum_fen
"""


def top_up(fen: int, reference: str = "top_up:1", owner: int = OWNER) -> Entry:
    postings = moved(owner, source=AccountKind.PAID_IN, target=AccountKind.BALANCE, amount_fen=fen)
    return Entry(EntryKind.TOP_UP, reference, postings, "staff", "cli", "bank transfer")


def purchase(fen: int, reference: str, owner: int = OWNER) -> Entry:
    postings = moved(owner, source=AccountKind.BALANCE, target=AccountKind.SPENT, amount_fen=fen)
    return Entry(EntryKind.PURCHASE, reference, postings, "buyer")


async def entered(db: Database, entry: Entry) -> int | None:
    async with db.transaction() as tx:
        return await post(tx, entry)


async def balance(db: Database, owner: int = OWNER) -> int:
    async with db.reading() as connection:
        return await balance_of(connection, owner)


async def rows(db: Database) -> tuple[int, ...]:
    async with db.reading() as connection:
        return tuple(await connection.fetchrow(ROWS))  # type: ignore[arg-type]


async def test_money_moves_and_the_books_still_sum_to_zero(db: Database) -> None:
    assert await balance(db) == 0
    assert await entered(db, top_up(5000)) is not None
    assert await entered(db, purchase(1200, "purchase:1")) is not None
    assert await balance(db) == 3800
    assert await rows(db) == (2, 4, 0)


async def test_nothing_is_entered_twice(db: Database) -> None:
    assert await entered(db, top_up(5000)) is not None
    assert await entered(db, top_up(5000)) is None
    assert await balance(db) == 5000
    assert await entered(db, purchase(4000, "purchase:1")) is not None
    assert await entered(db, purchase(4000, "purchase:1")) is None, "known, although there would not be enough any more"
    assert await balance(db) == 1000


async def test_what_is_not_there_cant_be_spent_and_nothing_is_written(db: Database) -> None:
    await entered(db, top_up(1000))
    with pytest.raises(BalanceTooLow) as told:
        await entered(db, purchase(1001, "purchase:1"))
    assert told.value.values == {"balance_fen": 1000}
    assert await balance(db) == 1000
    assert (await rows(db))[:2] == (1, 2)
    assert await balance(db, OTHER) == 0
    with pytest.raises(BalanceTooLow):
        await entered(db, purchase(1, "purchase:2", owner=OTHER))


async def test_a_refused_entry_leaves_the_transaction_as_it_was(db: Database) -> None:
    async with db.transaction() as tx:
        with pytest.raises(BalanceTooLow):
            await post(tx, purchase(1, "purchase:1"))
        await post(tx, top_up(10))
    assert await balance(db) == 10
    assert (await rows(db))[0] == 1


async def test_two_purchases_at_once_never_spend_the_same_fen(db: Database) -> None:
    await entered(db, top_up(1000))
    tries = await asyncio.gather(
        *(entered(db, purchase(300, f"purchase:{n}")) for n in range(10)), return_exceptions=True
    )
    assert sum(isinstance(told, int) for told in tries) == 3
    assert sum(isinstance(told, BalanceTooLow) for told in tries) == 7
    assert await balance(db) == 100


async def test_a_first_entry_made_twice_at_once_is_one(db: Database) -> None:
    told = await asyncio.gather(*(entered(db, top_up(500)) for _ in range(8)))
    assert sum(entry is not None for entry in told) == 1
    assert await balance(db) == 500


def test_an_entry_that_does_not_sum_to_zero_can_not_be_made() -> None:
    with pytest.raises(AssertionError):
        replace(top_up(5), postings={Account(AccountKind.BALANCE, OWNER): 5})
    with pytest.raises(AssertionError):
        replace(top_up(5), postings={})


async def test_the_database_refuses_what_does_not_sum_to_zero(db: Database) -> None:
    await entered(db, top_up(100))
    with pytest.raises(asyncpg.RaiseError, match="does not sum to zero"):
        async with db.transaction() as tx:
            await tx.connection.execute(
                "INSERT INTO ledger_entries (kind, reference, actor_kind, at) VALUES ('top_up', 'x', 'staff', $1)",
                tx.now,
            )
            await tx.connection.execute("INSERT INTO ledger_postings SELECT max(id), 1, 5, 5 FROM ledger_entries")
    assert (await rows(db))[0] == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_postings SET amount_fen = 1",
        "DELETE FROM ledger_postings",
        "UPDATE ledger_entries SET reason = 'another'",
        "DELETE FROM ledger_entries",
    ],
)
async def test_nothing_is_ever_rewritten(db: Database, statement: str) -> None:
    await entered(db, top_up(100))
    with pytest.raises(asyncpg.RaiseError, match="append-only"):
        async with db.transaction() as tx:
            await tx.connection.execute(statement)


async def test_the_database_refuses_a_balance_below_zero(db: Database) -> None:
    await entered(db, top_up(100))
    with pytest.raises(asyncpg.CheckViolationError):
        async with db.transaction() as tx:
            await tx.connection.execute("UPDATE ledger_accounts SET balance_fen = -1 WHERE kind = 'balance'")
