"""Nothing the console can meet is without a name."""

from kameng.orders.lifecycle import ActorKind, OrderEvent, OrderState
from kameng.payment.attempt import AttemptState, HeardFrom, ReceiptUse, RefundCause, RefundState
from kameng.risk.alarms import AlarmKind
from kameng.stock.card import BatchState, CardState, Reason
from kameng.web.console import wording


def test_every_value_has_a_name() -> None:
    for names, values in (
        (wording.ORDER_STATES, OrderState), (wording.STATE_COLOURS, OrderState), (wording.ACTORS, ActorKind),
        (wording.ACTOR_COLOURS, ActorKind), (wording.ATTEMPTS, AttemptState), (wording.RECEIPTS, ReceiptUse),
        (wording.HEARD_FROM, HeardFrom), (wording.REFUNDS, RefundState), (wording.REFUND_CAUSES, RefundCause),
        (wording.BATCHES, BatchState), (wording.CARDS, CardState), (wording.REFUSED_LINES, Reason),
        (wording.ALARMS, AlarmKind),
    ):  # fmt: skip
        assert set(names) == set(values)


def test_every_event_has_a_name() -> None:
    assert {event.name for event in OrderEvent.__subclasses__()} | {"notice"} == set(wording.EVENTS)
