"""No statement reads a whole table that grows with the orders, whatever its parameters are.

The plans asked for are the generic ones, which PostgreSQL falls back to for statements it sees again and again.
"""

import json
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest

from tests.architecture.test_sql import PREPARABLE, STATEMENTS
from tests.postgres import on

pytestmark = pytest.mark.anyio

# As many rows as make an index worth its while: a shop after some weeks.
FILL = """
INSERT INTO orders (id, site_id, sku_id, sku_version_id, state, quantity, unit_price_fen, amount_fen, contact_kind,
                    contact_sealed, contact_index, second_factor, terms_accepted_at, placed_at, pay_until, changed_at)
SELECT 260101000000000000 + n * 1000003, 1, n % 40 + 1, n % 40 + 1,
       CASE WHEN n % 200 = 0 THEN 'awaiting_payment' WHEN n % 333 = 0 THEN 'refunding' WHEN n % 3 = 0 THEN 'cancelled'
            ELSE 'delivered' END,
       1, 1000, 1000, 'phone', 'sealed', sha256((n % 5000)::text::bytea), sha256(n::text::bytea), at, at, at, at
FROM generate_series(1::bigint, 20000) AS n,
     LATERAL (SELECT '2026-11-01Z'::timestamptz + n * interval '1 minute' AS at) AS t;

INSERT INTO order_events (order_id, event, to_state, actor_kind, at)
SELECT o.id, e.name, e.name, 'system', o.placed_at
FROM orders o, unnest(ARRAY['awaiting_payment', 'paid', 'delivered']) AS e (name) ORDER BY o.id;

INSERT INTO cards (sku_id, batch_id, slot, state, order_id, code_sealed, blind_index, tail_index)
SELECT n % 40 + 1, n / 1000 + 1, n * 7919 % 2000003, CASE WHEN n <= 15000 THEN 'sold' ELSE 'available' END,
       CASE WHEN n <= 15000 THEN 260101000000000000 + n * 1000003 END, 'sealed', sha256(n::text::bytea),
       CASE WHEN n > 500 THEN n END
FROM generate_series(1::bigint, 40000) AS n;

INSERT INTO payment_attempts (id, gateway_id, method, state, amount_fen, started_at, ask_at, gateway_trade_no)
SELECT id, 1, 'alipay', CASE WHEN state = 'delivered' THEN 'confirmed' ELSE 'expired' END, 1000, placed_at,
       CASE WHEN id % 200 = 0 THEN placed_at END, 'T' || id FROM orders;
INSERT INTO payment_attempt_orders (attempt_id, order_id, amount_fen) SELECT id, id, 1000 FROM orders;
INSERT INTO receipts (attempt_id, gateway_id, gateway_trade_no, amount_fen, use, heard_from, received_at)
SELECT id, 1, 'T' || id, 1000, 'applied', 'notify', placed_at FROM orders;
INSERT INTO refunds (receipt_id, order_id, amount_fen, state, cause, try_at, requested_at)
SELECT r.id, r.attempt_id, 1000, 'done', 'staff', CASE WHEN r.id % 500 = 0 THEN r.received_at END, r.received_at
FROM receipts r;
INSERT INTO gateway_notices (gateway_id, digest, attempt_id, genuine, fields, first_at, last_at)
SELECT 1, sha256(id::text::bytea), id, true, '{}', placed_at, placed_at FROM orders;
INSERT INTO staff_audit (login, action, subject, at)
SELECT 'staff' || n % 5, 'order:looked_at', n::text, '2026-11-01Z' FROM generate_series(1, 20000) AS n;
INSERT INTO order_requests (idempotency_key, fingerprint, order_id, at)
SELECT sha256(id::text::bytea), 'print', id, placed_at FROM orders;
INSERT INTO suppliers (code, name, protocol, config_sealed, sync_at)
SELECT 'supplier-' || n, 'S', 'yrapi', 'sealed', '2026-11-01Z' FROM generate_series(1, 10) AS n;
INSERT INTO supplier_goods (supplier_id, number, name, kind, price_fen, on_sale, first_seen_at, seen_at)
SELECT u.id, n::text, 'goods ' || n, 'code', 900, true, '2026-11-01Z', '2026-11-01Z'
FROM suppliers u, generate_series(1, 4000) AS n;
INSERT INTO deliveries (order_id, sku_id, owed, delivered, state, route_at, patience_until, opened_at, closed_at)
SELECT CASE WHEN id % 50 <> 0 THEN id END, sku_id, 1, 1, CASE WHEN id % 200 = 1 THEN 'open' ELSE 'done' END,
       CASE WHEN id % 400 = 1 THEN placed_at END, placed_at, placed_at, placed_at FROM orders;
INSERT INTO delivery_attempts (delivery_id, order_id, n, sku_id, route_id, supplier_id, goods, number, quantity,
                               asked_for, state, cost_max_fen, called_at, settled_at, ask_at, supplier_no)
SELECT d.id, d.order_id, 1, d.sku_id, 1, d.id % 10 + 1, '1', 'N' || d.id, 1, 1,
       CASE WHEN d.state = 'open' THEN 'placed' ELSE 'delivered' END, 1000, d.opened_at,
       CASE WHEN d.state = 'done' THEN d.opened_at END, CASE WHEN d.state = 'open' THEN d.opened_at END, 'S' || d.id
FROM deliveries d;
INSERT INTO merchants (code, name, contact_sealed, added_at)
SELECT 'merchant-' || n, 'M', 'sealed', '2026-11-01Z' FROM generate_series(1, 50) AS n;
INSERT INTO merchant_keys (id, merchant_id, secret_sealed, scopes, issued_at)
SELECT 1000000000 + id, id, 'sealed', '{}', '2026-11-01Z' FROM merchants;
INSERT INTO merchant_orders (order_id, merchant_id, key_id, protocol, out_order_no, fingerprint)
SELECT id, id % 50 + 1, 1000000000 + id % 50 + 1, 'km1', 'M' || id, 'print' FROM orders;
INSERT INTO merchant_webhooks (order_id, url_sealed, tell_at)
SELECT id, 'sealed', CASE WHEN id % 500 = 0 THEN placed_at END FROM orders;
INSERT INTO merchant_nonces (key_id, nonce, until)
SELECT '1000000001', sha256(id::text::bytea), placed_at FROM orders;
INSERT INTO ledger_accounts (kind, owner, may_go_below_zero)
SELECT k, n, true FROM unnest(ARRAY['balance', 'paid_in', 'spent']) AS k, generate_series(1, 2000) AS n;
INSERT INTO ledger_entries (kind, reference, actor_kind, at)
SELECT 'purchase', 'purchase:' || id, 'buyer', placed_at FROM orders;
INSERT INTO ledger_postings (entry_id, account_id, amount_fen, balance_after_fen)
SELECT e.id, e.id % 2000 + a, CASE a WHEN 1 THEN 5 ELSE -5 END, 5 FROM ledger_entries e, unnest(ARRAY[1, 2001]) AS a;
INSERT INTO risk_scores (order_id, stage, points, verdict, reasons, signals, at)
SELECT id, 'placed', 10, 'low', '[]', '{}', placed_at FROM orders;
INSERT INTO risk_velocity (subject, kind, hour_from, orders, newcomers, fen, day_from, day_orders, day_newcomers)
SELECT sha256(id::text::bytea), 'contact', placed_at, 1, 1, 1000, placed_at, 1, 1 FROM orders;
INSERT INTO cases (order_id, kind, state, facts, opened_at, answer_by, solve_by, closed_at, due_at, due_for, look_at)
SELECT id, 'other', CASE WHEN id % 100 = 1 THEN 'open' ELSE 'closed' END, '{}', placed_at, placed_at, placed_at,
       CASE WHEN id % 100 <> 1 THEN placed_at END, CASE WHEN id % 100 = 1 THEN placed_at END,
       CASE WHEN id % 100 = 1 THEN 'answer' END, CASE WHEN id % 100 = 1 THEN placed_at END FROM orders;
INSERT INTO case_events (case_id, event, to_state, actor_kind, at)
SELECT id, 'opened', 'open', 'buyer', opened_at FROM cases;
INSERT INTO case_messages (case_id, author, sealed, at) SELECT id, 'buyer', 'sealed', opened_at FROM cases;
INSERT INTO case_pictures (case_id, message_id, width, height, sealed)
SELECT case_id, id, 9, 9, 'sealed' FROM case_messages;
INSERT INTO stuck (thing, thing_id, order_id, state, visit, since, found_at, role, promise_at, ended_at)
SELECT 'order', id, id, state, id, placed_at, placed_at, 'owner', placed_at, CASE WHEN id % 1000 <> 1 THEN placed_at END
FROM orders;
INSERT INTO claims (queue, item, changed_at) SELECT 'review', id, placed_at FROM orders;
INSERT INTO resubmissions (order_id, kind, state, actor_kind, applied_at, look_at)
SELECT id, 'pay_again', CASE WHEN id % 300 = 0 THEN 'with_staff' ELSE 'done' END, 'buyer', placed_at,
       CASE WHEN id % 300 = 0 THEN placed_at END FROM orders;
INSERT INTO order_handling (order_id, changed_at) SELECT id, placed_at FROM orders;
INSERT INTO order_notes (order_id, login, sealed, at) SELECT id, 'lin', 'sealed', placed_at FROM orders;
INSERT INTO order_accounts (order_id, sealed, account_index) SELECT id, 'sealed', contact_index FROM orders;
INSERT INTO order_batches (action, state, merchant_id, key, fingerprint, chosen, drawn_at, confirmed_at, ended_at)
SELECT 'resubmit', CASE WHEN n % 500 = 0 THEN 'running' ELSE 'done' END, n % 50 + 1, 'K' || n, 'print', '{}', at, at,
       CASE WHEN n % 500 <> 0 THEN at END
FROM generate_series(1, 5000) AS n, LATERAL (SELECT '2026-11-01Z'::timestamptz AS at) AS t;
INSERT INTO order_batch_items (batch_id, place, order_id, state, try_at)
SELECT b.id, n, n, CASE WHEN b.state = 'running' THEN 'todo' ELSE 'done' END, '2026-11-01Z'
FROM order_batches b, generate_series(1, 10) AS n;
ANALYZE;
"""

GROWING = {
    "orders", "order_events", "order_requests", "cards", "payment_attempts", "payment_attempt_orders", "receipts",
    "refunds", "gateway_notices", "staff_audit", "supplier_goods", "deliveries",
    "delivery_attempts", "merchant_orders", "merchant_webhooks", "merchant_nonces", "ledger_accounts",
    "ledger_entries", "ledger_postings", "risk_scores", "risk_velocity",
    "cases", "case_events", "case_messages", "case_pictures", "order_batches", "order_batch_items",
    "stuck", "claims", "resubmissions", "order_handling", "order_notes", "order_accounts",
}  # fmt: skip

WHOLE_INDEXES = "SELECT indexrelid::regclass::text AS name FROM pg_index WHERE indpred IS NULL"

# Statements that may read a table from end to end, and why.
MAY_READ_ALL = {
    "kameng.aftersales.desk_store.CLOSED": "the newest that are closed: nearly all cases are, so it ends at once",
    "kameng.stock.store.COUNTS": "stock levels count every card; a page of the console asks for it now and then",
    "kameng.risk.score_store.FORGET_VELOCITY": "once an hour, in a table of two days",
}


@pytest.fixture
def filled_url(database_url: str) -> str:
    async def fill(connection: asyncpg.Connection) -> None:
        await connection.execute(FILL)

    on(database_url, fill)
    return database_url


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


def reads_all(node: dict[str, Any], whole_indexes: set[str]) -> bool:
    """The whole table, or the whole of an index over all of it, in search of what its filter wants."""
    walks_index = node.get("Index Name") in whole_indexes and "Index Cond" not in node and "Filter" in node
    return node.get("Relation Name") in GROWING and (node["Node Type"] == "Seq Scan" or walks_index)


async def generic_plan(connection: asyncpg.Connection, statement: str) -> dict[str, Any]:
    prepared = await connection.prepare(statement)
    nothing = ", ".join("NULL" for _ in prepared.get_parameters())
    await connection.execute(f"PREPARE asked AS {statement}")
    try:
        text = await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE asked{f'({nothing})' if nothing else ''}")
    finally:
        await connection.execute("DEALLOCATE asked")
    plan: dict[str, Any] = json.loads(text)[0]["Plan"]
    return plan


async def test_no_statement_reads_a_growing_table_from_end_to_end(filled_url: str) -> None:
    connection = await asyncpg.connect(filled_url)
    await connection.execute("SET plan_cache_mode = force_generic_plan")
    whole = {row["name"] for row in await connection.fetch(WHOLE_INDEXES)}
    reading_all = {}
    for name, statement in STATEMENTS.items():
        # Invariants are about every row there is.
        if PREPARABLE.match(statement) and "kameng.invariants." not in name:
            plan = await generic_plan(connection, statement)
            scanned = {node["Relation Name"] for node in nodes(plan) if reads_all(node, whole)}
            if scanned:
                reading_all[name] = scanned
    await connection.close()
    assert {name: tables for name, tables in reading_all.items() if name not in MAY_READ_ALL} == {}
    assert set(MAY_READ_ALL) <= set(reading_all), "these have learned to do without"
