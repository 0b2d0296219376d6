"""A person has looked into an attempt: their word settles it, unless it is settled already."""

from dataclasses import replace

import pytest

from kameng.fulfilment.decide_attempt import (
    AttemptMissing,
    AttemptNotInDoubt,
    Finding,
    ask_now,
    decide_attempt,
    take_attempt,
)
from kameng.kernel.errors import InvalidInput
from kameng.orders.lifecycle import OrderState
from kameng.supply.answer import Delivered, Failed, InDoubt, Reason
from tests.builders.dispatching import Bench, a_bench, codes, say
from tests.builders.shop import Shop, stock_up

pytestmark = pytest.mark.anyio

WHO = "SELECT actor_kind, actor_id FROM order_events WHERE event = $1"
STAFF = "INSERT INTO staff (login, role, password_hash, created_at) VALUES ('wang', 'owner', '', $1) RETURNING id"
BOOKS = "SELECT state, delivered, words, ask_at FROM delivery_attempts"


async def a_doubtful_bench(shop: Shop, *suppliers: str, top_up: bool = False, quantity: int = 1) -> Bench:
    bench = await a_bench(shop, *suppliers, top_up=top_up, quantity=quantity)
    bench["north"].will("place", InDoubt("HTTP 502"))
    bench["north"].will("query", *[InDoubt("HTTP 502")] * 99)
    await bench.work()
    return bench


async def decide(bench: Bench, *texts: str, delivered: bool = True, why: str = "对方后台显示成功") -> str:
    finding = Finding(delivered, why, codes=texts, receipt="流水 1")
    return await decide_attempt(
        db=bench.shop.db, keyring=bench.keyring, suppliers=bench.depot.suppliers,
        attempt_id=(await bench.attempts())[0]["id"], finding=finding, login="wang",
    )  # fmt: skip


async def test_found_delivered(shop: Shop) -> None:
    bench = await a_doubtful_bench(shop)
    assert await decide(bench, " A1 ", "", "　") == "delivered"
    assert await bench.codes() == ["A1"]
    assert await bench.state() is OrderState.DELIVERED
    assert await shop.rows(WHO, "delivered") == [{"actor_kind": "staff", "actor_id": "wang"}]
    assert (await bench.answers())[-1] == ("staff", "delivered", "对方后台显示成功")


async def test_found_not_delivered_another_supplier_is_asked(shop: Shop) -> None:
    bench = await a_doubtful_bench(shop, "north", "south")
    assert await decide(bench, delivered=False) == "failed"
    await bench.work()
    assert len(bench["south"].placed) == 1


async def test_a_top_up_needs_no_code(shop: Shop) -> None:
    bench = await a_doubtful_bench(shop, top_up=True)
    assert await decide(bench) == "delivered"
    [attempt] = await bench.attempts()
    assert attempt["receipt"] == "流水 1"


async def test_fewer_codes_are_a_part(shop: Shop) -> None:
    bench = await a_doubtful_bench(shop, "north", "south", quantity=2)
    assert await decide(bench, "A1") == "partly"
    await bench.work()
    assert bench["south"].placed[0].quantity == 1


@pytest.mark.parametrize(
    ("field", "texts", "why"),
    [
        ("codes", (), "看过"),
        ("codes", (" ",), "看过"),
        ("codes", ("OLD", "old"), "看过"),
        ("codes", tuple(f"C{n}" for n in range(1001)), "看过"),
        ("why", ("A1",), "  "),
        ("why", ("A1",), "看" * 301),
    ],
)
async def test_a_finding_that_is_none_changes_nothing(shop: Shop, field: str, texts: tuple[str, ...], why: str) -> None:
    bench = await a_doubtful_bench(shop)
    await stock_up(shop, bench.goods.sku_id, ["OLD"])
    before, answers = await shop.rows(BOOKS), await bench.answers()
    with pytest.raises(InvalidInput) as refused:
        await decide(bench, *texts, why=why)
    assert list(refused.value.fields) == [field]
    assert (await shop.rows(BOOKS), await bench.answers()) == (before, answers)


async def test_what_is_settled_is_not_decided(shop: Shop) -> None:
    bench = await a_doubtful_bench(shop)
    await say(bench, Delivered(codes=codes("A1")))
    for verb in (decide(bench, "B1"), decide(bench, delivered=False)):
        with pytest.raises(AttemptNotInDoubt):
            await verb
    assert await bench.codes() == ["A1"]


async def test_nothing_is_decided_about_no_attempt(shop: Shop) -> None:
    bench = await a_doubtful_bench(shop)
    with pytest.raises(AttemptMissing):
        await decide_attempt(
            db=shop.db, keyring=bench.keyring, suppliers=bench.depot.suppliers, attempt_id=404,
            finding=Finding(False, "看过"), login="wang",
        )  # fmt: skip


async def test_a_supplier_that_cannot_be_asked_any_more_is_no_obstacle(shop: Shop) -> None:
    bench = await a_doubtful_bench(shop, "north", "south")
    async with shop.db.transaction() as tx:
        await tx.connection.execute("UPDATE suppliers SET config_sealed = '' WHERE code = 'north'")
    await bench.skip(seconds=10)
    assert await decide(bench, delivered=False) == "failed"
    await bench.work()
    assert len(bench["south"].placed) == 1


async def test_a_word_that_turns_out_wrong_is_contradicted(shop: Shop) -> None:
    bench = await a_doubtful_bench(shop, "north", "south")
    await decide(bench, delivered=False)
    await say(bench, Delivered(codes=codes("A1")))
    assert await shop.alarms() == ["supplier_contradicts"]


async def test_somebody_takes_it_and_it_is_asked_about_on_their_word(shop: Shop) -> None:
    bench = await a_doubtful_bench(shop)
    [attempt] = await bench.attempts()
    async with shop.db.transaction() as tx:
        staff_id = await tx.connection.fetchval(STAFF, tx.now)
    await take_attempt(db=shop.db, attempt_id=attempt["id"], staff_id=staff_id)
    assert (await bench.attempts())[0]["owner_id"] == staff_id
    await ask_now(db=shop.db, attempt_id=attempt["id"])
    bench["north"].script["query"].clear()
    bench["north"].will("query", Failed(Reason.OTHER, "失败"))
    await bench.work()
    assert await bench.states() == ["failed"]
    for verb in (
        take_attempt(db=shop.db, attempt_id=attempt["id"], staff_id=staff_id),
        ask_now(db=shop.db, attempt_id=attempt["id"]),
    ):
        with pytest.raises(AttemptNotInDoubt):
            await verb


async def test_even_where_nothing_can_be_asked_a_question_can_be_wanted(shop: Shop) -> None:
    bench = await a_bench(shop)
    bench["north"].abilities = replace(bench["north"].abilities, asks_by_number=False)
    bench["north"].will("place", InDoubt("HTTP 502"))
    await bench.work()
    [attempt] = await bench.attempts()
    assert attempt["ask_at"] is None
    await ask_now(db=shop.db, attempt_id=attempt["id"])
    bench["north"].will("query", Delivered(codes=codes("A1")))
    await bench.work()
    assert await bench.state() is OrderState.DELIVERED
