"""What must never be found in the books of guests' money. Each statement gives a few samples of what is wrong."""

# What a receipt is to each of its orders: all of it to the only one; of several each gets its share, and the first what
# is over. What pays nothing is the first one's.
_OF_RECEIPTS = """
    SELECT p.order_id, CASE WHEN r.use <> 'applied' THEN r.amount_fen
                            WHEN p.is_first THEN r.amount_fen - p.shares_fen + p.amount_fen
                            ELSE p.amount_fen END AS fen
    FROM receipts r
    JOIN (SELECT attempt_id, order_id, amount_fen, sum(amount_fen) OVER (PARTITION BY attempt_id)::bigint AS shares_fen,
                 order_id = min(order_id) OVER (PARTITION BY attempt_id) AS is_first
          FROM payment_attempt_orders) p ON p.attempt_id = r.attempt_id AND (p.is_first OR r.use = 'applied')
    WHERE r.heard_from <> 'ledger'
"""

# Balances have entries of their own, and are looked at beside them.
ORDER_MONEY_DISAGREES = f"""
SELECT 'order ' || order_id FROM (
    {_OF_RECEIPTS}
    UNION ALL
    SELECT f.order_id, -f.amount_fen FROM refunds f JOIN receipts r ON r.id = f.receipt_id
    WHERE f.state = 'done' AND r.heard_from <> 'ledger'
    UNION ALL
    SELECT p.order_id, -p.amount_fen FROM ledger_postings p WHERE p.order_id <> 0) moved
GROUP BY order_id HAVING sum(fen) <> 0
LIMIT 5
"""  # noqa: S608 - constants

ORDER_MONEY_BELOW_ZERO = """
SELECT 'order ' || p.order_id FROM ledger_postings p WHERE p.order_id <> 0
GROUP BY p.order_id, p.account_id HAVING sum(p.amount_fen) < 0
LIMIT 5
"""

# One entry a receipt and one a refund that is done, through the gateway's own account; and nothing else there.
GATEWAY_MONEY_DISAGREES = """
SELECT reference FROM (
    SELECT 'receipt:' || r.id AS reference, r.gateway_id, -r.amount_fen AS fen FROM receipts r
    WHERE r.heard_from <> 'ledger'
    UNION ALL
    SELECT 'refund:' || f.id, r.gateway_id, f.amount_fen FROM refunds f JOIN receipts r ON r.id = f.receipt_id
    WHERE f.state = 'done' AND r.heard_from <> 'ledger') happened
FULL JOIN (
    SELECT e.reference, a.owner AS gateway_id, p.amount_fen AS fen
    FROM ledger_accounts a JOIN ledger_postings p ON p.account_id = a.id JOIN ledger_entries e ON e.id = p.entry_id
    WHERE a.kind = 'gateway') entered USING (reference, gateway_id, fen)
WHERE happened.reference IS NULL OR entered.reference IS NULL
LIMIT 5
"""

POSTINGS_ASTRAY = """
SELECT 'entry ' || p.entry_id FROM ledger_postings p LEFT JOIN ledger_accounts a ON a.id = p.account_id
WHERE a.id IS NULL
   OR a.keeps_balance <> (p.balance_after_fen IS NOT NULL)
   OR (p.order_id <> 0) <> (a.kind IN ('sales', 'held', 'surplus'))
LIMIT 5
"""

REQUESTS_FORGOTTEN = """
SELECT 'refund request ' || id FROM refund_requests WHERE lapse_at < $1::timestamptz - interval '1 hour'
UNION ALL
SELECT 'refund request ' || q.id FROM refund_requests q
WHERE q.state = 'approved' AND q.needs > (SELECT count(*) FROM refund_approvals a
                                          WHERE a.request_id = q.id AND a.login IS DISTINCT FROM q.asker_id)
UNION ALL
SELECT 'refund ' || f.id FROM refunds f JOIN refund_requests q ON q.id = f.request_id
WHERE q.state <> 'approved' OR q.order_id <> f.order_id
LIMIT 5
"""
