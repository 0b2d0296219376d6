"""Whether an order may be put right in a given way, by the rules alone. Pure: what gateways and suppliers say of it is
asked for afterwards."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from kameng.catalogue.filling import Delivers
from kameng.orders.lifecycle import OrderState
from kameng.resubmission.resubmission import BY_A_NEW_ORDER, Kind, ResubmissionRules, Verdict, Why
from kameng.resubmission.situation import Situation

_UNPAID = (OrderState.AWAITING_PAYMENT, OrderState.CANCELLED)
_UNSENT = (OrderState.DELIVERING, OrderState.DELIVERED)
_BACK = (OrderState.REFUNDING, OrderState.REFUNDED)


@dataclass(frozen=True)
class Judgement:
    """`why` is empty for what passed."""

    verdict: Verdict
    why: tuple[Why, ...] = ()


def verify(kind: Kind, order: Situation, rules: ResubmissionRules, *, now: datetime) -> Judgement:
    """What speaks against it is a no; what only a person may allow is left to one."""
    if against := tuple(_against(kind, order, rules, now)):
        return Judgement(Verdict.DECLINED, against)
    if doubts := tuple(_doubts(kind, order, rules)):
        return Judgement(Verdict.LEFT_TO_STAFF, doubts)
    return Judgement(Verdict.PASSED)


def fits(kind: Kind, order: Situation) -> bool:
    """Whether this way could help an order in this state at all."""
    state = order.state
    match kind:
        case Kind.PAID_NOT_SEEN:
            return state in _UNPAID and order.payments > 0
        case Kind.PAY_AGAIN:
            return state is OrderState.CANCELLED and order.expired
        case Kind.BUY_AGAIN:
            return state in _BACK and order.could_not_be_delivered
        case Kind.DELIVER_AGAIN:
            return state is OrderState.EXCEPTION and order.delivery_stuck and bool(order.left)
        case Kind.CORRECT_ACCOUNT:
            return state is OrderState.DELIVERING and order.has_account and order.attempts == 0
        case Kind.CHANGE_GOODS:
            return order.attempts == 0 and not order.was_read and not order.replaced and state in _UNSENT
        case Kind.REPLACE_CODE:
            return state is OrderState.DELIVERED and order.delivers is Delivers.CODES and order.was_read


def since(kind: Kind, order: Situation) -> datetime:
    """From when on the window is counted."""
    return order.delivered_at or order.changed_at if kind is Kind.REPLACE_CODE else order.changed_at


def window(order: Situation, rules: ResubmissionRules) -> timedelta:
    """How long: the product's own, or else the shop's."""
    hours = order.resubmit_within_hours
    return rules.within if hours is None else timedelta(hours=hours)


def _against(kind: Kind, order: Situation, rules: ResubmissionRules, now: datetime) -> Iterator[Why]:
    # What a merchant's program may do about an order, it does by itself, on the old order.
    if (order.is_merchants and kind is not Kind.DELIVER_AGAIN) or not fits(kind, order):
        yield Why.NOT_NOW
        return
    if now - since(kind, order) > window(order, rules) and order.state is not OrderState.AWAITING_PAYMENT:
        yield Why.TOO_LATE
    if order.owes_refund and kind is not Kind.BUY_AGAIN:
        yield Why.REFUND_UNDER_WAY
    if kind is Kind.BUY_AGAIN and order.in_stock < order.quantity:
        yield Why.SOLD_OUT
    if kind in BY_A_NEW_ORDER and order.tries >= 2 * rules.tries_max:
        yield Why.TOO_MANY_TRIES


def _doubts(kind: Kind, order: Situation, rules: ResubmissionRules) -> Iterator[Why]:
    if kind not in BY_A_NEW_ORDER and order.tries >= rules.tries_max:
        yield Why.TOO_MANY_TRIES
    if kind is Kind.REPLACE_CODE and order.replaced:
        yield Why.REPLACED_BEFORE
