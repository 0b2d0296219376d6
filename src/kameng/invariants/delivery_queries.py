"""What must never be found on live data about deliveries by suppliers; as in `order_queries`."""

_LIVE = "a.state IN ('calling', 'placed', 'in_doubt')"
_NOT_DUE = "interval '1 hour'"

# Nothing that may still come, or has come, is asked for once more.
DELIVERIES_OVERSOLD = f"""
SELECT 'delivery ' || d.id FROM deliveries d
CROSS JOIN LATERAL (
    SELECT coalesce(sum(a.delivered), 0) AS delivered, coalesce(sum(a.asked_for) FILTER (WHERE {_LIVE}), 0) AS coming
    FROM delivery_attempts a WHERE a.delivery_id = d.id) there
WHERE there.delivered + there.coming > d.owed OR there.delivered <> d.delivered
LIMIT 5
"""  # noqa: S608 - constants

# An order is being delivered while its delivery is open, waits for a person while it is stuck, and is delivered once
# all of it is there. Afterwards it may go its own way.
DELIVERIES_DISAGREE = f"""
(SELECT 'delivery ' || d.id FROM deliveries d LEFT JOIN orders o ON o.id = d.order_id
 WHERE (d.state = 'done') <> (d.delivered >= d.owed)
    OR (d.state IN ('done', 'given_up')) <> (d.closed_at IS NOT NULL)
    OR CASE d.state
        WHEN 'open' THEN o.state NOT IN ('delivering', 'resubmitting')
        WHEN 'stuck' THEN o.state <> 'exception'
        WHEN 'given_up' THEN o.state NOT IN ('refunding', 'refunded', 'exception')
        ELSE o.state IN ('awaiting_payment', 'under_review', 'paid', 'delivering', 'resubmitting', 'cancelled') END
    OR d.state NOT IN ('open', 'stuck')
       AND EXISTS (SELECT FROM delivery_attempts a WHERE a.delivery_id = d.id AND {_LIVE})
 LIMIT 5)
UNION ALL
(SELECT 'order ' || o.id FROM orders o JOIN sku_versions v ON v.id = o.sku_version_id
 LEFT JOIN deliveries d ON d.order_id = o.id
 WHERE o.state IN ('delivering', 'resubmitting') AND d.id IS NULL
    OR o.state IN ('delivered', 'completed') AND (d.state <> 'done' OR v.delivers = 'top_up' AND d.id IS NULL)
 LIMIT 5)
"""  # noqa: S608 - constants

# A person is told, or the buyer is asked to put the account right.
_TOLD = """
(EXISTS (SELECT FROM alarms t WHERE t.kind = 'delivery_stuck'
         AND t.subject = coalesce('order:' || d.order_id, 'delivery:' || d.id))
 OR EXISTS (SELECT FROM resubmissions r WHERE r.order_id = d.order_id AND r.kind = 'correct_account'))
"""

# What is open is looked after: a route is looked for, or an attempt is under way. What is stuck is known to somebody.
DELIVERIES_FORGOTTEN = f"""
SELECT 'delivery ' || d.id FROM deliveries d
WHERE d.state IN ('open', 'stuck') AND (
    d.route_at < $1::timestamptz - {_NOT_DUE}
    OR d.state = 'stuck' AND NOT {_TOLD}
    OR d.state = 'open' AND d.route_at IS NULL
       AND NOT EXISTS (SELECT FROM delivery_attempts a WHERE a.delivery_id = d.id AND {_LIVE}))
LIMIT 5
"""  # noqa: S608 - constants

# A supplier is asked about whatever may still come; where it can't be, or it doesn't help for hours, a person is told.
ATTEMPTS_FORGOTTEN = f"""
SELECT 'attempt ' || a.number FROM delivery_attempts a JOIN deliveries d ON d.id = a.delivery_id
WHERE {_LIVE} AND (
    a.ask_at < $1::timestamptz - {_NOT_DUE}
    OR d.state <> 'stuck' AND (
        a.ask_at IS NULL
        OR a.state = 'in_doubt' AND a.doubted_at < $1 - interval '3 hours'
        OR a.called_at < $1 - interval '26 hours'))
LIMIT 5
"""  # noqa: S608 - constants
