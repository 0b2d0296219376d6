"""What an order's events mean for its resubmission; the journey says which events."""

from kameng.kernel.database import Transaction
from kameng.orders.contact import without_contacts
from kameng.orders.lifecycle import (
    CorrectionAsked,
    CorrectionMissed,
    Delivered,
    DeliveryStuck,
    OrderEvent,
    OrderState,
)
from kameng.orders.order import Order
from kameng.resubmission import store
from kameng.resubmission.move import LOOK_AFTER, move
from kameng.resubmission.resubmission import AskedBuyer, Failed, Kind, ResubmissionState, Succeeded, Why

#: In all other states nothing of an order itself is being put right.
_WATCHED = frozenset({OrderState.DELIVERING, OrderState.EXCEPTION, OrderState.RESUBMITTING})


async def open_correction(tx: Transaction, order: Order, asked: CorrectionAsked) -> None:
    """The buyer finds on the order page what to put right. Follows CorrectionAsked."""
    if (before := await store.open_of(tx, order.id)) is not None:
        await move(tx, before, Failed, why=[Why.FOUND_OTHERWISE])
    reason = without_contacts(asked.reason or "")
    new = store.New(order.id, Kind.CORRECT_ACCOUNT, asked.actor, reason)
    one = await store.insert(tx, new, look_at=tx.now + LOOK_AFTER)
    await move(tx, one, AskedBuyer)


async def note_result(tx: Transaction, order: Order, event: OrderEvent) -> None:
    """How it came out. Follows Delivered, DeliveryStuck, Undeliverable, CorrectionMissed and RefundRequested."""
    if order.state not in _WATCHED or (one := await store.open_of(tx, order.id)) is None:
        return
    if isinstance(event, Delivered):
        await move(tx, one, Succeeded)
    elif not isinstance(event, DeliveryStuck):
        why = Why.NO_ANSWER if isinstance(event, CorrectionMissed) else Why.MONEY_BACK
        await move(tx, one, Failed, why=[why])
    elif one.state is ResubmissionState.UNDER_WAY:
        # A person has been told already, by the alarm of whoever found it stuck.
        await move(tx, one, Failed, why=[Why.STUCK_AGAIN])
