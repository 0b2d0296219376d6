"""Whatever a supplier says about an attempt, however often and in whichever order, is worth what it can be worth."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from kameng.fulfilment.attempt import Answer, AskedBy, AttemptState
from kameng.orders.lifecycle import OrderState
from kameng.supply.answer import Accepted, Code, Delivered, Failed, InDoubt, NotFound, Partly, Reason, Refused
from tests.builders.dispatching import a_bench, codes, say
from tests.builders.shop import Shop

pytestmark = pytest.mark.anyio

STOCK = "SELECT stock FROM supplier_goods"


async def test_twice_is_once(shop: Shop) -> None:
    bench = await a_bench(shop)
    await bench.work()
    for _ in range(3):
        assert await say(bench, Delivered(codes=codes("A1"), cost_fen=900)) is AttemptState.DELIVERED
    assert await bench.codes() == ["A1"]
    assert (await bench.delivery())["delivered"] == 1
    assert (await shop.events(bench.order_id)).count("delivered") == 1
    assert await shop.alarms() == []
    assert await bench.answers() == [("place", "accepted", ""), ("query", "delivered", "")]


async def test_an_answer_that_brings_nothing_new_is_not_noted_again(shop: Shop) -> None:
    bench = await a_bench(shop)
    await bench.work()
    for words in ("充值中", "充值中", "充值中", "排队中"):
        await say(bench, Accepted(words=words))
    assert [words for _, _, words in await bench.answers()] == ["", "充值中", "排队中"]
    assert (await shop.events(bench.order_id)).count("sent_to_supplier") == 1


async def test_delivered_without_codes_is_in_doubt_and_asked_about(shop: Shop) -> None:
    bench = await a_bench(shop, "north", "south")
    await bench.work()
    for empty in (Delivered(), Delivered(codes=(Code(" ", "　"),)), Partly(1, "一张")):
        assert await say(bench, empty) is AttemptState.IN_DOUBT
    [attempt] = await bench.attempts()
    assert attempt["ask_at"] > shop.clock.now()
    assert bench["south"].placed == []
    assert await say(bench, Delivered(codes=codes("A1"))) is AttemptState.DELIVERED


async def test_codes_that_were_sold_to_us_before_do_not_count(shop: Shop) -> None:
    bench = await a_bench(shop, "north", "south", quantity=2)
    await bench.work()
    await say(bench, Delivered(codes=codes("A1", "A1")))
    assert (await bench.states(), await shop.alarms()) == (["partly"], ["delivered_short"])
    await bench.work()
    assert bench["south"].placed[0].quantity == 1
    await say(bench, Delivered(codes=codes("A1")), n=2)
    assert await bench.states() == ["partly", "failed"]
    assert await bench.codes() == ["A1"]


async def test_what_comes_back_is_noted_though_all_of_it_arrived(shop: Shop) -> None:
    bench = await a_bench(shop, quantity=2)
    await bench.work()
    told = Partly(1, "只有一张", codes=codes("A1", "A2"), cost_fen=1800, refund_fen=900)
    assert await say(bench, told) is AttemptState.DELIVERED
    [attempt] = await bench.attempts()
    assert (attempt["cost_fen"], attempt["refund_fen"]) == (1800, 900)


async def test_more_codes_than_asked_for_are_for_sale_and_old_ones_among_them_do_no_harm(shop: Shop) -> None:
    bench = await a_bench(shop, "north", "south", quantity=2)
    await bench.work()
    await say(bench, Partly(1, "一张", codes=codes("A1")))
    await bench.work()
    await say(bench, Delivered(codes=codes("A1", "B1", "B2")), n=2)
    assert await bench.codes() == ["A1", "B1"]
    assert await shop.cards(bench.goods.sku_id) == {"sold": 2, "available": 1}
    assert await bench.state() is OrderState.DELIVERED


async def test_a_no_to_what_was_accepted_is_no_answer(shop: Shop) -> None:
    bench = await a_bench(shop, "north", "south")
    await bench.work()
    assert await say(bench, Refused(Reason.BALANCE_LOW, "余额不足")) is AttemptState.PLACED
    assert bench["south"].placed == []


async def test_an_accepted_order_nobody_knows_of_any_more_is_never_ordered_elsewhere(shop: Shop) -> None:
    bench = await a_bench(shop, "north", "south")
    await bench.work()
    assert await say(bench, NotFound("no such order")) is AttemptState.PLACED
    shop.clock.go_on(timedelta(minutes=4))
    bench["north"].will("query", *[NotFound("no such order")] * 99)
    await bench.wait(40 * 60)
    assert await bench.states() == ["in_doubt"]
    assert bench["south"].placed == []
    assert await bench.state() is OrderState.EXCEPTION
    assert await shop.alarms() == ["delivery_stuck"]


async def test_an_accepted_order_that_cannot_be_asked_about_is_before_a_person_at_once(shop: Shop) -> None:
    bench = await a_bench(shop)
    bench["north"].abilities = replace(bench["north"].abilities, asks_by_number=False)
    bench["north"].will("place", Accepted())
    await bench.work()
    assert await bench.states() == ["placed"]
    assert await bench.state() is OrderState.EXCEPTION
    assert await shop.alarms() == ["delivery_stuck"]
    assert (await shop.events(bench.order_id))[-2:] == ["sent_to_supplier", "delivery_stuck"]


async def test_what_is_stuck_beside_others_stays_before_a_person_while_they_go_on(shop: Shop) -> None:
    bench = await a_bench(shop, "north", "south", quantity=3, pieces_at_once=1)
    north = bench["north"]
    north.abilities = replace(north.abilities, asks_by_number=False)
    north.will("place", InDoubt("HTTP 502"), Accepted("N2"), Accepted("N3"))
    await bench.work()
    # Which of the three is in doubt is a matter of chance: they were sent at the same moment.
    doubtful = (await bench.states()).index("in_doubt") + 1
    second, third = (n for n in (1, 2, 3) if n != doubtful)
    assert await bench.state() is OrderState.EXCEPTION
    await say(bench, Delivered(codes=codes("A2")), n=second)
    assert await bench.state() is OrderState.EXCEPTION
    assert (await bench.delivery())["state"] == "stuck"
    # What the third one failed to deliver is looked for elsewhere all the same.
    await say(bench, Failed(Reason.OTHER, "失败"), n=third)
    await bench.work()
    assert [ask.quantity for ask in bench["south"].placed] == [1]
    await say(bench, Delivered(codes=codes("B1")), n=4)
    assert await bench.state() is OrderState.EXCEPTION
    await say(bench, Delivered(codes=codes("A1")), n=doubtful, asked_by=AskedBy.STAFF)
    assert await bench.state() is OrderState.DELIVERED
    assert await bench.codes() == ["A1", "A2", "B1"]
    assert (await bench.delivery())["state"] == "done"


async def test_a_part_of_a_top_up_counted_in_pieces_is_told_in_pieces(shop: Shop) -> None:
    """The route's face value means nothing where the sku has none: half a yuan of it is not taken for many pieces."""
    bench = await a_bench(shop, "north", "south", top_up=True, quantity=3, face_fen=None)
    async with shop.db.transaction() as tx:
        await tx.connection.execute("UPDATE routes SET face_fen = 5000")
    await bench.work()
    assert [ask.face_fen for ask in bench["north"].placed] == [None]
    await say(bench, Partly(2, "两个"))
    await bench.work()
    assert [ask.quantity for ask in bench["south"].placed] == [1]


async def test_a_change_of_the_goods_changes_nothing_for_orders_under_way(shop: Shop) -> None:
    bench = await a_bench(shop, "north", "south", top_up=True, quantity=2, face_fen=10000)
    async with shop.db.transaction() as tx:
        await tx.connection.execute("UPDATE skus SET face_fen = NULL, price_fen = 5")
        await tx.connection.execute("UPDATE products SET delivers = 'codes'")
    await bench.work()
    [ask] = bench["north"].placed
    assert (ask.quantity, ask.face_fen, ask.cost_max_fen) == (2, 10000, 2000)
    await say(bench, Partly(10000, "一半"))
    await bench.work()
    assert [ask.quantity for ask in bench["south"].placed] == [1]
    await say(bench, Delivered(receipt="流水 1"), n=2)
    assert await bench.state() is OrderState.DELIVERED
    assert await shop.cards(bench.goods.sku_id) == {}


async def test_what_was_bought_is_taken_off_the_shelf_once(shop: Shop) -> None:
    bench = await a_bench(shop)
    async with shop.db.transaction() as tx:
        await tx.connection.execute("UPDATE supplier_goods SET stock = 7")
    bench["north"].will("place", Delivered(codes=codes("A1")))
    await bench.work()
    assert await shop.rows(STOCK) == [{"stock": 6}]


@pytest.mark.parametrize("answer", [Accepted("N1", cost_fen=1001), Delivered(codes=codes("A1"), cost_fen=1001)])
async def test_paying_more_than_was_allowed_is_told_once(shop: Shop, answer: Answer) -> None:
    bench = await a_bench(shop)
    bench["north"].will("place", answer)
    await bench.work()
    for _ in range(2):
        await say(bench, answer)
    assert await shop.rows("SELECT kind, times FROM alarms") == [{"kind": "supplier_overcharged", "times": 1}]


@pytest.mark.parametrize(
    "answer",
    [
        Accepted("N\0", cost_fen=-5, words="坏\0字 \ud800"),
        Failed(Reason.OTHER, "\ud800", supplier_no="x" * 5000, cost_fen=10**30, refund_fen=-1),
        Delivered(supplier_no="\0", codes=codes("A\ud8001"), receipt="\0\ud800", cost_fen=-1, words="\0"),
    ],
)
async def test_whatever_cannot_be_written_down_does_not_stop_the_rest(shop: Shop, answer: object) -> None:
    bench = await a_bench(shop)
    bench["north"].will("place", answer)
    await bench.work()
    assert await bench.states() != ["calling"]


async def test_a_callback_before_the_answer_and_the_answer_after_it(shop: Shop) -> None:
    bench = await a_bench(shop)
    hanging = asyncio.Event()
    bench["north"].will("place", hanging, Accepted("N1"))
    await bench.dispatcher.look()
    await bench["north"].hanging.wait()
    assert await bench.states() == ["calling"]
    await say(bench, Delivered(codes=codes("A1")), asked_by=AskedBy.CALLBACK)
    hanging.set()
    await bench.dispatcher.finish()
    assert await bench.states() == ["delivered"]
    assert await bench.codes() == ["A1"]
    assert (await shop.events(bench.order_id))[-2:] == ["delivery_started", "delivered"]


async def test_a_question_somebody_wants_at_once_is_not_put_off_by_an_earlier_answer(shop: Shop) -> None:
    bench = await a_bench(shop)
    await bench.work()
    shop.clock.go_on(timedelta(seconds=6))
    async with shop.db.transaction() as tx:
        await tx.connection.execute("UPDATE delivery_attempts SET ask_at = $1", tx.now)
    await say(bench, Accepted(words="充值中"))
    [attempt] = await bench.attempts()
    assert attempt["ask_at"] == shop.clock.now()
