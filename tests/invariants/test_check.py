"""Each promise is checked: whatever is planted is found, and nothing else."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from kameng.invariants.check import _PROMISES, check_invariants
from kameng.orders.lifecycle import Actor, ActorKind
from kameng.payment.expire import expire_orders
from kameng.payment.poll import poll_payments
from kameng.payment.refund import accept_payment
from kameng.payment.sweep_refunds import sweep_refunds
from kameng.wholesale.buy import WholesaleRules, buy
from kameng.wholesale.purchase import Protocol, Purchase
from tests.builders.bank import Call, Mood
from tests.builders.merchant import a_merchant
from tests.builders.refunds import request_refund
from tests.builders.shop import SITE, Shop, a_paid_order, a_started_payment, a_stocked_sku, an_order, paid
from tests.invariants.test_delivery import PLANTED as OF_DELIVERIES

pytestmark = pytest.mark.anyio

STAFF = Actor(ActorKind.STAFF, "wang")


async def a_busy_shop(shop: Shop) -> Shop:
    """Every state an order can be in, as the verbs leave it behind."""
    goods, rare = await a_stocked_sku(shop, cards=40), await a_stocked_sku(shop, cards=1)
    await a_paid_order(shop, goods, quantity=2)
    await a_paid_order(shop, goods, fen=1500)
    expiring = await an_order(shop, rare)
    late = await a_started_payment(shop, expiring.order_id)
    shop.clock.go_on(timedelta(minutes=15))
    await expire_orders(db=shop.db)
    await a_paid_order(shop, rare, contact="13900001234")
    await paid(shop, late)
    await sweep_refunds(db=shop.db, gateways=shop.gateways)
    for verb in (accept_payment, request_refund):
        order = await a_paid_order(shop, goods, fen=900)
        async with shop.db.transaction() as tx:
            await verb(tx, order_id=order.order_id, actor=STAFF, reason="核对过")
    shop.bank.will(Call.REFUND, Mood.REFUSES)
    await sweep_refunds(db=shop.db, gateways=shop.gateways)
    order = await a_paid_order(shop, goods, fen=800)
    async with shop.db.transaction() as tx:
        await request_refund(tx, order_id=order.order_id, actor=STAFF, reason="核对过")
    await a_paid_order(shop, goods, fen=900)
    waiting = await an_order(shop, goods)
    await a_started_payment(shop, waiting.order_id)
    shop.clock.go_on(timedelta(seconds=20))
    await poll_payments(db=shop.db, gateways=shop.gateways)
    merchant = await a_merchant(shop.db, shop.keyring)
    url = "https://erp.example.com/callback"
    purchase = Purchase(SITE, goods.sku_id, 1, "M1", Protocol.KM1, callback_url=url)
    await buy(db=shop.db, keyring=shop.keyring, rules=WholesaleRules(shop.checkout), caller=merchant, purchase=purchase)
    return shop


async def test_a_sound_shop_has_no_violation(shop: Shop) -> None:
    await a_busy_shop(shop)
    states = {row["state"] for row in await shop.rows("SELECT state FROM orders")}
    assert states == {"delivered", "refunded", "exception", "refunding", "under_review", "awaiting_payment"}
    assert await check_invariants(shop.db, now=shop.clock.now()) == []


async def plant(shop: Shop, *statements: str) -> list[str]:
    """The names of what is found after these statements, append-only triggers put aside."""
    await a_busy_shop(shop)
    async with shop.db.transaction() as tx:
        await tx.connection.execute("SET LOCAL session_replication_role = replica")
        for statement in statements:
            assert not (await tx.connection.execute(statement)).endswith(" 0"), "nothing was planted"
    return [violation.name for violation in await check_invariants(shop.db, now=shop.clock.now())]


ONE = "(SELECT min(id) FROM orders WHERE state = '{}')"
DELIVERED, WAITING, REVIEWED, STUCK, REFUNDING, REFUNDED = (
    ONE.format(state)
    for state in ("delivered", "awaiting_payment", "under_review", "exception", "refunding", "refunded")
)

_REQUEST = """
INSERT INTO refund_requests (order_id, amount_fen, state, cause, reason, asker_kind, asker_id, needs, asked_at,
                             lapse_at, ended_at)
SELECT min(id), 1, '{}', 'goodwill', 'x', 'staff', 'li', 1, min(placed_at), {}, {} FROM orders
"""
LAPSED_REQUEST = _REQUEST.format("waiting", "'2020-01-01Z'", "NULL")
UNAGREED_REQUEST = _REQUEST.format("approved", "NULL", "min(placed_at)")

RESUBMISSION_NOBODY_LOOKS_AT = f"""
INSERT INTO resubmissions (order_id, kind, state, actor_kind, applied_at)
VALUES ({DELIVERED}, 'replace_code', 'with_staff', 'buyer', now())
"""

CASE_NOBODY_LOOKS_AT = f"""
INSERT INTO cases (order_id, kind, state, facts, opened_at, answer_by, solve_by)
VALUES ({DELIVERED}, 'other', 'open', '{{}}', now(), now(), now())
"""

_STAFF = "INSERT INTO staff (login, role, password_hash, created_at) VALUES ('li', 'owner', '', now())"
_BATCH = """
INSERT INTO order_batches (action, state, staff_id, chosen, needs, drawn_at, confirmed_at, ended_at, lapse_at)
SELECT '{}', '{}', id, '[]', {}, now(), now(), {}, {} FROM staff
"""
_ITEM = f"""
INSERT INTO order_batch_items (batch_id, place, order_id, state, result_id)
SELECT id, 1, {DELIVERED}, '{{}}', 4711 FROM order_batches
"""
DONE_BATCH = _BATCH.format("{}", "done", 0, "now()", "NULL")

_LONG_AGO = "UPDATE order_events SET at = at - interval '30 hours' WHERE order_id = {}"

PLANTED = [
    ("stood_unseen", [_LONG_AGO.format(REFUNDING)]),
    ("stood_unseen", [_LONG_AGO.format(REVIEWED)]),
    ("stood_unseen", [f"UPDATE orders SET pay_until = pay_until - interval '2 days' WHERE id = {WAITING}"]),
    (
        "stuck_astray",
        [
            (
                "INSERT INTO stuck (thing, thing_id, order_id, state, visit, since, found_at, role, promise_at)"
                " SELECT 'order', id, id, state, 1, changed_at, changed_at, 'owner', changed_at - interval '2 days'"
                f" FROM orders WHERE id = {REVIEWED}"
            )
        ],
    ),
    (
        "stuck_astray",
        [
            (
                "INSERT INTO stuck (thing, thing_id, order_id, state, visit, since, found_at, role, promise_at)"
                " SELECT 'order', id, id, 'paid', 1, changed_at, changed_at, 'owner', changed_at + interval '9 days'"
                f" FROM orders WHERE id = {DELIVERED}"
            ),
            f"UPDATE orders SET changed_at = changed_at - interval '2 days' WHERE id = {DELIVERED}",
        ],
    ),
    ("cards_astray", [f"UPDATE cards SET sku_id = sku_id + 1 WHERE order_id = {DELIVERED}"]),
    ("cards_astray", [f"UPDATE cards SET state = 'sold' WHERE order_id = {WAITING}"]),
    ("cards_miscounted", [f"UPDATE cards SET order_id = NULL, state = 'available' WHERE order_id = {DELIVERED}"]),
    ("cards_miscounted", [f"UPDATE cards SET order_id = NULL, state = 'available' WHERE order_id = {WAITING}"]),
    ("cards_miscounted", [f"UPDATE cards SET order_id = {REFUNDED} WHERE order_id = {WAITING}"]),
    ("cards_miscounted", [f"UPDATE orders SET quantity = 3, amount_fen = 3000 WHERE id = {REVIEWED}"]),
    ("confirmed_without_receipt", ["UPDATE payment_attempts SET state = 'confirmed' WHERE state = 'started'"]),
    ("confirmed_without_receipt", ["UPDATE payment_attempts SET state = 'refused' WHERE state = 'confirmed'"]),
    ("delivered_unpaid", ["UPDATE receipts SET amount_fen = 1 WHERE id = 1"]),
    ("delivered_unpaid", ["DELETE FROM order_events WHERE event = 'accepted_by_staff'"]),
    ("applied_to_nothing", [f"UPDATE orders SET state = 'cancelled' WHERE id = {DELIVERED}"]),
    ("kept_too_much", ["UPDATE refunds SET amount_fen = 1 WHERE cause = 'paid_too_much'"]),
    ("surplus_kept", ["DELETE FROM refunds WHERE cause = 'paid_too_much'"]),
    ("surplus_kept", ["UPDATE receipts SET use = 'surplus' WHERE use = 'held'"]),
    ("held_and_forgotten", ["DELETE FROM alarms WHERE kind = 'paid_too_little'"]),
    ("held_and_forgotten", [f"UPDATE orders SET state = 'cancelled' WHERE id = {REVIEWED}"]),
    ("refunded_too_much", ["UPDATE refunds SET amount_fen = 99999"]),
    ("refunds_disagree", ["UPDATE refunds SET state = 'refused' WHERE state = 'done' AND cause = 'sold_out'"]),
    ("refunds_disagree", [f"UPDATE refunds SET state = 'done' WHERE order_id = {REFUNDING}"]),
    ("refunds_disagree", [f"UPDATE refunds SET state = 'done' WHERE order_id = {STUCK}"]),
    ("refunds_disagree", [f"UPDATE orders SET state = 'delivered' WHERE id = {REFUNDING}"]),
    ("not_all_refunded", [f"UPDATE refunds SET amount_fen = 1 WHERE order_id = {REFUNDED}"]),
    (
        "paid_and_forgotten",
        [f"UPDATE orders SET state = 'paid', changed_at = changed_at - interval '1 hour' WHERE id = {DELIVERED}"],
    ),
    (
        "paid_and_forgotten",
        [f"UPDATE orders SET changed_at = changed_at - interval '3 days' WHERE id = {REFUNDING}"],
    ),
    ("nobody_told", ["DELETE FROM alarms WHERE kind = 'refund_stuck'"]),
    ("nobody_told", ["DELETE FROM alarms WHERE kind = 'paid_too_little'"]),
    ("refunds_forgotten", [f"UPDATE refunds SET try_at = NULL WHERE order_id = {REFUNDING}"]),
    ("refunds_forgotten", ["UPDATE refunds SET try_at = try_at - interval '2 hours' WHERE try_at IS NOT NULL"]),
    ("payments_forgotten", ["UPDATE payment_attempts SET ask_at = NULL WHERE state = 'started'"]),
    ("sweeps_asleep", ["UPDATE payment_attempts SET ask_at = ask_at - interval '2 hours'"]),
    ("sweeps_asleep", [f"UPDATE orders SET pay_until = pay_until - interval '2 hours' WHERE id = {WAITING}"]),
    ("sweeps_asleep", ["UPDATE gateway_notices SET ask_at = first_at - interval '2 hours' WHERE id = 1"]),
    ("sweeps_asleep", ["UPDATE merchant_webhooks SET tell_at = tell_at - interval '2 hours'"]),
    ("ledger_unbalanced", ["UPDATE ledger_postings SET amount_fen = amount_fen + 1 WHERE amount_fen > 0"]),
    ("ledger_unbalanced", ["DELETE FROM ledger_postings WHERE entry_id = 1"]),
    ("balances_astray", ["UPDATE ledger_accounts SET balance_fen = balance_fen + 1 WHERE kind = 'balance'"]),
    ("balances_astray", ["UPDATE ledger_postings SET balance_after_fen = 7 WHERE balance_after_fen IS NOT NULL"]),
    ("balance_payments_disagree", ["DELETE FROM ledger_entries WHERE kind = 'purchase'"]),
    ("balance_payments_disagree", ["DELETE FROM receipts WHERE heard_from = 'ledger'"]),
    ("postings_astray", ["DELETE FROM ledger_accounts WHERE kind = 'sales'"]),
    ("postings_astray", ["UPDATE ledger_postings SET balance_after_fen = 1 WHERE order_id <> 0"]),
    ("postings_astray", [f"UPDATE ledger_postings SET order_id = 0 WHERE order_id = {DELIVERED}"]),
    ("order_money_disagrees", ["DELETE FROM ledger_entries", "DELETE FROM ledger_postings WHERE order_id <> 0"]),
    ("order_money_disagrees", ["UPDATE receipts SET amount_fen = amount_fen + 1 WHERE id = 1"]),
    ("order_money_disagrees", ["UPDATE refunds SET state = 'done' WHERE state = 'intended'"]),
    (
        "order_money_disagrees",
        [f"UPDATE ledger_postings SET order_id = {WAITING} WHERE order_id = {DELIVERED}"],
    ),
    (
        "order_money_below_zero",
        [f"UPDATE ledger_postings SET amount_fen = amount_fen - 999999 WHERE order_id = {DELIVERED}"],
    ),
    ("gateway_money_disagrees", ["DELETE FROM ledger_entries WHERE reference = 'receipt:1'"]),
    ("gateway_money_disagrees", ["UPDATE ledger_entries SET reference = 'receipt:999' WHERE reference = 'receipt:1'"]),
    ("gateway_money_disagrees", ["UPDATE refunds SET state = 'done' WHERE state = 'intended'"]),
    ("resubmissions_forgotten", [RESUBMISSION_NOBODY_LOOKS_AT]),
    ("cases_forgotten", [CASE_NOBODY_LOOKS_AT]),
    ("cases_forgotten", [RESUBMISSION_NOBODY_LOOKS_AT, "UPDATE resubmissions SET applied_at = '2020-01-01'"]),
    ("requests_forgotten", [LAPSED_REQUEST]),
    ("requests_forgotten", [UNAGREED_REQUEST]),
    ("batches_astray", [_STAFF, DONE_BATCH.format("release"), _ITEM.format("todo")]),
    ("batches_astray", [_STAFF, _BATCH.format("refund", "running", 1, "NULL", "NULL")]),
    ("batches_astray", [_STAFF, _BATCH.format("refund", "draft", 0, "NULL", "'2020-01-01Z'")]),
    ("batches_disagree", [_STAFF, DONE_BATCH.format("refund"), _ITEM.format("done")]),
    ("batches_disagree", [_STAFF, DONE_BATCH.format("resubmit"), _ITEM.format("waiting")]),
    ("merchant_orders_unpaid", ["DELETE FROM receipts WHERE heard_from = 'ledger'"]),
    ("stories_broken", [f"UPDATE orders SET state = 'completed' WHERE id = {DELIVERED}"]),
    ("stories_broken", [f"DELETE FROM order_events WHERE order_id = {WAITING}"]),
    ("stories_broken", ["DELETE FROM order_events WHERE event = 'payment_confirmed'"]),
    ("stories_broken", ["DELETE FROM order_events WHERE event = 'placed'"]),
    ("stories_broken", ["UPDATE order_events SET from_state = 'paid' WHERE event = 'sold_out' OR event = 'expired'"]),
    ("in_clear", [f"UPDATE order_events SET reason = '电话13800001234' WHERE order_id = {WAITING}"]),
    ("in_clear", ["""UPDATE order_events SET facts = '{"to": "li.lei@example.com"}' WHERE id = 1"""]),
    ("in_clear", ["UPDATE card_batches SET source = '13800001234.txt' WHERE id = 1"]),
]


@pytest.mark.parametrize(("name", "statements"), PLANTED)
async def test_what_is_planted_is_found(shop: Shop, name: str, statements: Sequence[str]) -> None:
    assert name in await plant(shop, *statements)


def test_every_promise_has_something_planted_against_it() -> None:
    assert {*_PROMISES, "in_clear"} == {name for name, _ in (*PLANTED, *OF_DELIVERIES)}


async def test_a_known_secret_is_found_wherever_it_stands(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    await a_paid_order(shop, goods)
    assert await check_invariants(shop.db, now=shop.clock.now(), secrets=goods.codes) == []
    async with shop.db.transaction() as tx:
        await tx.connection.execute("UPDATE payment_attempts SET method = $1", f"see {goods.codes[0]}!")
    (violation,) = await check_invariants(shop.db, now=shop.clock.now(), secrets=goods.codes)
    assert str(violation) == ("in_clear: a contact or a code can be read in the database (payment_attempts.method)")


async def test_a_percent_sign_is_itself(shop: Shop) -> None:
    await an_order(shop, await a_stocked_sku(shop))
    assert await check_invariants(shop.db, now=shop.clock.now(), secrets=["100%_\\"]) == []


async def test_the_shops_own_words_may_name_its_telephone(shop: Shop) -> None:
    await an_order(shop, await a_stocked_sku(shop))
    async with shop.db.transaction() as tx:
        await tx.connection.execute("UPDATE products SET usage_note = '客服 13800001234'")
    assert await check_invariants(shop.db, now=shop.clock.now()) == []


async def test_twenty_digits_are_no_telephone(shop: Shop) -> None:
    await an_order(shop, await a_stocked_sku(shop))
    async with shop.db.transaction() as tx:
        await tx.connection.execute("UPDATE payment_attempts SET method = 'T2026112213800001234 x13800001234'")
        await tx.connection.execute("INSERT INTO alarms (kind, subject, first_at, last_at) VALUES"
                                    " ('a', '20261122143055138000012345', $1, $1)", tx.now)  # fmt: skip
    assert await check_invariants(shop.db, now=shop.clock.now()) == []
