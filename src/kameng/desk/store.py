"""SQL of the staff's desk: reads across packages, nothing is written here. Private to this package."""

_LINE = """
SELECT o.id, o.state, s.name AS site, v.product_name, v.face_value, o.quantity, o.amount_fen, o.placed_at, o.changed_at
FROM orders o JOIN sku_versions v ON v.id = o.sku_version_id LEFT JOIN sites s ON s.id = o.site_id
"""

ORDERS_UNSETTLED = f"""{_LINE}
WHERE o.state = $1 AND o.changed_at <= $2
  AND o.state IN ('paid', 'under_review', 'delivering', 'exception', 'resubmitting', 'refunding')
ORDER BY o.changed_at LIMIT $3
"""

ORDERS_NEWEST = f"{_LINE} ORDER BY o.id DESC LIMIT $1"

ORDER = """
SELECT o.id, o.state, o.quantity, o.unit_price_fen, o.amount_fen, o.contact_kind, o.contact_sealed, o.client_address,
       o.terms_accepted_at, o.placed_at, o.pay_until, o.changed_at, o.sku_id, o.held_back, o.risk, s.code AS site_code,
       s.name AS site_name,
       v.type_name, v.product_name, v.face_value, v.usage_note, a.sealed AS account_sealed, a.operator, a.province
FROM orders o JOIN sku_versions v ON v.id = o.sku_version_id LEFT JOIN sites s ON s.id = o.site_id
LEFT JOIN order_accounts a ON a.order_id = o.id
WHERE o.id = $1
"""

EVENTS = """
SELECT event, from_state, to_state, actor_kind, actor_id, reason, facts, at
FROM order_events WHERE order_id = $1 ORDER BY id
"""

ATTEMPTS = """
SELECT a.id, g.code AS gateway_code, g.name AS gateway_name, a.method, a.state, a.amount_fen, p.amount_fen AS share_fen,
       a.gateway_trade_no, a.started_at, a.confirmed_at, a.ask_at, a.asked
FROM payment_attempt_orders p JOIN payment_attempts a ON a.id = p.attempt_id JOIN gateways g ON g.id = a.gateway_id
WHERE p.order_id = $1 ORDER BY a.id
"""

RECEIPTS = """
SELECT r.id, r.attempt_id, g.name AS gateway_name, r.gateway_trade_no, r.amount_fen, r.use, r.heard_from, r.received_at
FROM payment_attempt_orders p JOIN receipts r ON r.attempt_id = p.attempt_id JOIN gateways g ON g.id = r.gateway_id
WHERE p.order_id = $1 ORDER BY r.id
"""

_REFUND = """
SELECT id, order_id, receipt_id, amount_fen, state, cause, answer, tries, try_at, requested_at, settled_at, by_hand
FROM refunds
"""

REFUNDS = f"{_REFUND} WHERE order_id = $1 ORDER BY id"

_REQUEST = """
SELECT q.id, q.order_id, q.amount_fen, q.state, q.cause, q.reason, q.reference, q.asker_kind, q.asker_id, q.needs,
       q.asked_at, q.lapse_at, q.ended_at, q.ended_by, q.ended_reason,
       array(SELECT a.login FROM refund_approvals a WHERE a.request_id = q.id ORDER BY a.at) AS agreed
"""

REQUESTS_OF_ORDER = f"{_REQUEST} FROM refund_requests q WHERE q.order_id = $1 ORDER BY q.id"

# As `payment.refund_store.REFUNDABLE` counts it, less what is asked for and waits.
_LEFT = """
(SELECT coalesce(sum(CASE WHEN (SELECT count(*) FROM payment_attempt_orders s WHERE s.attempt_id = r.attempt_id) = 1
             THEN r.amount_fen - coalesce((SELECT sum(f.amount_fen) FROM refunds f WHERE f.receipt_id = r.id), 0)
             ELSE least(p.amount_fen, r.amount_fen)
                  - coalesce((SELECT sum(f.amount_fen) FROM refunds f
                              WHERE f.receipt_id = r.id AND f.order_id = $1 AND f.cause <> 'paid_too_much'), 0)
        END), 0)
 FROM receipts r JOIN payment_attempt_orders p ON p.attempt_id = r.attempt_id
 WHERE p.order_id = $1 AND r.use IN ('applied', 'held'))
"""

LEFT_TO_ASK_FOR = f"""
SELECT ({_LEFT} - coalesce((SELECT sum(q.amount_fen) FROM refund_requests q
                            WHERE q.order_id = $1 AND q.lapse_at IS NOT NULL), 0))::bigint
"""  # noqa: S608 - constants

REQUESTS_OPEN = f"""{_REQUEST}, o.state AS order_state, v.product_name, v.face_value, o.quantity,
    (SELECT coalesce(sum(r.amount_fen), 0)::bigint FROM payment_attempt_orders p
     JOIN receipts r ON r.attempt_id = p.attempt_id WHERE p.order_id = o.id) AS paid_fen,
    (SELECT coalesce(sum(f.amount_fen), 0)::bigint FROM refunds f WHERE f.order_id = o.id) AS back_fen,
    (SELECT count(*) FROM order_events e WHERE e.order_id = o.id AND e.event = 'revealed') AS reveals,
    (SELECT count(*) FROM refund_requests s WHERE s.order_id = o.id AND s.id <> q.id) AS earlier,
    (SELECT count(*) FROM cases c WHERE c.order_id = o.id) AS cases
FROM refund_requests q JOIN orders o ON o.id = q.order_id JOIN sku_versions v ON v.id = o.sku_version_id
WHERE q.lapse_at IS NOT NULL ORDER BY q.lapse_at, q.id LIMIT $1
"""  # noqa: S608 - constants

NOTICES = """
SELECT n.id, g.name AS gateway_name, n.attempt_id, n.genuine, n.fields, n.times, n.first_at, n.last_at
FROM payment_attempt_orders p JOIN gateway_notices n ON n.attempt_id = p.attempt_id
JOIN gateways g ON g.id = n.gateway_id
WHERE p.order_id = $1 ORDER BY n.id LIMIT $2
"""

CARDS = "SELECT id, state, batch_id, expires_on FROM cards WHERE order_id = $1 ORDER BY id"

# What else staff did to an order stands among its events; these may leave none behind.
LOOKS = """
SELECT login, action, facts, address, at FROM staff_audit
WHERE subject = $1
  AND (action IN ('order:looked_at', 'order:contact_shown', 'order:account_shown', 'order:refund_decided',
                  'order:refund_asked', 'order:refund_agreed', 'order:refund_declined', 'order:refund_withdrawn',
                  'order:taken', 'order:follow_up_set', 'order:resubmission_applied')
       OR action LIKE 'attempt:%' OR action LIKE 'resubmission:%')
ORDER BY id DESC LIMIT $2
"""

CASE_EVENTS = """
SELECT e.case_id, e.event, e.actor_kind, e.actor_id, e.at
FROM cases c JOIN case_events e ON e.case_id = c.id WHERE c.order_id = $1 ORDER BY e.id
"""

RESUBMISSIONS = """
SELECT kind, state, actor_kind, actor_id, reason, why, applied_at, ended_at
FROM resubmissions WHERE order_id = $1 ORDER BY id
"""

# What else the page has to know of an order. Misses are counted in windows, and forgotten with them.
BESIDES = """
SELECT (SELECT coalesce(sum(failures), 0) FROM guard_budgets
        WHERE subject = $2 AND window_from > $3) AS lookup_failures,
       EXISTS (SELECT FROM merchant_orders WHERE order_id = $1) AS is_merchants,
       (SELECT count(*) FROM order_events WHERE order_id = $1 AND event = 'correction_asked') AS corrections_asked
"""

# Different as soon as anything of what the page shows is different; a colleague's look alone is nothing new.
VERSION = """
SELECT concat_ws('.',
    o.state, (SELECT max(e.id) FROM order_events e WHERE e.order_id = o.id),
    (SELECT string_agg(concat(p.attempt_id, a.state, a.asked, r.id, r.use), '') FROM payment_attempt_orders p
     JOIN payment_attempts a ON a.id = p.attempt_id LEFT JOIN receipts r ON r.attempt_id = a.id
     WHERE p.order_id = o.id),
    (SELECT string_agg(concat(n.id, n.times), '') FROM payment_attempt_orders p
     JOIN gateway_notices n ON n.attempt_id = p.attempt_id WHERE p.order_id = o.id),
    (SELECT string_agg(concat(f.id, f.state, f.tries), '') FROM refunds f WHERE f.order_id = o.id),
    (SELECT string_agg(concat(q.id, q.state), '') FROM refund_requests q WHERE q.order_id = o.id),
    (SELECT concat(d.state, d.delivered, d.route_at) FROM deliveries d WHERE d.order_id = o.id),
    (SELECT string_agg(concat(a.id, a.state, a.asks, a.owner_id, a.ask_at), '') FROM delivery_attempts a
     WHERE a.order_id = o.id),
    (SELECT string_agg(concat(m.id, m.state, m.looks), '') FROM resubmissions m WHERE m.order_id = o.id),
    (SELECT max(e.id) FROM cases c JOIN case_events e ON e.case_id = c.id WHERE c.order_id = o.id),
    (SELECT max(s.id) FROM risk_scores s WHERE s.order_id = o.id),
    (SELECT max(n.id) FROM order_notes n WHERE n.order_id = o.id),
    (SELECT concat(h.owner_id, h.follow_up_at) FROM order_handling h WHERE h.order_id = o.id),
    (SELECT max(l.id) FROM staff_audit l WHERE l.subject = $2 AND l.action NOT LIKE '%:looked_at'))
FROM orders o WHERE o.id = $1
"""

CONTACT_SEALED = "SELECT contact_sealed FROM orders WHERE id = $1"

HELD_RECEIPTS = """
SELECT r.id, g.name AS gateway_name, r.gateway_trade_no, r.amount_fen, r.received_at,
       array(SELECT p.order_id FROM payment_attempt_orders p WHERE p.attempt_id = r.attempt_id ORDER BY 1) AS order_ids
FROM receipts r JOIN gateways g ON g.id = r.gateway_id
WHERE r.use = 'held' ORDER BY r.received_at LIMIT $1
"""

REFUNDS_UNSETTLED = f"{_REFUND} WHERE state <> 'done' ORDER BY requested_at LIMIT $1"

NUMBERS = """
SELECT (SELECT coalesce(jsonb_object_agg(state, orders), '{}') FROM (
            SELECT state, count(*) AS orders FROM orders
            WHERE state IN ('paid', 'under_review', 'delivering', 'exception', 'resubmitting', 'refunding')
            GROUP BY state) AS by_state) AS unsettled,
       (SELECT count(*) FROM orders WHERE state = 'awaiting_payment') AS awaiting_payment,
       (SELECT count(*) FROM orders WHERE state = 'paid' AND changed_at <= $1) AS paid_waiting,
       (SELECT count(*) FROM receipts WHERE use = 'held') AS receipts_held,
       (SELECT count(*) FROM refunds WHERE state <> 'done') AS refunds_unsettled,
       (SELECT count(*) FROM refunds WHERE state IN ('in_doubt', 'refused')) AS refunds_stuck,
       (SELECT count(*) FROM alarms WHERE seen_at IS NULL) AS alarms_open
"""
