"""Nothing the console can meet is without a name."""

from typing import get_args

from kameng.catalogue.phone_segment import Operator
from kameng.desk.exceptions import ExceptionKind
from kameng.fulfilment.attempt import Answer, AskedBy, DeliveryState
from kameng.fulfilment.attempt import AttemptState as DeliveryAttemptState
from kameng.fulfilment.by_hand import INTENDED
from kameng.orders.lifecycle import ActorKind, OrderEvent, OrderState
from kameng.payment.attempt import AttemptState, HeardFrom, ReceiptUse, RefundCause, RefundState
from kameng.risk.alarms import AlarmKind
from kameng.stock.card import BatchState, CardState, Reason
from kameng.supply.answer import CancelAnswer, ComplaintFiled
from kameng.supply.answer import Reason as SupplyReason
from kameng.supply.goods import GoodsKind
from kameng.supply.restock import Verdict
from kameng.supply.routing import PassedOver, Strategy
from kameng.supply.troubles import TroubleKind
from kameng.web.console import supply_wording, wording


def test_every_value_has_a_name() -> None:
    for names, values in (
        (wording.ORDER_STATES, OrderState), (wording.STATE_COLOURS, OrderState), (wording.ACTORS, ActorKind),
        (wording.ACTOR_COLOURS, ActorKind), (wording.ATTEMPTS, AttemptState), (wording.RECEIPTS, ReceiptUse),
        (wording.HEARD_FROM, HeardFrom), (wording.REFUNDS, RefundState), (wording.REFUND_CAUSES, RefundCause),
        (wording.BATCHES, BatchState), (wording.CARDS, CardState), (wording.REFUSED_LINES, Reason),
        (wording.ALARMS, AlarmKind), (supply_wording.ATTEMPTS, DeliveryAttemptState),
        (supply_wording.ATTEMPT_COLOURS, DeliveryAttemptState), (supply_wording.DELIVERIES, DeliveryState),
        (supply_wording.DELIVERY_COLOURS, DeliveryState), (supply_wording.OCCASIONS, AskedBy),
        (supply_wording.REASONS, SupplyReason), (supply_wording.PASSED_OVER, PassedOver),
        (supply_wording.BECAUSE, [*Strategy, "probe"]), (supply_wording.TROUBLES, TroubleKind),
        (supply_wording.GOODS, GoodsKind), (supply_wording.EXCEPTIONS, ExceptionKind),
        (supply_wording.EXCEPTION_COLOURS, ExceptionKind), (supply_wording.OPERATORS, Operator),
        (supply_wording.RESTOCK, Verdict),
    ):  # fmt: skip
        assert set(names) == set(values)


def test_everything_a_supplier_can_say_has_a_name() -> None:
    """As `told_of` and the verbs by hand call it."""
    unions = (Answer, CancelAnswer, ComplaintFiled)
    said = {kind.__name__.lower() for union in unions for kind in (get_args(union) or (union,))}
    assert said | {INTENDED} == set(supply_wording.SAID)


def test_every_event_has_a_name() -> None:
    assert {event.name for event in OrderEvent.__subclasses__()} | {"notice"} == set(wording.EVENTS)
