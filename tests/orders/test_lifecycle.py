"""What the order's table promises, in the words of the promises."""

import pytest

from kameng.kernel.lifecycle import IllegalTransition
from kameng.orders.lifecycle import (
    LIFECYCLE,
    SETTLED,
    AcceptedByStaff,
    AttemptFailed,
    CancelledByBuyer,
    Delivered,
    DeliveryStarted,
    DeliveryStuck,
    Expired,
    OrderState,
    PaidTooLittle,
    PartlyDelivered,
    PaymentConfirmed,
    Refunded,
    RefundRequested,
    RefundStuck,
    ResultInDoubt,
    Revealed,
    SentToSupplier,
    SoldOut,
    Undeliverable,
)

S = OrderState


def walk(*events: type, start: OrderState = S.AWAITING_PAYMENT) -> OrderState:
    state = start
    for event in events:
        state = LIFECYCLE.after(state, event)
    return state


def test_paid_and_delivered() -> None:
    assert walk(PaymentConfirmed, Delivered, Revealed, Revealed) is S.DELIVERED


def test_paid_late_and_delivered_all_the_same() -> None:
    assert walk(Expired, PaymentConfirmed, Delivered) is S.DELIVERED


def test_paid_after_cancelling_and_nothing_left_is_refunded() -> None:
    assert walk(CancelledByBuyer, PaymentConfirmed, SoldOut, Refunded) is S.REFUNDED


def test_too_little_waits_for_a_person_who_takes_it_or_sends_it_back() -> None:
    assert walk(PaidTooLittle, AcceptedByStaff, Delivered) is S.DELIVERED
    assert walk(PaidTooLittle, RefundRequested, Refunded) is S.REFUNDED


def test_a_stuck_refund_is_an_exception_until_it_is_done() -> None:
    stuck = walk(PaymentConfirmed, SoldOut, RefundStuck)
    assert stuck is S.EXCEPTION
    assert walk(RefundRequested, Refunded, start=stuck) is S.REFUNDED
    assert walk(Refunded, start=stuck) is S.REFUNDED


def test_a_supplier_delivers_by_parts_and_detours() -> None:
    way = (SentToSupplier, ResultInDoubt, AttemptFailed, SentToSupplier, PartlyDelivered, SentToSupplier, Delivered)
    assert walk(PaymentConfirmed, DeliveryStarted, *way) is S.DELIVERED


def test_no_supplier_left_sends_the_money_back() -> None:
    assert walk(PaymentConfirmed, DeliveryStarted, AttemptFailed, Undeliverable, Refunded) is S.REFUNDED


@pytest.mark.parametrize("event", [SentToSupplier, PartlyDelivered, AttemptFailed, DeliveryStarted])
def test_what_is_stuck_goes_on_once_something_is_known(event: type) -> None:
    stuck = walk(PaymentConfirmed, DeliveryStarted, SentToSupplier, DeliveryStuck)
    assert stuck is S.EXCEPTION
    assert walk(event, Delivered, start=stuck) is S.DELIVERED
    assert walk(event, Undeliverable, Refunded, start=stuck) is S.REFUNDED
    assert walk(Delivered, start=stuck) is S.DELIVERED
    assert walk(RefundRequested, Refunded, start=stuck) is S.REFUNDED


@pytest.mark.parametrize("state", [S.REFUNDING, S.REFUNDED, S.CANCELLED, S.DELIVERED, S.UNDER_REVIEW])
def test_nothing_is_delivered_on_what_is_over_or_unpaid(state: OrderState) -> None:
    for event in (DeliveryStarted, SentToSupplier, PartlyDelivered, Delivered, DeliveryStuck, Undeliverable):
        assert not LIFECYCLE.allows(state, event)


def test_money_never_goes_back_while_it_is_being_delivered() -> None:
    """RefundRequested is for what is stuck: whether nothing can come any more is asked there."""
    assert not LIFECYCLE.allows(S.DELIVERING, RefundRequested)


@pytest.mark.parametrize("state", list(OrderState))
def test_codes_are_read_only_after_delivery(state: OrderState) -> None:
    assert LIFECYCLE.allows(state, Revealed) == (state in {S.DELIVERED, S.COMPLETED})


@pytest.mark.parametrize("state", list(OrderState))
def test_only_paid_orders_are_delivered(state: OrderState) -> None:
    assert LIFECYCLE.allows(state, Delivered) == (state in {S.PAID, S.DELIVERING, S.EXCEPTION, S.RESUBMITTING})


@pytest.mark.parametrize("event", [PaymentConfirmed, Delivered, SoldOut, RefundRequested, Expired, CancelledByBuyer])
def test_a_delivered_order_is_not_paid_delivered_cancelled_or_refunded_again(event: type) -> None:
    with pytest.raises(IllegalTransition):
        LIFECYCLE.after(S.DELIVERED, event)


@pytest.mark.parametrize("state", [S.PAID, S.REFUNDING, S.REFUNDED, S.DELIVERED, S.COMPLETED, S.EXCEPTION])
def test_what_was_paid_neither_expires_nor_is_cancelled_as_unpaid(state: OrderState) -> None:
    assert not LIFECYCLE.allows(state, Expired)
    assert not LIFECYCLE.allows(state, CancelledByBuyer)


def test_no_order_is_stuck() -> None:
    """From every state that can be reached and owes something, a settled one can be reached."""
    reached = {S.AWAITING_PAYMENT}
    while onward := {target for (state, _), target in LIFECYCLE.moves.items() if state in reached} - reached:
        reached |= onward
    settling = set(SETTLED)
    while more := {state for (state, _), target in LIFECYCLE.moves.items() if target in settling} - settling:
        settling |= more
    assert reached <= settling
