"""A person decides what the rules left to a person."""

from kameng.kernel.database import Transaction
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.text import Words
from kameng.orders.lifecycle import Actor, OrderState
from kameng.orders.lock import lock_order
from kameng.orders.number import OrderId
from kameng.orders.order import Order
from kameng.resubmission import store
from kameng.resubmission.change_goods import change_goods
from kameng.resubmission.deliver_again import deliver_again
from kameng.resubmission.move import move
from kameng.resubmission.put_right import no_money_back
from kameng.resubmission.replace_code import replace_code
from kameng.resubmission.resubmission import AskedBuyer, Failed, Kind, Resubmission, ResubmissionState, Why
from kameng.resubmission.situation import find_situation
from kameng.resubmission.verify import fits

REASON_MAX = 300
_READABLE = (OrderState.DELIVERED, OrderState.COMPLETED)


class NothingToDecide(Refusal):
    code = "nothing_to_decide"
    words = Words("没有等待人工处理的补交，请刷新查看")


async def decide_resubmission(
    tx: Transaction, *, order_id: OrderId, allow: bool, actor: Actor, reason: str
) -> Resubmission:
    """Allowed: delivered or replaced at once, whatever the rules say, and a correction may be given. Other kinds, and
    what is denied, end here, and after-sales has its history.

    In the caller's transaction, which writes the audit entry. Raises OrderMissing, NothingToDecide, MoneyGoesBack,
    AlreadySent, InvalidInput.
    """
    if not 1 <= len(reason.strip()) <= REASON_MAX:
        raise InvalidInput(fields={"reason": Words("请写明原因，最多 300 字")})
    order = await lock_order(tx, order_id)
    one = await store.open_of(tx, order.id)
    if one is None or one.state is not ResubmissionState.WITH_STAFF:
        raise NothingToDecide
    if not allow:
        return await move(tx, one, Failed, why=[Why.NOT_LET_THROUGH])
    await no_money_back(tx, order, one.kind, pieces=order.quantity)
    if one.kind is Kind.DELIVER_AGAIN and order.state is OrderState.EXCEPTION:
        return await deliver_again(tx, order, one, actor=actor)
    if one.kind is Kind.REPLACE_CODE and order.state in _READABLE:
        return await replace_code(tx, order, one, actor=actor)
    if one.kind is Kind.CHANGE_GOODS and await _still_fits(tx, order, one.kind):
        return await change_goods(tx, order, one, actor=actor)
    if one.kind is Kind.CORRECT_ACCOUNT and order.state is OrderState.EXCEPTION:
        return await move(tx, one, AskedBuyer)
    return await move(tx, one, Failed, why=[Why.FOUND_OTHERWISE])


async def _still_fits(tx: Transaction, order: Order, kind: Kind) -> bool:
    situation = await find_situation(tx.connection, order.id, now=tx.now)
    return situation is not None and fits(kind, situation)
