"""What must never be found on live data about cases and what is done about them; as in `order_queries`."""

_NOT_DUE = "interval '1 hour'"

# What is under way is looked at again; what waits for staff stands in a case; what has ended is known to have.
CASES_FORGOTTEN = f"""
SELECT what FROM (
(SELECT 'case ' || id AS what FROM cases
 WHERE state <> 'closed' AND (look_at IS NULL OR look_at < $1::timestamptz - {_NOT_DUE}) LIMIT 5)
UNION ALL
(SELECT 'resubmission ' || r.id FROM resubmissions r
 WHERE r.state = 'with_staff' AND r.applied_at < $1 - interval '2 days'
   AND NOT EXISTS (SELECT FROM case_remedies m WHERE m.resubmission_id = r.id)
   AND NOT EXISTS (SELECT FROM merchant_orders o WHERE o.order_id = r.order_id) LIMIT 5)
UNION ALL
(SELECT 'remedy ' || m.id FROM case_remedies m
 LEFT JOIN resubmissions r ON r.id = m.resubmission_id LEFT JOIN refund_requests q ON q.id = m.request_id
 WHERE m.ended_at IS NULL AND (r.ended_at < $1 - {_NOT_DUE}
    OR (q.state IN ('declined', 'lapsed') AND q.ended_at < $1 - {_NOT_DUE})) LIMIT 5)) AS forgotten
"""  # noqa: S608 - constants
