"""SQL of deliveries as the desk reads them, across packages; nothing is written here. Private to this package."""

_DELIVERY = """
SELECT d.id, d.order_id, d.sku_id, d.owed, d.delivered, d.state, d.opened_at, d.closed_at, d.route_at, d.patience_until,
       coalesce(d.owed / o.quantity, 1) AS piece, coalesce(v.delivers, 'codes') AS delivers, o.amount_fen, o.quantity,
       coalesce(v.product_name, p.name) AS product_name, coalesce(v.face_value, s.face_value) AS face_value
FROM deliveries d JOIN skus s ON s.id = d.sku_id JOIN products p ON p.id = s.product_id
LEFT JOIN orders o ON o.id = d.order_id LEFT JOIN sku_versions v ON v.id = o.sku_version_id
"""

DELIVERY_OF_ORDER = f"{_DELIVERY} WHERE d.order_id = $1"

DELIVERY_OF_ATTEMPT = f"{_DELIVERY} WHERE d.id = (SELECT a.delivery_id FROM delivery_attempts a WHERE a.id = $1)"  # noqa: S608

ATTEMPTS_OF_DELIVERY = """
SELECT a.id, a.n, a.number, a.state, a.supplier_id, s.code AS supplier_code, s.name AS supplier_name, a.route_id,
       a.goods, g.name AS goods_name, a.quantity, a.asked_for, a.delivered, a.chosen, a.cost_max_fen, a.cost_fen,
       a.refund_fen, a.supplier_no, a.receipt, a.reason, a.words, a.operator, a.province, a.called_at, a.placed_at,
       a.doubted_at, a.settled_at, a.ask_at, a.asks, m.login AS owner
FROM delivery_attempts a JOIN suppliers s ON s.id = a.supplier_id
LEFT JOIN supplier_goods g ON g.supplier_id = a.supplier_id AND g.number = a.goods
LEFT JOIN staff m ON m.id = a.owner_id
WHERE a.delivery_id = $1 ORDER BY a.n
"""

ANSWERS = """
SELECT attempt_id, asked_by, said, words, at FROM attempt_answers WHERE attempt_id = ANY ($1::bigint[]) ORDER BY id
"""

CALLBACKS = """
SELECT attempt_id, genuine, times, first_at, last_at FROM supplier_notices
WHERE attempt_id = ANY ($1::bigint[]) ORDER BY id
"""

ROUTES = """
SELECT r.id, s.name AS supplier_name, r.goods FROM routes r JOIN suppliers s ON s.id = r.supplier_id
WHERE r.id = ANY ($1::integer[])
"""

# A delivery that is stuck stands here once: for its attempts in doubt, else for the one that is under way, else
# ("held") for the last there was. Slow is what takes more than twice as long as 95 of 100 do.
_FOUND = """
WITH found AS (
    SELECT a.id AS attempt_id, a.delivery_id, CASE WHEN d.state = 'stuck' THEN 'stuck' ELSE 'in_doubt' END AS kind,
           a.doubted_at AS since
    FROM delivery_attempts a JOIN deliveries d ON d.id = a.delivery_id WHERE a.state = 'in_doubt'
    UNION ALL
    SELECT last.id, d.id, CASE WHEN last.settled_at IS NULL THEN 'stuck' ELSE 'held' END,
           coalesce(last.settled_at, last.called_at, d.opened_at)
    FROM deliveries d
    LEFT JOIN LATERAL (SELECT a.id, a.called_at, a.settled_at FROM delivery_attempts a WHERE a.delivery_id = d.id
                       ORDER BY a.settled_at IS NULL DESC, a.n DESC LIMIT 1) AS last ON true
    WHERE d.state = 'stuck'
      AND NOT EXISTS (SELECT FROM delivery_attempts a WHERE a.delivery_id = d.id AND a.state = 'in_doubt')
    UNION ALL
    SELECT a.id, a.delivery_id, 'slow', a.called_at
    FROM delivery_attempts a JOIN deliveries d ON d.id = a.delivery_id
    LEFT JOIN radar_watched w ON w.attempt_id = a.id
    WHERE a.settled_at IS NULL AND a.state = 'placed' AND d.state = 'open' AND a.called_at <= $1
      AND a.called_at + 2 * coalesce(w.due_at - a.called_at, $2::interval) <= $3
    UNION ALL
    SELECT NULL, d.id, 'waiting', d.opened_at FROM deliveries d
    WHERE d.state = 'open' AND d.opened_at <= $1
      AND NOT EXISTS (SELECT FROM delivery_attempts a WHERE a.delivery_id = d.id AND a.settled_at IS NULL)
)
"""

EXCEPTIONS = f"""
{_FOUND}
SELECT f.kind, f.since, d.id AS delivery_id, d.order_id, f.attempt_id, a.number, a.state, a.words, a.ask_at, a.asks,
       a.called_at, u.name AS supplier_name, m.id AS owner_id, m.login AS owner, p.name AS product_name, s.face_value
FROM found f JOIN deliveries d ON d.id = f.delivery_id
JOIN skus s ON s.id = d.sku_id JOIN products p ON p.id = s.product_id
LEFT JOIN delivery_attempts a ON a.id = f.attempt_id LEFT JOIN suppliers u ON u.id = a.supplier_id
LEFT JOIN staff m ON m.id = a.owner_id
WHERE ($4::text[] IS NULL OR f.kind = ANY ($4)) AND ($5::integer IS NULL OR a.owner_id = $5)
ORDER BY f.since, d.id LIMIT $6
"""  # noqa: S608 - constants

EXCEPTIONS_COUNTED = f"""
{_FOUND}
SELECT f.kind, count(*) AS here, count(*) FILTER (WHERE a.owner_id = $4) AS mine
FROM found f LEFT JOIN delivery_attempts a ON a.id = f.attempt_id GROUP BY f.kind
"""  # noqa: S608 - constants

# For the menu of every page: what is in doubt or stuck, counted as above.
WANT_A_PERSON = """
SELECT (SELECT count(*) FROM delivery_attempts WHERE state = 'in_doubt')
     + (SELECT count(*) FROM deliveries d WHERE d.state = 'stuck' AND NOT EXISTS (
            SELECT FROM delivery_attempts a WHERE a.delivery_id = d.id AND a.state = 'in_doubt'))
"""

VAULT_ATTEMPT = """
SELECT a.id FROM suppliers s JOIN delivery_attempts a ON a.supplier_id = s.id
WHERE a.order_id IS NULL AND (a.number = $1 OR a.supplier_no = $1) ORDER BY a.id DESC LIMIT 1
"""

SUPPLIERS_SETTLED = """
SELECT supplier_id, count(*) AS ended, count(*) FILTER (WHERE state IN ('delivered', 'partly')) AS delivered,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM settled_at - called_at))
           FILTER (WHERE state = 'delivered') AS median_s
FROM delivery_attempts WHERE settled_at >= $1 GROUP BY supplier_id
"""

SUPPLIERS_UNDER_WAY = """
SELECT supplier_id, count(*) AS under_way, count(*) FILTER (WHERE state = 'in_doubt') AS in_doubt
FROM delivery_attempts WHERE settled_at IS NULL GROUP BY supplier_id
"""
