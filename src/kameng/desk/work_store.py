"""SQL of what waits for staff, across packages; nothing is written here. Private to this package."""

# Held back for risk, and a person has to decide; what waits for its buyer's proof is not staff's.
_HELD = """
FROM orders o CROSS JOIN LATERAL (
    SELECT verdict, points, reasons, decide_by, at FROM risk_scores WHERE order_id = o.id ORDER BY id DESC LIMIT 1) s
WHERE o.state = 'under_review' AND o.held_back AND s.decide_by IS NOT NULL AND s.verdict = 'high'
"""

COUNTED = f"""
SELECT (SELECT count(*) {_HELD}) AS review,
       (SELECT count(*) FROM cases WHERE state <> 'closed' AND due_at IS NOT NULL) AS cases,
       (SELECT count(*) FROM refund_requests WHERE lapse_at IS NOT NULL) AS refunds,
       (SELECT count(*) FROM resubmissions WHERE state = 'with_staff') AS resubmissions,
       (SELECT count(*) FROM order_handling WHERE follow_up_at <= $1) AS followed
"""  # noqa: S608 - constants

_GOODS = "v.product_name, v.face_value"

HELD = f"""
SELECT h.*, {_GOODS}
FROM (SELECT o.id AS order_id, o.sku_version_id, s.points, s.reasons, s.decide_by, s.at {_HELD}
      ORDER BY s.decide_by LIMIT $1) h
JOIN sku_versions v ON v.id = h.sku_version_id ORDER BY h.decide_by
"""  # noqa: S608 - constants

# What somebody wants to look at again, and what somebody sees to that is not over.
FOLLOWED = f"""
SELECT h.order_id, h.owner_id, s.login AS owner, h.follow_up_at, h.changed_at, o.state, {_GOODS}
FROM ((SELECT * FROM order_handling WHERE follow_up_at IS NOT NULL ORDER BY follow_up_at LIMIT $1)
      UNION
      (SELECT h.* FROM order_handling h JOIN orders o ON o.id = h.order_id
       WHERE h.owner_id IS NOT NULL AND o.state IN ('paid', 'under_review', 'delivering', 'exception', 'resubmitting',
                                                    'refunding')
       ORDER BY h.owner_id, h.order_id LIMIT $1)) h
JOIN orders o ON o.id = h.order_id JOIN sku_versions v ON v.id = o.sku_version_id LEFT JOIN staff s ON s.id = h.owner_id
ORDER BY h.follow_up_at, h.changed_at LIMIT $1
"""  # noqa: S608 - constants

WITH_STAFF = f"""
SELECT r.id, r.order_id, r.kind, r.why, r.applied_at, {_GOODS}
FROM resubmissions r JOIN orders o ON o.id = r.order_id JOIN sku_versions v ON v.id = o.sku_version_id
WHERE r.state = 'with_staff' ORDER BY r.applied_at LIMIT $1
"""  # noqa: S608 - constants
