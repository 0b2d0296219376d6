"""SQL of the search box: which orders each key leads to, by an index each. Private to this package."""

BY_NUMBER = "SELECT id FROM orders WHERE id = ANY ($1::bigint[])"

BY_CONTACT = "SELECT id FROM orders WHERE contact_index = $1 ORDER BY id DESC LIMIT $2"

BY_ACCOUNT = "SELECT order_id FROM order_accounts WHERE account_index = $1 ORDER BY order_id DESC LIMIT $2"

BY_REFERENCE = "SELECT order_id FROM payment_attempt_orders WHERE attempt_id = $1"

# The receipts' unique key begins with the gateway, so each gateway is asked in turn; suppliers and merchants likewise.
BY_TRADE_NO = """
SELECT order_id FROM payment_attempt_orders WHERE attempt_id IN (
    SELECT id FROM payment_attempts WHERE gateway_trade_no = $1
    UNION ALL SELECT r.attempt_id FROM gateways g JOIN receipts r ON r.gateway_id = g.id WHERE r.gateway_trade_no = $1)
LIMIT $2
"""

BY_ATTEMPT = """
SELECT a.order_id FROM suppliers u JOIN delivery_attempts a ON a.supplier_id = u.id
WHERE a.number = $1 AND a.order_id IS NOT NULL
"""

BY_SUPPLIER_NO = """
SELECT a.order_id FROM suppliers u JOIN delivery_attempts a ON a.supplier_id = u.id
WHERE a.supplier_no = $1 AND a.order_id IS NOT NULL LIMIT $2
"""

BY_MERCHANT_NO = """
SELECT o.order_id FROM merchants m JOIN merchant_orders o ON o.merchant_id = m.id WHERE o.out_order_no = $1 LIMIT $2
"""

BY_CASE = "SELECT order_id FROM cases WHERE id = $1"

# Tails are hashed with the order's own number, so they are compared one by one; days are short enough for that.
IN_WINDOW = """
SELECT id, second_factor FROM orders
WHERE id >= $1 AND id < $2 AND contact_kind = 'phone' AND ($3::bigint IS NULL OR amount_fen = $3)
ORDER BY id DESC LIMIT $4
"""

LINES = """
SELECT o.id, o.state, s.name AS site, v.product_name, v.face_value, o.quantity, o.amount_fen, o.placed_at, o.changed_at
FROM orders o JOIN sku_versions v ON v.id = o.sku_version_id LEFT JOIN sites s ON s.id = o.site_id
WHERE o.id = ANY ($1::bigint[]) ORDER BY o.id DESC
"""
