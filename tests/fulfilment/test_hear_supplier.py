"""Suppliers call back: what is signed is believed as far as it is signed, everything else is a reason to ask."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from kameng.fulfilment.hear_supplier import PURPOSE_NOTICE
from kameng.orders.lifecycle import OrderState
from kameng.supply.answer import Accepted, Delivered, Failed, Partly, Reason
from kameng.supply.supplier import CallbackTrust
from kameng.supply.suppliers import SupplierUnknown
from tests.builders.dispatching import Bench, a_bench, codes
from tests.builders.shop import Shop
from tests.builders.supplier import post_of

pytestmark = pytest.mark.anyio

NOTICES = "SELECT attempt_id, genuine, times, sealed, digest FROM supplier_notices ORDER BY id"
TABLES = ("delivery_attempts", "deliveries", "attempt_answers", "order_events", "cards", "refunds")


async def books(shop: Shop) -> dict[str, list[dict[str, object]]]:
    return {table: await shop.rows(f"SELECT * FROM {table} ORDER BY 1") for table in TABLES}


async def a_believed_bench(shop: Shop, *suppliers: str) -> Bench:
    bench = await a_bench(shop, *suppliers)
    for scripted in bench.depot.scripted.values():
        scripted.abilities = replace(scripted.abilities, callback=CallbackTrust.FINAL)
    return bench


async def test_a_hint_is_a_reason_to_ask_at_once_and_nothing_more(shop: Shop) -> None:
    bench = await a_bench(shop)
    await bench.work()
    heard = await bench.hear(Delivered(codes=codes("A1")))
    assert (heard.accepted, heard.reply.text) == (True, "ok")
    assert await bench.states() == ["placed"]
    assert bench["north"].queried == []
    bench["north"].will("query", Delivered(codes=codes("B1")))
    await bench.work()
    assert await bench.codes() == ["B1"]


async def test_what_is_signed_altogether_is_believed(shop: Shop) -> None:
    bench = await a_believed_bench(shop)
    await bench.work()
    assert (await bench.hear(Delivered(codes=codes("A1"), cost_fen=900))).accepted
    assert await bench.codes() == ["A1"]
    assert bench["north"].queried == []
    assert ("callback", "delivered", "") in await bench.answers()


async def test_believed_but_without_its_codes_it_is_asked_about(shop: Shop) -> None:
    bench = await a_believed_bench(shop)
    await bench.work()
    await bench.hear(Delivered())
    bench["north"].will("query", Delivered(codes=codes("A1")))
    await bench.wait(10)
    assert await bench.codes() == ["A1"]


async def test_a_callback_that_claims_nothing_is_a_reason_to_ask(shop: Shop) -> None:
    bench = await a_believed_bench(shop)
    await bench.work()
    await bench.hear(None)
    await bench.work()
    assert len(bench["north"].queried) == 1


@pytest.mark.parametrize("times", [2, 5])
async def test_repeats_are_acknowledged_and_kept_once(shop: Shop, times: int) -> None:
    bench = await a_believed_bench(shop)
    await bench.work()
    for _ in range(times):
        assert (await bench.hear(Delivered(codes=codes("A1")))).accepted
    [notice] = await shop.rows(NOTICES)
    assert (notice["times"], notice["genuine"]) == (times, True)
    assert await bench.codes() == ["A1"]
    assert await shop.alarms() == []


async def test_in_any_order_the_end_is_the_same(shop: Shop) -> None:
    bench = await a_believed_bench(shop)
    await bench.work()
    await bench.hear(Delivered(codes=codes("A1")))
    await bench.hear(Accepted(supplier_no="N1", words="充值中"))
    assert await bench.states() == ["delivered"]
    assert await bench.state() is OrderState.DELIVERED
    assert await shop.alarms() == []


async def test_a_forged_one_changes_nothing_but_is_told(shop: Shop) -> None:
    bench = await a_believed_bench(shop)
    await bench.work()
    before = await books(shop)
    for _ in range(20):
        heard = await bench.hear(Delivered(codes=codes("EVIL")), sign="wrong")
        assert (heard.accepted, heard.reply.text, heard.reply.status) == (False, "fail", 400)
    assert await books(shop) == before
    [notice] = await shop.rows(NOTICES)
    assert (notice["genuine"], notice["attempt_id"], notice["times"]) == (False, None, 20)
    assert await shop.rows("SELECT kind, times FROM alarms") == [{"kind": "forged_notice", "times": 20}]


async def test_another_suppliers_order_is_not_this_ones(shop: Shop) -> None:
    bench = await a_believed_bench(shop, "north", "south")
    await bench.work()
    before = await books(shop)
    assert (await bench.hear(Delivered(codes=codes("EVIL")), code="south")).accepted
    assert await books(shop) == before
    assert await shop.alarms() == ["unknown_delivery"]


async def test_an_order_nobody_made_is_told(shop: Shop) -> None:
    bench = await a_believed_bench(shop)
    await bench.work()
    before = await books(shop)
    assert (await bench.hear_post(post_of("X-1", Failed(Reason.OTHER, "失败")))).accepted
    assert await books(shop) == before
    assert await shop.alarms() == ["unknown_delivery"]


async def test_a_number_we_have_not_been_told_yet_comes_again(shop: Shop) -> None:
    bench = await a_believed_bench(shop)
    hanging = asyncio.Event()
    bench["north"].will("place", hanging, Accepted("N7"))
    await bench.dispatcher.look()
    await bench["north"].hanging.wait()
    post = post_of(None, Delivered(codes=codes("A1")), supplier_no="N7")
    assert not (await bench.hear_post(post)).accepted
    assert await bench.codes() == []
    hanging.set()
    await bench.dispatcher.finish()
    assert (await bench.hear_post(post)).accepted
    assert await bench.codes() == ["A1"]
    [notice] = await shop.rows(NOTICES)
    assert (notice["times"], notice["attempt_id"] is None) == (2, False)


async def test_one_before_the_calls_answer_is_believed_too(shop: Shop) -> None:
    bench = await a_believed_bench(shop, "north", "south")
    hanging = asyncio.Event()
    bench["north"].will("place", hanging, Accepted("N1"))
    await bench.dispatcher.look()
    await bench["north"].hanging.wait()
    await bench.hear(Failed(Reason.OPERATOR_TROUBLE, "运营商维护", cost_fen=900, refund_fen=900))
    hanging.set()
    await bench.dispatcher.finish()
    await bench.work()
    assert await bench.states() == ["failed", "placed"]
    assert len(bench["north"].placed) == len(bench["south"].placed) == 1


async def test_a_part_of_nothing_is_a_failure(shop: Shop) -> None:
    bench = await a_believed_bench(shop, "north", "south")
    await bench.work()
    await bench.hear(Partly(0, "一张也没有"))
    await bench.work()
    assert await bench.states() == ["failed", "placed"]


async def test_a_hint_during_a_question_is_followed_by_another(shop: Shop) -> None:
    bench = await a_bench(shop)
    await bench.work()
    shop.clock.go_on(timedelta(seconds=5))
    await bench.dispatcher.look()
    await bench.hear(None)
    await bench.dispatcher.finish()
    await bench.work()
    assert len(bench["north"].queried) == 2


async def test_a_disabled_suppliers_callbacks_still_tell_the_truth(shop: Shop) -> None:
    bench = await a_believed_bench(shop)
    await bench.work()
    async with shop.db.transaction() as tx:
        await tx.connection.execute("UPDATE suppliers SET enabled = false")
    shop.clock.go_on(timedelta(seconds=6))
    await bench.hear(Delivered(codes=codes("A1")))
    assert await bench.codes() == ["A1"]


async def test_nobody_calls_back_for_a_supplier_that_is_not_there(shop: Shop) -> None:
    bench = await a_bench(shop)
    await bench.work()
    with pytest.raises(SupplierUnknown):
        await bench.hear(Delivered(codes=codes("A1")), code="west")
    assert await shop.rows(NOTICES) == []


async def test_what_came_is_kept_sealed_with_an_end_to_its_length(shop: Shop) -> None:
    bench = await a_believed_bench(shop)
    await bench.work()
    await bench.hear(Delivered(codes=codes("SECRET-CODE"), words="长" * 30_000))
    [notice] = await shop.rows(NOTICES)
    sealed, digest = notice["sealed"], notice["digest"]
    assert isinstance(sealed, bytes)
    assert isinstance(digest, bytes)
    assert b"SECRET" not in sealed
    assert len(sealed) < 20_000
    bound_to = bench.depot.ids["north"].to_bytes(4, "big") + digest
    assert b"SECRET-CODE" in shop.keyring.unseal(sealed, purpose=PURPOSE_NOTICE, bound_to=bound_to)
