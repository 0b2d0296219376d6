"""The same request at once, and counters that must not lose one."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from kameng.checkout.place_order import IdempotencyConflict, PlacedOrder, place_order
from kameng.risk.guard import count_failure
from kameng.risk.store import spend_proof
from tests.builders.shop import Shop, a_stocked_sku, a_wish, an_order

pytestmark = [pytest.mark.anyio, pytest.mark.races]

WINDOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
COUNTED = "SELECT subject, failures FROM guard_budgets ORDER BY subject"


async def test_without_the_key_the_same_request_twice_is_two_orders(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    await asyncio.gather(an_order(shop, goods), an_order(shop, goods))
    assert (await shop.counts())["orders"] == 2


async def test_the_same_key_twenty_times_at_once_is_one_order(shop: Shop) -> None:
    goods = await a_stocked_sku(shop, cards=1)
    answers = await asyncio.gather(*(an_order(shop, goods, key="a key") for _ in range(20)))
    assert len(set(answers)) == 1
    assert await shop.cards(goods.sku_id) == {"reserved": 1}
    counts = await shop.counts()
    assert (counts["orders"], counts["order_requests"], counts["order_events"]) == (1, 1, 1)


async def test_of_two_wishes_under_one_key_one_is_refused(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)

    async def buyer(quantity: int) -> PlacedOrder:
        wish = replace(a_wish(goods), quantity=quantity)
        return await place_order(
            db=shop.db, keyring=shop.keyring, rules=shop.checkout, wish=wish, idempotency_key="a key"
        )

    answers = await asyncio.gather(buyer(1), buyer(2), return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["IdempotencyConflict", "PlacedOrder"]
    assert any(isinstance(answer, IdempotencyConflict) for answer in answers)
    assert (await shop.counts())["orders"] == 1


async def test_without_the_one_statement_counts_are_lost(shop: Shop) -> None:
    async with shop.db.transaction() as tx:
        await tx.connection.execute("INSERT INTO guard_budgets VALUES ('all', $1, 0)", WINDOW)
    both_have_looked = asyncio.Barrier(2)

    async def fail() -> None:
        async with shop.db.transaction() as tx:
            count = await tx.connection.fetchval("SELECT failures FROM guard_budgets")
            await both_have_looked.wait()
            await tx.connection.execute("UPDATE guard_budgets SET failures = $1", count + 1)

    await asyncio.gather(fail(), fail())
    assert await shop.rows(COUNTED) == [{"subject": "all", "failures": 1}]


async def test_budgets_are_counted_exactly_and_each_count_is_given_once(shop: Shop) -> None:
    budgets = [("order:2", WINDOW), ("all", WINDOW), ("order:1", WINDOW)]

    async def fail(number: int) -> int:
        async with shop.db.reading() as connection:
            turned = budgets[number % 3 :] + budgets[: number % 3]
            return (await count_failure(connection, turned))["all"]

    counts = await asyncio.gather(*map(fail, range(200)))
    assert sorted(counts) == list(range(1, 201))
    assert await shop.rows(COUNTED) == [{"subject": s, "failures": 200} for s in ("all", "order:1", "order:2")]


async def test_a_proof_is_spent_by_one_of_many(shop: Shop) -> None:
    async def spend() -> bool:
        async with shop.db.reading() as connection:
            return await spend_proof(connection, b"proof", WINDOW)

    assert sum(await asyncio.gather(*(spend() for _ in range(20)))) == 1
