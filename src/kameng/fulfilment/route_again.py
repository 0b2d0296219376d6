"""A person sends an order on its way again that no supplier was left for, once a part of it was delivered."""

from kameng.fulfilment import repair_store
from kameng.fulfilment.reopen_delivery import reopen_delivery
from kameng.kernel.database import Transaction
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.text import Words
from kameng.orders.advance import advance
from kameng.orders.lifecycle import Actor, DeliveryStarted, OrderState
from kameng.orders.lock import lock_order
from kameng.orders.number import OrderId

REASON_MAX = 300


class NothingToRoute(Refusal):
    """Nothing is left to deliver, or somebody is still asked for it."""

    code = "nothing_to_route"
    words = Words("没有待重新发货的部分，或仍有未核实的发货尝试")


class PaidBack(Refusal):
    """What is missing is paid back, or somebody has asked for that."""

    code = "paid_back"
    words = Words("这部分款项已退回、正在退回或正在等待审批，不能再发货")


async def route_again(tx: Transaction, *, order_id: OrderId, actor: Actor, reason: str) -> OrderState:
    """Look for a route for what is left; suppliers that have failed before may be asked anew.

    In the caller's transaction. Raises OrderMissing, NothingToRoute, PaidBack, InvalidInput.
    """
    reason = reason.strip()
    if not 1 <= len(reason) <= REASON_MAX:
        raise InvalidInput(fields={"reason": Words("请写明原因，最多 300 字")})
    order = await lock_order(tx, order_id)
    if await repair_store.paid_back(tx, order.id):
        raise PaidBack
    if not await reopen_delivery(tx, order.id):
        raise NothingToRoute
    return await advance(tx, order, DeliveryStarted(actor, reason=reason))
