"""SQL of deliveries that are put right. Private to this package."""

from kameng.kernel.database import Transaction

CLOSE_AS_IT_IS = """
UPDATE deliveries SET owed = delivered, state = 'done', route_at = NULL, closed_at = $2
WHERE id = $1 AND state = 'stuck'
"""

# A merchant's own shop asks its buyer; and whoever was asked often enough is not asked again.
MAY_BE_CORRECTED = """
SELECT EXISTS (SELECT FROM order_accounts WHERE order_id = $1)
   AND NOT EXISTS (SELECT FROM merchant_orders WHERE order_id = $1)
   AND NOT EXISTS (SELECT FROM refunds WHERE order_id = $1
                   AND cause NOT IN ('paid_twice', 'paid_too_much', 'paid_too_little', 'cheaper'))
   AND (SELECT count(*) FROM order_events WHERE order_id = $1 AND event = 'correction_asked') < $2
"""

WAS_DELIVERED = "SELECT EXISTS (SELECT FROM order_events WHERE order_id = $1 AND event = 'delivered')"

# A part of its price was sent back, or somebody has asked for that; see fulfilment/halt_delivery.py for what is not for
# goods.
PAID_BACK = """
SELECT EXISTS (SELECT FROM refunds WHERE order_id = $1
               AND cause NOT IN ('paid_twice', 'paid_too_much', 'paid_too_little', 'goodwill', 'cheaper'))
    OR EXISTS (SELECT FROM refund_requests WHERE order_id = $1 AND state IN ('waiting', 'agreed_once')
               AND cause <> 'goodwill')
"""

ATTEMPTS_MADE = "SELECT EXISTS (SELECT FROM delivery_attempts WHERE order_id = $1)"

LOCK_DELIVERY = "SELECT id FROM deliveries WHERE order_id = $1 FOR UPDATE"

# Nothing points at what nobody was asked for.
DROP_DELIVERY = "DELETE FROM deliveries WHERE order_id = $1"

LIVE_ATTEMPTS = "SELECT id FROM delivery_attempts WHERE order_id = $1 AND state IN ('placed', 'in_doubt')"

# Passing over those that somebody is just reading or cancelling.
LOCK_TO_CONFIRM = """
SELECT o.id FROM orders o
WHERE o.state = 'delivered' AND o.changed_at <= $1
  AND NOT EXISTS (SELECT FROM resubmissions r WHERE r.order_id = o.id
                  AND r.state IN ('applied', 'waiting', 'asked', 'under_way', 'with_staff'))
ORDER BY o.changed_at LIMIT $2 FOR UPDATE OF o SKIP LOCKED
"""


async def close_as_it_is(tx: Transaction, delivery_id: int) -> None:
    await tx.connection.execute(CLOSE_AS_IT_IS, delivery_id, tx.now)


async def may_be_corrected(tx: Transaction, order_id: int, *, times_max: int) -> bool:
    may: bool = await tx.connection.fetchval(MAY_BE_CORRECTED, order_id, times_max)
    return may


async def attempts_made(tx: Transaction, order_id: int) -> bool:
    made: bool = await tx.connection.fetchval(ATTEMPTS_MADE, order_id)
    return made


async def paid_back(tx: Transaction, order_id: int) -> bool:
    is_back: bool = await tx.connection.fetchval(PAID_BACK, order_id)
    return is_back


async def drop_delivery(tx: Transaction, order_id: int) -> bool:
    """False, and nothing happens, when a supplier was asked for it."""
    await tx.connection.execute(LOCK_DELIVERY, order_id)
    if await attempts_made(tx, order_id):
        return False
    await tx.connection.execute(DROP_DELIVERY, order_id)
    return True


async def attempts_to_ask(tx: Transaction, order_id: int) -> list[int]:
    return [row["id"] for row in await tx.connection.fetch(LIVE_ATTEMPTS, order_id)]


async def lock_to_confirm(tx: Transaction, *, before: object, at_most: int) -> list[int]:
    return [row["id"] for row in await tx.connection.fetch(LOCK_TO_CONFIRM, before, at_most)]


async def was_delivered(tx: Transaction, order_id: int) -> bool:
    """Whether it was ever wholly delivered, whatever happened since: its codes may have been read."""
    found: bool = await tx.connection.fetchval(WAS_DELIVERED, order_id)
    return found
