"""Batches of every action as rows, one a draft and one running, and one that waits for somebody to agree."""

from kameng.batches.batch import Action
from kameng.kernel.database import Database
from kameng.orders.number import OrderId

_BATCH = """
WITH b AS (INSERT INTO order_batches (action, state, staff_id, chosen, cause, reason, needs, drawn_at, lapse_at)
           VALUES ($1, $2, $3, '{"pasted": 1}', 'staff', '试', 1, $4, $5) RETURNING id)
INSERT INTO order_batch_items (batch_id, place, order_id, state, seen_state, amount_fen, try_at)
SELECT id, 1, $6, 'todo', 'delivered', 10, $4 FROM b RETURNING batch_id
"""


async def things_of_batches(db: Database, order_id: OrderId, staff_id: int, other_id: int) -> dict[str, object]:
    """`batch` is a colleague's and waits for approval; `refund_draft`, `refund_batch`, and so for each action."""
    now = db.clock.now()

    async def insert(action: Action, state: str, asker_id: int = staff_id) -> int:
        lapse_at = None if state == "running" else now
        batch_id: int = await db.pool.fetchval(_BATCH, action, state, asker_id, now, lapse_at, order_id)
        return batch_id

    things: dict[str, object] = {"batch": await insert(Action.REFUND, "waiting", other_id)}
    for action in Action:
        things |= {f"{action}_draft": await insert(action, "draft"), f"{action}_batch": await insert(action, "running")}
    return things
