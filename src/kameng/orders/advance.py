"""The one writer of order states."""

from kameng.kernel.database import Transaction
from kameng.orders import store
from kameng.orders.lifecycle import LIFECYCLE, OrderEvent, OrderState
from kameng.orders.order import Order


async def advance(tx: Transaction, order: Order, event: OrderEvent) -> OrderState:
    """Let `event` happen to an order the caller has locked: state, story and follow-ups in the caller's transaction.

    What `journey.py` says follows at once happens here too and is written with it in one statement; jobs that follow
    later are left behind in the same transaction. Raises IllegalTransition if the event can't happen now.
    """
    moves: list[store.Move] = []
    state = order.state
    following: OrderEvent | None = event
    while following is not None:
        target = LIFECYCLE.after(state, type(following))
        moves.append(store.Move(state, target, following))
        state = target
        follow = tx.following.at_once.get(type(following))
        following = await follow(tx, order, following) if follow else None
    await store.write_moves(tx, order, moves)
    for move in moves:
        for job in tx.following.later.get(type(move.event), ()):
            await job.defer(tx, order_id=order.id)
    return state
