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
        following = await _at_once(tx, order, following)
    await store.write_moves(tx, order, moves)
    for move in moves:
        for job in tx.following.later.get(type(move.event), ()):
            await job.defer(tx, order_id=order.id)
    return state


async def _at_once(tx: Transaction, order: Order, event: OrderEvent) -> OrderEvent | None:
    """What happens in the same transaction; at most one follower answers with the order's next event."""
    answers = [await follow(tx, order, event) for follow in tx.following.at_once.get(type(event), ())]
    events = [answer for answer in answers if answer is not None]
    assert len(events) <= 1, f"{event.name} is followed by more than one event"
    return events[0] if events else None
