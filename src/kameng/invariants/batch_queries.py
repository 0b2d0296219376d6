"""Statements of the promises about batches. Private to this package."""

BATCHES_ASTRAY = """
SELECT * FROM (SELECT 'batch ' || b.id FROM order_batches b
 WHERE b.ended_at IS NOT NULL AND EXISTS (
    SELECT FROM order_batch_items i WHERE i.batch_id = b.id AND i.state = 'todo')
 LIMIT 5) AS left_undone
UNION ALL
(SELECT 'batch ' || b.id FROM order_batches b
 WHERE b.state IN ('running', 'done') AND (
    b.needs > (SELECT count(*) FROM order_batch_approvals a WHERE a.batch_id = b.id)
    OR EXISTS (SELECT FROM order_batch_approvals a JOIN staff s ON s.login = a.login
               WHERE a.batch_id = b.id AND s.id = b.staff_id))
 LIMIT 5)
UNION ALL
(SELECT 'batch ' || b.id FROM order_batches b WHERE b.lapse_at < $1::timestamptz - interval '1 hour' LIMIT 5)
"""

# What a batch says it did was done, and once.
BATCHES_DISAGREE = """
SELECT * FROM (SELECT 'order ' || i.order_id FROM order_batch_items i JOIN order_batches b ON b.id = i.batch_id
 WHERE b.action = 'refund' AND i.state IN ('done', 'waiting') AND NOT EXISTS (
    SELECT FROM refund_requests q
    WHERE q.id = i.result_id AND q.order_id = i.order_id AND q.reference = 'batch:' || b.id)
 LIMIT 5) AS not_asked_for
UNION ALL
(SELECT 'order ' || order_id FROM refund_requests WHERE reference LIKE 'batch:%'
 GROUP BY order_id, reference HAVING count(*) > 1
 LIMIT 5)
UNION ALL
(SELECT 'order ' || i.order_id FROM order_batch_items i JOIN order_batches b ON b.id = i.batch_id
 WHERE b.action = 'resubmit' AND i.state IN ('done', 'waiting') AND NOT EXISTS (
    SELECT FROM resubmissions r WHERE r.id = i.result_id AND r.order_id = i.order_id)
 LIMIT 5)
"""
