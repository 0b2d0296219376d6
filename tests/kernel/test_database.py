"""Transactions: one at a time, whole or not at all, and nobody on the network meanwhile."""

import pytest

from kameng.kernel.clock import VirtualClock
from kameng.kernel.database import Database, assert_no_transaction

pytestmark = pytest.mark.anyio

ADD_TYPE = "INSERT INTO product_types (slug, name) VALUES ($1, $1)"
COUNT_TYPES = "SELECT count(*) FROM product_types"


class Interrupted(Exception):
    pass


async def count_types(db: Database) -> int:
    async with db.reading() as connection:
        count: int = await connection.fetchval(COUNT_TYPES)
    return count


async def test_a_transaction_commits_at_its_end(db: Database) -> None:
    async with db.transaction() as tx:
        await tx.connection.execute(ADD_TYPE, "cards")
        assert await count_types(db) == 0
    assert await count_types(db) == 1


async def test_a_transaction_that_fails_leaves_nothing(db: Database) -> None:
    with pytest.raises(Interrupted):
        async with db.transaction() as tx:
            await tx.connection.execute(ADD_TYPE, "cards")
            raise Interrupted
    assert await count_types(db) == 0


async def test_numbers_and_rows_start_afresh_in_every_test(db: Database) -> None:
    async with db.reading() as connection:
        number = await connection.fetchval("INSERT INTO product_types (slug, name) VALUES ('a', 'a') RETURNING id")
    assert number == 1


async def test_transactions_do_not_nest(db: Database) -> None:
    with pytest.raises(AssertionError, match="do not nest"):
        async with db.transaction() as outer:
            await outer.connection.execute(ADD_TYPE, "cards")
            async with db.transaction():
                pytest.fail("a second transaction was opened inside the first")
    assert await count_types(db) == 0


async def test_nobody_calls_out_while_a_transaction_is_open(db: Database) -> None:
    assert_no_transaction()
    async with db.transaction():
        with pytest.raises(AssertionError, match="network"):
            assert_no_transaction()
    assert_no_transaction()


async def test_a_failed_transaction_does_not_block_the_next(db: Database) -> None:
    with pytest.raises(Interrupted):
        async with db.transaction():
            raise Interrupted
    assert_no_transaction()
    async with db.transaction() as tx:
        await tx.connection.execute(ADD_TYPE, "cards")
    assert await count_types(db) == 1


async def test_a_transaction_has_the_moment_of_the_clock(db: Database, clock: VirtualClock) -> None:
    async with db.transaction() as tx:
        assert tx.now == clock.now()


async def test_json_goes_in_and_comes_out_as_objects(db: Database) -> None:
    value = {"cards": [1, 2], "说明": "全角"}
    async with db.reading() as connection:
        assert await connection.fetchval("SELECT $1::jsonb", value) == value


async def test_times_are_utc_whatever_the_server_thinks(db: Database, clock: VirtualClock) -> None:
    async with db.reading() as connection:
        at = await connection.fetchval("SELECT $1::timestamptz", clock.now())
        assert at == clock.now()
        assert await connection.fetchval("SHOW timezone") == "UTC"
