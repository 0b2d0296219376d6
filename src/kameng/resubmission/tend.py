"""What time alone changes in resubmissions: everything that is open is looked at until it ends."""

from datetime import timedelta

import structlog

from kameng.kernel.database import Transaction
from kameng.orders.advance import advance
from kameng.orders.lifecycle import LIFECYCLE, SYSTEM, CorrectionMissed, Expired, OrderState
from kameng.orders.lock import lock_order
from kameng.orders.order import Order
from kameng.resubmission import store
from kameng.resubmission.deliver_again import deliver_again
from kameng.resubmission.desk import Desk
from kameng.resubmission.find_out import IN_TWO_STEPS, find_out
from kameng.resubmission.move import LOOK_AFTER, LOOK_AT_STAFFS_AFTER, move
from kameng.resubmission.resubmission import (
    Failed,
    Kind,
    LeftToStaff,
    Resubmission,
    ResubmissionState,
    Succeeded,
    Verified,
    Why,
)
from kameng.resubmission.situation import find_situation

AT_A_TIME = 50
#: So often a supplier in doubt is waited for before a person has to look: ten minutes.
LOOKS_MAX = 40
#: A person who has not decided by then leaves the buyer free to ask anew.
STAFF_MAX = timedelta(days=3)

_THERE = (OrderState.DELIVERED, OrderState.COMPLETED)
_BACK = (OrderState.REFUNDING, OrderState.REFUNDED)

log = structlog.get_logger()


async def tend_resubmissions(desk: Desk) -> int:
    """Those that are due; how many. Several workers share them out."""
    async with desk.db.transaction() as tx:
        due = await store.claim_due(tx, at_most=AT_A_TIME)
    for resubmission_id, order_id, _ in due:
        try:
            async with desk.db.transaction() as tx:
                order = await lock_order(tx, order_id)
                one = await store.lock(tx, resubmission_id)
                if one.is_open:
                    await _tend(tx, desk, order, one)
            if one.kind in IN_TWO_STEPS and one.state in {ResubmissionState.APPLIED, ResubmissionState.WAITING}:
                await find_out(desk, one)
        except Exception:
            # It is looked at again when it is due again, and must not keep the others waiting.
            log.exception("resubmission.not_tended", resubmission=resubmission_id)
    return len(due)


async def _tend(tx: Transaction, desk: Desk, order: Order, one: Resubmission) -> None:
    match one.state:
        case ResubmissionState.ASKED:
            await _wait_for_buyer(tx, desk, order, one)
        case ResubmissionState.WAITING if one.kind is Kind.DELIVER_AGAIN:
            await _wait_for_supplier(tx, order, one)
        case ResubmissionState.UNDER_WAY:
            await _look_at_result(tx, order, one)
        case ResubmissionState.WITH_STAFF:
            await _look_at_staffs(tx, order, one)
        case _:
            await store.look_again(tx, one.id, tx.now + LOOK_AFTER)


async def _wait_for_buyer(tx: Transaction, desk: Desk, order: Order, one: Resubmission) -> None:
    if order.state is not OrderState.EXCEPTION:
        await move(tx, one, Failed, why=[Why.FOUND_OTHERWISE])
    elif tx.now < one.applied_at + desk.rules.correct_within:
        due = one.applied_at + desk.rules.correct_within
        await store.look_again(tx, one.id, min(due, tx.now + LOOK_AT_STAFFS_AFTER))
    else:
        situation = await find_situation(tx.connection, order.id, now=tx.now)
        if situation is None or situation.has_part or situation.owes_refund:
            # Of what is delivered in part, how much goes back is a person's decision.
            await move(tx, one, LeftToStaff, why=[Why.NO_ANSWER])
        else:
            await advance(tx, order, CorrectionMissed(SYSTEM, reason="nobody put it right in time"))


async def _wait_for_supplier(tx: Transaction, order: Order, one: Resubmission) -> None:
    if order.state is OrderState.EXCEPTION:
        if one.looks >= LOOKS_MAX:
            await move(tx, one, LeftToStaff, why=[Why.SUPPLIER_IN_DOUBT])
        else:
            await deliver_again(tx, order, one, actor=SYSTEM)
    elif order.state in _THERE:
        await move(tx, one, Succeeded)
    elif order.state in _BACK:
        await move(tx, one, Failed, why=[Why.MONEY_BACK])
    else:
        # It is known now what became of it, and the delivery has gone on by itself.
        await move(tx, one, Verified)


async def _look_at_result(tx: Transaction, order: Order, one: Resubmission) -> None:
    if one.new_order_id is not None:
        await _look_at_new_order(tx, order, one)
    elif order.state in _THERE:
        await move(tx, one, Succeeded)
    elif order.state in _BACK:
        await move(tx, one, Failed, why=[Why.MONEY_BACK])
    else:
        await store.look_again(tx, one.id, tx.now + LOOK_AFTER)


async def _look_at_new_order(tx: Transaction, order: Order, one: Resubmission) -> None:
    assert one.new_order_id is not None
    new = await lock_order(tx, one.new_order_id)
    was_paid_after_all = one.kind is Kind.PAY_AGAIN and order.state is not OrderState.CANCELLED
    if was_paid_after_all and LIFECYCLE.allows(new.state, Expired):
        await advance(tx, new, Expired(SYSTEM, reason="the original order was paid after all"))
        await move(tx, one, Succeeded)
    elif new.state in _THERE:
        await move(tx, one, Succeeded)
    elif new.state in (OrderState.CANCELLED, OrderState.REFUNDED):
        await move(tx, one, Failed, why=[Why.NEW_ORDER_ENDED])
    else:
        await store.look_again(tx, one.id, tx.now + LOOK_AFTER)


async def _look_at_staffs(tx: Transaction, order: Order, one: Resubmission) -> None:
    if one.kind is not Kind.REPLACE_CODE and order.state in _THERE:
        await move(tx, one, Succeeded)
    elif order.state in _BACK:
        await move(tx, one, Failed, why=[Why.MONEY_BACK])
    elif tx.now - one.applied_at > STAFF_MAX:
        await move(tx, one, Failed, why=[Why.NO_ANSWER])
    else:
        await store.look_again(tx, one.id, tx.now + LOOK_AT_STAFFS_AFTER)
