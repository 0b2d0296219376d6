"""What was paid from a balance goes back to it: no machine but ours is asked, so it is done in one transaction."""

from kameng.kernel.database import Database
from kameng.ledger.entry import AccountKind, Entry, EntryKind, moved
from kameng.ledger.post import post
from kameng.orders.lifecycle import Actor, ActorKind
from kameng.orders.lock import lock_order
from kameng.orders.number import OrderId
from kameng.payment import refund_store
from kameng.payment.attempt import REFUND_CALL_TAKES, RefundCause, RefundState
from kameng.payment.close_refund import close_refund
from kameng.payment.own_gateway import CODE

WORDS = "back on the balance"


async def refund_to_balance(
    *, db: Database, refund_id: int, order_id: OrderId, owner: int, amount_fen: int, cause: RefundCause
) -> RefundState | None:
    """`owner` is whose balance paid. None when there is nothing to do (any more)."""
    actor = Actor(ActorKind.GATEWAY, CODE)
    async with db.transaction() as tx:
        await lock_order(tx, order_id)
        if await refund_store.claim_refund(tx, refund_id, tx.now + REFUND_CALL_TAKES) is None:
            return None
        refund = Entry(
            EntryKind.REFUND,
            reference=f"refund:{refund_id}",
            postings=moved(owner, source=AccountKind.SPENT, target=AccountKind.BALANCE, amount_fen=amount_fen),
            actor_kind=actor.kind,
            actor_id=actor.id,
        )
        await post(tx, refund)
        await refund_store.record_done(tx, refund_id, WORDS)
        await close_refund(tx, order_id=order_id, cause=cause, amount_fen=amount_fen, actor=actor)
        return RefundState.DONE
