"""What was paid from a balance goes back to it: no machine but ours is asked, so it is done in one transaction."""

from kameng.kernel.database import Database
from kameng.ledger.entry import AccountKind, Entry, EntryKind, moved
from kameng.ledger.post import post
from kameng.orders.lifecycle import Actor, ActorKind
from kameng.orders.lock import lock_order
from kameng.payment import refund_store
from kameng.payment.attempt import REFUND_CALL_TAKES, RefundState
from kameng.payment.close_refund import DoneRefund, close_refund
from kameng.payment.own_gateway import CODE

WORDS = "back on the balance"


async def refund_to_balance(*, db: Database, back: DoneRefund, owner: int) -> RefundState | None:
    """`owner` is whose balance paid. None when there is nothing to do (any more)."""
    actor = Actor(ActorKind.GATEWAY, CODE)
    async with db.transaction() as tx:
        await lock_order(tx, back.order_id)
        if await refund_store.claim_refund(tx, back.id, tx.now + REFUND_CALL_TAKES) is None:
            return None
        refund = Entry(
            EntryKind.REFUND,
            reference=f"refund:{back.id}",
            postings=moved(owner, source=AccountKind.SPENT, target=AccountKind.BALANCE, amount_fen=back.amount_fen),
            actor_kind=actor.kind,
            actor_id=actor.id,
        )
        await post(tx, refund)
        await refund_store.record_done(tx, back.id, WORDS)
        await close_refund(tx, back, actor=actor)
        return RefundState.DONE
