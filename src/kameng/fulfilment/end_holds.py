"""Orders that were held back, and for which nobody has answered in time.

What only its buyer could have released goes back to the buyer. Of what staff should have looked at they are told
again, and have twice as long; after that it goes back too, so that nobody's money lies for ever.
"""

import structlog

from kameng.kernel.database import Database, Transaction
from kameng.orders.advance import advance
from kameng.orders.lifecycle import SYSTEM, HoldExpired, OrderState
from kameng.orders.lock import lock_order
from kameng.orders.number import OrderId
from kameng.orders.weigh import remind
from kameng.risk.score_order import Stage
from kameng.risk.scorecard import Verdict
from kameng.risk.scores import latest_score, list_due

AT_A_TIME = 50

log = structlog.get_logger()


async def end_holds(*, db: Database) -> int:
    """How many were due."""
    async with db.reading() as connection:
        due = await list_due(connection, db.clock.now(), at_most=AT_A_TIME)
    for order_id in due:
        try:
            async with db.transaction() as tx:
                await _end(tx, OrderId(order_id))
        except Exception:
            # One that can't be ended must not keep the others from it.
            log.exception("hold.not_ended", order=order_id)
    return len(due)


async def _end(tx: Transaction, order_id: OrderId) -> None:
    order = await lock_order(tx, order_id)
    score = await latest_score(tx.connection, order_id)
    is_due = score is not None and score.decide_by is not None and score.decide_by <= tx.now
    if order.state is not OrderState.UNDER_REVIEW or score is None or not is_due:
        return
    if score.verdict is Verdict.HIGH and score.stage is not Stage.REMINDED:
        await remind(tx, order)
        return
    who = "the buyer gave no second proof" if score.verdict is Verdict.MIDDLE else "no person decided"
    await advance(tx, order, HoldExpired(SYSTEM, reason=f"{who} in time"))
