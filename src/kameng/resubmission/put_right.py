"""A person has goods delivered once more, or exchanged: on their own word, or because it was left to them."""

from collections.abc import Sequence

from kameng.catalogue.filling import Delivers
from kameng.kernel.database import Transaction
from kameng.kernel.errors import Refusal
from kameng.kernel.text import Words
from kameng.orders.contact import without_contacts
from kameng.orders.lifecycle import Actor, OrderState
from kameng.orders.lock import lock_order
from kameng.orders.number import OrderId
from kameng.orders.order import Order
from kameng.resubmission import store
from kameng.resubmission.apply import LOOK_AFTER, REASON_MAX
from kameng.resubmission.deliver_again import deliver_again
from kameng.resubmission.replace_code import replace_code
from kameng.resubmission.resubmission import Kind, Resubmission, ResubmissionState
from kameng.resubmission.situation import Situation, find_situation

_READABLE = (OrderState.DELIVERED, OrderState.COMPLETED)


class NothingToPutRight(Refusal):
    """Nothing of it is missing, and no code of it was read; or it tops up, and has arrived."""

    code = "nothing_to_put_right"
    words = Words("订单现在不能换货或补发：没有缺少的部分，也没有已查看的卡密")


class MoneyGoesBack(Refusal):
    """What would be replaced is paid back, or somebody has asked for that."""

    code = "money_goes_back"
    words = Words("这部分款项已退回、正在退回或正在等待审批。同一件商品不能既退款又换货")


async def put_right(
    tx: Transaction, *, order_id: OrderId, actor: Actor, reason: str, places: Sequence[int] = ()
) -> Resubmission:
    """What became of it at once: DONE from our own stock, UNDER_WAY or WAITING with a supplier, WITH_STAFF when there
    is no code to exchange it for. A resubmission that waits for staff is decided with it.

    In the caller's transaction. Raises OrderMissing, NothingToPutRight, MoneyGoesBack.
    """
    order = await lock_order(tx, order_id)
    situation = await find_situation(tx.connection, order.id, now=tx.now)
    assert situation is not None
    kind = kind_now(situation)
    waiting = await store.open_of(tx, order.id)
    is_decided = waiting is not None and waiting.state is ResubmissionState.WITH_STAFF and waiting.kind is kind
    if kind is None or situation.is_merchants or (waiting is not None and not is_decided):
        raise NothingToPutRight
    await no_money_back(tx, order, kind, pieces=len(places) or order.quantity)
    if waiting is None:
        new = store.New(order.id, kind, actor, without_contacts(reason.strip()[:REASON_MAX]))
        waiting = await store.insert(tx, new, look_at=tx.now + LOOK_AFTER)
    if kind is Kind.DELIVER_AGAIN:
        return await deliver_again(tx, order, waiting, actor=actor)
    return await replace_code(tx, order, waiting, actor=actor, places=places)


def kind_now(order: Situation) -> Kind | None:
    """How a person could put it right as it stands."""
    if order.state is OrderState.EXCEPTION and order.delivery_stuck and order.left:
        return Kind.DELIVER_AGAIN
    if order.state in _READABLE and order.delivers is Delivers.CODES and order.was_read:
        return Kind.REPLACE_CODE
    return None


async def no_money_back(tx: Transaction, order: Order, kind: Kind, *, pieces: int) -> None:
    """No piece is both replaced and paid back. The caller holds the order. Raises MoneyGoesBack."""
    back = await store.pieces_paid_back(tx, order.id)
    if back and (kind is Kind.DELIVER_AGAIN or back + pieces > order.quantity):
        raise MoneyGoesBack
