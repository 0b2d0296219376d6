"""What is topped up seems to be wrong: delivery stands still until the buyer has put it right."""

from kameng.fulfilment import repair_store, store
from kameng.fulfilment.attempt import PATIENCE, DeliveryState
from kameng.kernel.database import Transaction
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.text import Words
from kameng.orders.advance import advance
from kameng.orders.lifecycle import LIFECYCLE, Actor, CorrectionAsked, OrderState
from kameng.orders.lock import lock_order
from kameng.orders.number import OrderId

REASON_MAX = 300
#: By itself the shop asks a buyer so often about one order.
BY_ITSELF_MAX = 2
#: Staff may ask once more than that, and more often than that nobody.
BY_STAFF_MAX = 5


class NothingToCorrect(Refusal):
    """The order tops nothing up, is a merchant's, is on its way, or is over."""

    code = "nothing_to_correct"
    words = Words("订单现在不能退回给买家修改：没有充值信息、已在途，或已结束")


async def ask_correction(tx: Transaction, *, order_id: OrderId, actor: Actor, reason: str) -> OrderState:
    """Staff send an order back to its buyer, who reads `reason` on the order page.

    In the caller's transaction. Raises OrderMissing, NothingToCorrect, InvalidInput.
    """
    reason = reason.strip()
    if not 1 <= len(reason) <= REASON_MAX:
        raise InvalidInput(fields={"reason": Words("请写明原因，最多 300 字")})
    order = await lock_order(tx, order_id)
    delivery_id = await store.delivery_of(tx, order.id)
    is_possible = (
        delivery_id is not None
        and LIFECYCLE.allows(order.state, CorrectionAsked)
        and not await store.live_attempts(tx, order.id)
        and await repair_store.may_be_corrected(tx, order.id, times_max=BY_STAFF_MAX)
    )
    if not is_possible or delivery_id is None:
        raise NothingToCorrect
    delivery = await store.lock_delivery(tx, delivery_id)
    if delivery.state not in {DeliveryState.OPEN, DeliveryState.STUCK}:
        raise NothingToCorrect
    await store.set_delivery(tx, delivery, state=DeliveryState.STUCK, route_at=None)
    return await advance(tx, order, CorrectionAsked(actor, reason=reason))


async def may_ask_by_itself(tx: Transaction, order_id: OrderId) -> bool:
    """Whether the buyer is asked because a supplier says so; nothing may be on its way any more."""
    if await store.live_attempts(tx, order_id):
        return False
    return await repair_store.may_be_corrected(tx, order_id, times_max=BY_ITSELF_MAX)


async def nothing_was_sent(tx: Transaction, order_id: OrderId) -> bool:
    """No supplier was ever asked for it."""
    return not await repair_store.attempts_made(tx, order_id)


async def start_corrected(tx: Transaction, order_id: OrderId) -> bool:
    """A route is looked for with what is right now, failures forgiven; False when it is on its way or over.

    The caller has locked the order.
    """
    delivery_id = await store.delivery_of(tx, order_id)
    if delivery_id is None or await store.live_attempts(tx, order_id):
        return False
    delivery = await store.lock_delivery(tx, delivery_id)
    if delivery.state not in {DeliveryState.OPEN, DeliveryState.STUCK}:
        return False
    await store.set_delivery(
        tx, delivery, state=DeliveryState.OPEN, route_at=tx.now, patience_until=tx.now + PATIENCE
    )  # fmt: skip
    return True


async def ask_suppliers_now(tx: Transaction, order_id: OrderId) -> int:
    """What is not known yet is asked about at once; of how many attempts something may still come."""
    for attempt_id in await repair_store.attempts_to_ask(tx, order_id):
        await store.ask_soon(tx, attempt_id)
    return await store.live_attempts(tx, order_id)
