"""A merchant's program has its stuck orders put right: one result an order, once under each key."""

import asyncio

import pytest

from kameng.batches.carry_out import carry_out_batches
from kameng.batches.one_by_one import Bench
from kameng.checkout.place_order import CheckoutRules
from kameng.kernel.crypto import Keyring
from kameng.merchants.merchant import OWN_SCOPES
from kameng.orders.number import read
from kameng.payment.gateways import Gateways
from kameng.payment.request import RefundRules
from kameng.resubmission.desk import Desk
from kameng.resubmission.resubmission import ResubmissionRules
from tests.builders.merchant import a_merchant
from tests.web.merchant_api.programs import Program
from tests.web.shopfront import Shopfront

pytestmark = pytest.mark.anyio


async def bought(program: Program, shopfront: Shopfront, number: str) -> str:
    answer = await program.post("/orders", {"out_order_no": number, "sku": shopfront.sku_id})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["order_no"])


async def stuck(shopfront: Shopfront, order_no: str) -> None:
    """As if a supplier had delivered nothing of it and given up."""
    order_id = read(order_no)
    now = shopfront.db.clock.now()
    async with shopfront.db.transaction() as tx:
        await tx.connection.execute("UPDATE orders SET state = 'exception' WHERE id = $1", order_id)
        await tx.connection.execute(
            "UPDATE cards SET state = 'available', order_id = NULL WHERE order_id = $1", order_id
        )
        await tx.connection.execute(
            "INSERT INTO deliveries (order_id, sku_id, owed, delivered, state, patience_until, opened_at)"
            " SELECT id, sku_id, 1, 0, 'stuck', $2, $2 FROM orders WHERE id = $1",
            order_id, now,
        )  # fmt: skip


async def worked(shopfront: Shopfront, keyring: Keyring) -> None:
    db = shopfront.db
    desk = Desk(db, keyring, Gateways(db, keyring, {}), ResubmissionRules(), CheckoutRules())
    while await carry_out_batches(Bench(desk, RefundRules())):
        pass


async def test_stuck_orders_are_put_right_and_each_has_its_result(
    program: Program, shopfront: Shopfront, keyring: Keyring
) -> None:
    numbers = [await bought(program, shopfront, number) for number in ("M1", "M2")]
    await stuck(shopfront, numbers[0])
    asked = {"key": "R1", "order_nos": [numbers[0], "1"], "out_order_nos": ["M2", "M9"]}
    answers = await asyncio.gather(*(program.post("/resubmissions", asked) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.text for answer in answers}) == 1
    told = answers[0].json()
    assert (told["key"], told["state"]) == ("R1", "running")
    results = {result["out_order_no"]: (result["state"], result["code"]) for result in told["results"]}
    assert results == {"M1": ("queued", None), "M2": ("refused", "wrong_state")}
    await worked(shopfront, keyring)
    told = (await program.get("/resubmissions/R1")).json()
    assert told["state"] == "done"
    by_number = {result["out_order_no"]: result for result in told["results"]}
    assert (by_number["M1"]["state"], by_number["M1"]["order_state"]) == ("under_way", "resubmitting")
    events = await shopfront.db.pool.fetch(
        "SELECT actor_kind, actor_id FROM order_events WHERE event = 'resubmitted'"
    )  # fmt: skip
    assert [tuple(event) for event in events] == [("buyer", "merchant:mengyu")]
    assert await shopfront.count("resubmissions") == 1


async def test_what_is_refused_says_why_by_code(program: Program, shopfront: Shopfront, keyring: Keyring) -> None:
    await bought(program, shopfront, "M1")
    await bought(program, shopfront, "M2")
    assert (await program.post("/resubmissions", {"key": "R1", "out_order_nos": ["M1"]})).status_code == 202
    for body, status, code in (
        ({"key": "R1", "out_order_nos": ["M2"]}, 409, "key_conflict"),
        ({"key": "R2", "out_order_nos": ["M9"]}, 404, "batch_missing"),
        ({"key": "R2"}, 422, "invalid_input"),
        ({"key": "", "out_order_nos": ["M1"]}, 422, "invalid_input"),
        ({"key": "R2", "out_order_nos": ["M1"] * 1001}, 422, "invalid_input"),
    ):
        answer = await program.post("/resubmissions", body)
        assert (answer.status_code, answer.json()["code"]) == (status, code), body
        assert answer.headers["content-type"] == "application/problem+json"
    assert (await program.get("/resubmissions/R9")).status_code == 404
    other = Program(program.client, program.clock, await a_merchant(shopfront.db, keyring, code="other"))
    assert (await other.post("/resubmissions", {"key": "R1", "out_order_nos": ["M1"]})).status_code == 404
    assert (await other.get("/resubmissions/R1")).status_code == 404


async def test_a_key_without_the_scope_may_not(program: Program, shopfront: Shopfront, keyring: Keyring) -> None:
    poor = Program(
        program.client, program.clock, await a_merchant(shopfront.db, keyring, code="plain", scopes=OWN_SCOPES)
    )
    answer = await poor.post("/resubmissions", {"key": "R1", "out_order_nos": ["M1"]})
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
    assert await shopfront.count("order_batches") == 0
