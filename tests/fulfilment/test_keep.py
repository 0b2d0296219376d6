"""What counts as delivered, and what suppliers call a code."""

from datetime import date

import pytest

from kameng.fulfilment.keep import brought, told_of_top_up
from kameng.fulfilment.store import find_attempt
from kameng.supply.answer import Code, Delivered, Partly
from tests.builders.dispatching import a_bench, codes, say
from tests.builders.shop import Shop

pytestmark = pytest.mark.anyio

BATCHES = "SELECT source, imported, refused, cost_fen FROM card_batches WHERE upload_kind = 'supplier' ORDER BY id"
EXPIRY = "SELECT expires_on FROM cards"


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (Code("A1"), "A1"),
        (Code("", "P1"), "P1"),
        (Code(" A1 ", " P1 "), "A1 P1"),
        (Code("卡\ud8001", "\0"), "卡?1 \0"),
    ],
)
def test_number_and_password_are_one_text(code: Code, text: str) -> None:
    assert [one.text for one in brought([code])] == [text]


def test_nothing_is_no_code() -> None:
    assert brought([Code(""), Code(" ", "　"), Code("\n")]) == []


async def test_each_delivery_is_a_batch_with_its_cost(shop: Shop) -> None:
    bench = await a_bench(shop, quantity=2)
    await bench.work()
    await say(bench, Delivered(codes=(Code("A1", "P1", date(2027, 5, 1)), Code("A2", "P2")), cost_fen=1800))
    assert await bench.codes() == ["A1 P1", "A2 P2"]
    [batch] = await shop.rows(BATCHES)
    assert batch == {"source": f"north {await bench.number()}", "imported": 2, "refused": 0, "cost_fen": 1800}
    assert {row["expires_on"] for row in await shop.rows(EXPIRY)} == {date(2027, 5, 1), None}


async def test_a_part_is_as_much_as_there_are_codes_whatever_it_says(shop: Shop) -> None:
    bench = await a_bench(shop, quantity=5)
    await bench.work()
    await say(bench, Partly(4, "四张", codes=codes("A1", "A2")))
    [attempt] = await bench.attempts()
    assert (attempt["state"], attempt["delivered"]) == ("partly", 2)


async def test_all_codes_are_all_of_it_whatever_it_says(shop: Shop) -> None:
    bench = await a_bench(shop, quantity=2)
    await bench.work()
    assert await say(bench, Partly(1, "一张", codes=codes("A1", "A2"))) == "delivered"


@pytest.mark.parametrize(("told", "counts"), [(-5, 0), (0, 0), (4000, 4000), (10**9, 10000)])
async def test_a_top_up_counts_no_more_than_was_asked_for(shop: Shop, told: int, counts: int) -> None:
    bench = await a_bench(shop, top_up=True, face_fen=10000)
    await bench.work()
    async with shop.db.reading() as connection:
        attempt = await find_attempt(connection, (await bench.attempts())[0]["id"])
    assert attempt is not None
    assert told_of_top_up(Partly(told, ""), attempt) == counts
    assert told_of_top_up(Delivered(), attempt) == 10000
