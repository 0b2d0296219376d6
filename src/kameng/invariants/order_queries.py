"""What must never be found on live data. Each statement gives a few samples of what is wrong; none is right.

Every check is one statement, so it sees one moment and can run while the shop is open.
"""

_NOT_DUE = "interval '1 hour'"

CARDS_ASTRAY = """
SELECT 'card ' || c.id FROM cards c JOIN orders o ON o.id = c.order_id
WHERE c.sku_id <> o.sku_id
   OR (c.state = 'reserved' AND o.state NOT IN ('awaiting_payment', 'under_review'))
   OR (c.state = 'replaced' AND o.state IN ('awaiting_payment', 'under_review', 'cancelled'))
   OR (c.state = 'sold'
       AND o.state NOT IN ('paid', 'delivering', 'delivered', 'completed', 'exception', 'resubmitting')
       AND NOT (o.state IN ('refunding', 'refunded') AND EXISTS (
           SELECT FROM order_events e WHERE e.order_id = o.id AND e.event = 'delivered')))
LIMIT 5
"""

# An order that was cancelled and then paid too little is under review with no cards held; it gets fresh ones. One that
# suppliers fill may hold none before it is delivered; what tops an account up is never in cards.
CARDS_MISCOUNTED = """
SELECT 'order ' || o.id FROM orders o
JOIN skus s ON s.id = o.sku_id
JOIN sku_versions v ON v.id = o.sku_version_id
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE state = 'reserved') AS reserved, count(*) FILTER (WHERE state = 'sold') AS sold
    FROM cards WHERE order_id = o.id) c
WHERE CASE o.state
    WHEN 'awaiting_payment' THEN
        c.sold > 0 OR c.reserved NOT IN (CASE s.filled_by WHEN 'stock' THEN o.quantity ELSE 0 END, o.quantity)
    WHEN 'under_review' THEN c.sold > 0 OR c.reserved NOT IN (0, o.quantity)
    WHEN 'delivered' THEN (c.reserved, c.sold) <> (0, CASE v.delivers WHEN 'codes' THEN o.quantity ELSE 0 END)
    WHEN 'completed' THEN (c.reserved, c.sold) <> (0, CASE v.delivers WHEN 'codes' THEN o.quantity ELSE 0 END)
    ELSE c.reserved > 0 END
LIMIT 5
"""

CONFIRMED_WITHOUT_RECEIPT = """
SELECT 'payment P' || a.id FROM payment_attempts a
WHERE (a.state = 'confirmed') <> EXISTS (SELECT FROM receipts r WHERE r.attempt_id = a.id)
LIMIT 5
"""

_PAID_IN_FULL = """
    EXISTS (SELECT FROM payment_attempt_orders p JOIN receipts r ON r.attempt_id = p.attempt_id AND r.use = 'applied'
            WHERE p.order_id = o.id
              AND r.amount_fen >= (SELECT sum(s.amount_fen) FROM payment_attempt_orders s
                                   WHERE s.attempt_id = p.attempt_id))
"""

_ACCEPTED = "EXISTS (SELECT FROM order_events e WHERE e.order_id = o.id AND e.event = 'accepted_by_staff')"

DELIVERED_UNPAID = f"""
SELECT 'order ' || o.id FROM orders o
WHERE o.state IN ('paid', 'delivering', 'delivered', 'completed') AND NOT {_PAID_IN_FULL} AND NOT {_ACCEPTED}
LIMIT 5
"""  # noqa: S608 - constants

APPLIED_TO_NOTHING = """
SELECT 'receipt ' || r.id FROM receipts r
WHERE r.use = 'applied' AND EXISTS (
    SELECT FROM payment_attempt_orders p JOIN orders o ON o.id = p.order_id
    WHERE p.attempt_id = r.attempt_id AND (
        o.state IN ('awaiting_payment', 'cancelled')
        OR (o.state = 'under_review' AND NOT o.held_back)))
LIMIT 5
"""

# Of what was paid for delivered goods we keep their price and no more.
KEPT_TOO_MUCH = """
SELECT 'order ' || min(o.id) FROM orders o
JOIN payment_attempt_orders p ON p.order_id = o.id
JOIN receipts r ON r.attempt_id = p.attempt_id AND r.use = 'applied'
WHERE o.state IN ('delivered', 'completed')
  AND (SELECT count(*) FROM payment_attempt_orders s WHERE s.attempt_id = p.attempt_id) = 1
GROUP BY o.id
HAVING sum(r.amount_fen) - coalesce(sum((SELECT sum(f.amount_fen) FROM refunds f WHERE f.receipt_id = r.id)), 0)
       > min(o.amount_fen)
LIMIT 5
"""

SURPLUS_KEPT = """
SELECT 'receipt ' || r.id FROM receipts r
CROSS JOIN LATERAL (SELECT coalesce(sum(amount_fen), 0) AS back_fen FROM refunds WHERE receipt_id = r.id) f
CROSS JOIN LATERAL (SELECT sum(amount_fen) AS owed_fen FROM payment_attempt_orders WHERE attempt_id = r.attempt_id) p
WHERE (r.use = 'surplus' AND f.back_fen <> r.amount_fen)
   OR (r.use = 'applied' AND r.amount_fen - p.owed_fen > f.back_fen)
LIMIT 5
"""

HELD_AND_FORGOTTEN = """
SELECT 'receipt ' || r.id FROM receipts r
WHERE r.use = 'held' AND NOT EXISTS (
    SELECT FROM payment_attempt_orders p JOIN orders o ON o.id = p.order_id
    WHERE p.attempt_id = r.attempt_id AND (
        o.state IN ('refunding', 'refunded', 'exception')
        OR (o.state = 'under_review' AND EXISTS (
            SELECT FROM alarms a WHERE a.kind = 'paid_too_little' AND a.subject = 'order:' || o.id))))
LIMIT 5
"""

REFUNDED_TOO_MUCH = """
SELECT 'receipt ' || r.id FROM receipts r
WHERE (SELECT sum(f.amount_fen) FROM refunds f WHERE f.receipt_id = r.id) > r.amount_fen
LIMIT 5
"""

_DELIVERY_STUCK = "EXISTS (SELECT FROM deliveries d WHERE d.order_id = o.id AND d.state = 'stuck')"

# All refunds of a refunded order are done; some refund of one that is refunding or stuck is not. What was never to
# move the order is left out; what is stuck between suppliers owes no refund yet.
REFUNDS_DISAGREE = f"""
SELECT 'order ' || o.id FROM orders o
CROSS JOIN LATERAL (
    SELECT count(*) AS owed, count(*) FILTER (WHERE state <> 'done') AS open,
           count(*) FILTER (WHERE NOT beside) AS moving,
           count(*) FILTER (WHERE NOT beside AND state <> 'done') AS open_moving FROM refunds
    WHERE order_id = o.id AND cause NOT IN ('paid_twice', 'paid_too_much', 'paid_too_little')) f
WHERE CASE o.state
    WHEN 'refunded' THEN f.owed = 0 OR f.open > 0
    WHEN 'refunding' THEN f.open = 0
    WHEN 'exception' THEN (f.open_moving = 0) <> {_DELIVERY_STUCK}
    ELSE f.moving > 0 END
LIMIT 5
"""  # noqa: S608 - constants

# What was paid for an order that is being refunded goes back to the last fen.
NOT_ALL_REFUNDED = f"""
SELECT 'order ' || o.id FROM orders o
JOIN payment_attempt_orders p ON p.order_id = o.id
JOIN receipts r ON r.attempt_id = p.attempt_id AND r.use IN ('applied', 'held')
WHERE o.state IN ('refunding', 'refunded', 'exception') AND NOT {_DELIVERY_STUCK}
GROUP BY o.id
HAVING sum(least(p.amount_fen, r.amount_fen)) > (
    SELECT coalesce(sum(f.amount_fen), 0) FROM refunds f WHERE f.order_id = o.id)
LIMIT 5
"""  # noqa: S608 - constants

# Suppliers may take a day for one attempt; `delivery_queries` looks closer.
PAID_AND_FORGOTTEN = """
SELECT 'order ' || o.id FROM orders o
WHERE o.state IN ('paid', 'resubmitting') AND o.changed_at < $1::timestamptz - interval '1 day'
   OR o.state = 'delivering' AND o.changed_at < $1 - interval '26 hours'
   OR o.state = 'paid' AND o.changed_at < $1 - interval '10 minutes'
   OR o.state = 'refunding' AND o.changed_at < $1 - interval '2 days' AND NOT EXISTS (
       SELECT FROM refunds f WHERE f.order_id = o.id AND f.beside AND f.state <> 'done' AND f.try_at IS NULL)
LIMIT 5
"""

_NEWEST_SCORE = "(SELECT s.{what} FROM risk_scores s WHERE s.order_id = o.id ORDER BY s.id DESC LIMIT 1)"

# Nobody need be told of an order whose buyer was asked for a proof; what becomes of it after that is a sweep's work.
NOBODY_TOLD = f"""
SELECT 'order ' || o.id FROM orders o
WHERE o.state IN ('under_review', 'exception')
  AND NOT (o.state = 'under_review' AND o.held_back AND {_NEWEST_SCORE.format(what="verdict")} = 'middle')
  AND NOT EXISTS (SELECT FROM resubmissions r WHERE r.order_id = o.id AND r.state = 'asked')
  AND NOT EXISTS (
    SELECT FROM alarms a WHERE a.subject = 'order:' || o.id
      AND a.kind = CASE WHEN o.state = 'under_review' AND o.held_back THEN 'order_held'
                        WHEN o.state = 'under_review' THEN 'paid_too_little'
                        WHEN {_DELIVERY_STUCK} THEN 'delivery_stuck' ELSE 'refund_stuck' END)
LIMIT 5
"""  # noqa: S608 - constants

REFUNDS_FORGOTTEN = f"""
SELECT 'refund ' || f.id FROM refunds f
WHERE f.state <> 'done' AND CASE WHEN f.try_at IS NULL
    THEN NOT EXISTS (SELECT FROM alarms a WHERE a.kind = 'refund_stuck' AND a.subject = 'order:' || f.order_id)
    ELSE f.try_at < $1::timestamptz - {_NOT_DUE} END
LIMIT 5
"""  # noqa: S608 - constants

SWEEPS_ASLEEP = f"""
(SELECT 'order ' || id FROM orders
 WHERE state = 'awaiting_payment' AND pay_until < $1::timestamptz - {_NOT_DUE} LIMIT 5)
UNION ALL
(SELECT 'payment P' || id FROM payment_attempts WHERE ask_at < $1 - {_NOT_DUE} LIMIT 5)
UNION ALL
(SELECT 'notice ' || id FROM gateway_notices WHERE ask_at < $1 - {_NOT_DUE} LIMIT 5)
UNION ALL
(SELECT 'order ' || o.id FROM orders o
 WHERE state = 'under_review' AND {_NEWEST_SCORE.format(what="decide_by")} < $1 - {_NOT_DUE} LIMIT 5)
UNION ALL
(SELECT 'callback of order ' || order_id FROM merchant_webhooks WHERE tell_at < $1 - {_NOT_DUE} LIMIT 5)
"""  # noqa: S608 - constants

PAYMENTS_FORGOTTEN = """
SELECT 'payment P' || id FROM payment_attempts WHERE state = 'started' AND ask_at IS NULL LIMIT 5
"""

# What is open is looked at again, is about an order as it stands, and leads to one order at most.
RESUBMISSIONS_FORGOTTEN = f"""
SELECT 'resubmission ' || r.id FROM resubmissions r JOIN orders o ON o.id = r.order_id
WHERE (r.ended_at IS NULL) <> (r.state IN ('applied', 'waiting', 'asked', 'under_way', 'with_staff'))
   OR r.ended_at IS NULL AND (r.look_at IS NULL OR r.look_at < $1::timestamptz - {_NOT_DUE})
   OR o.state = 'resubmitting' AND r.id = (SELECT max(n.id) FROM resubmissions n WHERE n.order_id = o.id)
      AND r.state <> 'under_way'
LIMIT 5
"""  # noqa: S608 - constants

LEDGER_UNBALANCED = """
SELECT 'entry ' || entry_id FROM ledger_postings GROUP BY entry_id HAVING sum(amount_fen) <> 0
UNION ALL
SELECT 'entry ' || e.id FROM ledger_entries e WHERE NOT EXISTS (SELECT FROM ledger_postings p WHERE p.entry_id = e.id)
LIMIT 5
"""

BALANCES_ASTRAY = """
SELECT 'account ' || a.id FROM ledger_accounts a
CROSS JOIN LATERAL (
    SELECT coalesce(sum(amount_fen), 0) AS sum_fen, (array_agg(balance_after_fen ORDER BY entry_id DESC))[1] AS last_fen
    FROM ledger_postings WHERE account_id = a.id) p
WHERE (a.keeps_balance AND (a.balance_fen <> p.sum_fen OR a.balance_fen <> coalesce(p.last_fen, 0)))
   OR (NOT a.may_go_below_zero AND a.balance_fen < 0)
LIMIT 5
"""

# Every payment from a balance is an entry in the books, and every such entry a payment; what is back on a balance was
# sent back, and what was sent back is there.
BALANCE_PAYMENTS_DISAGREE = """
(SELECT 'receipt ' || r.id FROM receipts r JOIN payment_attempt_orders p ON p.attempt_id = r.attempt_id
 WHERE r.heard_from = 'ledger' AND NOT EXISTS (
    SELECT FROM ledger_entries e JOIN ledger_postings s ON s.entry_id = e.id AND s.amount_fen = r.amount_fen
    WHERE e.kind = 'purchase' AND e.reference = 'purchase:' || p.order_id AND r.gateway_trade_no = 'E' || e.id)
 LIMIT 5)
UNION ALL
(SELECT 'entry ' || e.id FROM ledger_entries e
 WHERE e.kind = 'purchase' AND NOT EXISTS (
    SELECT FROM receipts r WHERE r.heard_from = 'ledger' AND r.gateway_trade_no = 'E' || e.id)
 LIMIT 5)
UNION ALL
(SELECT 'refund ' || f.id FROM refunds f JOIN receipts r ON r.id = f.receipt_id
 WHERE r.heard_from = 'ledger'
   AND (f.state = 'done') <> EXISTS (SELECT FROM ledger_entries e WHERE e.reference = 'refund:' || f.id)
 LIMIT 5)
"""

MERCHANT_ORDERS_UNPAID = """
SELECT 'order ' || m.order_id FROM merchant_orders m JOIN orders o ON o.id = m.order_id
WHERE o.state NOT IN ('awaiting_payment', 'cancelled') AND NOT EXISTS (
    SELECT FROM payment_attempt_orders p JOIN receipts r ON r.attempt_id = p.attempt_id WHERE p.order_id = o.id)
LIMIT 5
"""

STORIES_BROKEN = """
SELECT 'order ' || o.id FROM orders o
LEFT JOIN LATERAL (
    SELECT bool_and(e.from_state IS NOT DISTINCT FROM e.to_before AND (e.event = 'placed') = (e.to_before IS NULL))
               AS is_a_chain,
           (array_agg(e.to_state ORDER BY e.id DESC))[1] AS last_state
    FROM (SELECT id, event, from_state, to_state, lag(to_state) OVER (ORDER BY id) AS to_before
          FROM order_events WHERE order_id = o.id) e) story ON true
WHERE story.is_a_chain IS NOT TRUE OR story.last_state IS DISTINCT FROM o.state
LIMIT 5
"""

# The shop's own words may name the shop's own telephone, and suppliers' goods theirs; trade numbers may look like one.
TEXT_COLUMNS = """
SELECT c.table_name, c.column_name FROM information_schema.columns c
JOIN information_schema.tables t USING (table_schema, table_name)
WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'
  AND (c.data_type IN ('text', 'character varying', 'jsonb', 'json') OR c.udt_name = '_text')
  AND c.table_name NOT IN ('sites', 'product_types', 'products', 'skus', 'sku_versions', 'migrations',
                           'supplier_goods')
  AND c.column_name NOT IN ('trade_no', 'gateway_trade_no', 'out_order_no', 'supplier_no')
ORDER BY 1, 2
"""

_IN_CLEAR = """
SELECT {table} || '.' || {column} FROM {table_name}
WHERE {column_name}::text ~ $1 OR {column_name}::text LIKE ANY ($2::text[]) LIMIT 1
"""


def in_clear(table: str, column: str) -> str:
    """Looks for a pattern and for given texts in one column. The names are the database's own."""
    quoted = {"table_name": f'"{table}"', "column_name": f'"{column}"'}
    return _IN_CLEAR.format(table=f"'{table}'", column=f"'{column}'", **quoted)
