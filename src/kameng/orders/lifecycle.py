"""The order's states, what can happen to it, and the one table that says what follows."""

from collections.abc import Mapping
from enum import StrEnum

from kameng.kernel.lifecycle import Lifecycle
from kameng.kernel.text import Words
from kameng.orders.event import (
    BUYER,
    SYSTEM,
    AcceptedByStaff,
    Actor,
    ActorKind,
    ArrivalConfirmed,
    AttemptFailed,
    CancelledAfterPayment,
    CancelledByBuyer,
    CorrectionAsked,
    CorrectionGiven,
    CorrectionMissed,
    Delivered,
    DeliveryStarted,
    DeliveryStuck,
    Expired,
    GoodsChanged,
    HeldForReview,
    HoldExpired,
    OrderEvent,
    PaidTooLittle,
    PartlyDelivered,
    PartRefunded,
    PaymentConfirmed,
    PaymentStarted,
    Placed,
    ProofAsked,
    ProofGiven,
    RefundAfterDelivery,
    Refunded,
    RefundPromised,
    RefundRequested,
    RefundStuck,
    Resubmitted,
    ResultInDoubt,
    Revealed,
    SentToSupplier,
    SoldOut,
    StoodTooLong,
    SurplusReceived,
    SurplusReturned,
    TakenInHand,
    Undeliverable,
)

# Whoever moves an order finds its events here too.
__all__ = [
    "BUYER",
    "LIFECYCLE",
    "SETTLED",
    "STATE_NAMES",
    "SYSTEM",
    "AcceptedByStaff",
    "Actor",
    "ActorKind",
    "ArrivalConfirmed",
    "AttemptFailed",
    "CancelledAfterPayment",
    "CancelledByBuyer",
    "CorrectionAsked",
    "CorrectionGiven",
    "CorrectionMissed",
    "Delivered",
    "DeliveryStarted",
    "DeliveryStuck",
    "Expired",
    "GoodsChanged",
    "HeldForReview",
    "HoldExpired",
    "OrderEvent",
    "OrderState",
    "PaidTooLittle",
    "PartRefunded",
    "PartlyDelivered",
    "PaymentConfirmed",
    "PaymentStarted",
    "Placed",
    "ProofAsked",
    "ProofGiven",
    "RefundAfterDelivery",
    "RefundPromised",
    "RefundRequested",
    "RefundStuck",
    "Refunded",
    "Resubmitted",
    "ResultInDoubt",
    "Revealed",
    "SentToSupplier",
    "SoldOut",
    "StoodTooLong",
    "SurplusReceived",
    "SurplusReturned",
    "TakenInHand",
    "Undeliverable",
]  # fmt: skip


class OrderState(StrEnum):
    AWAITING_PAYMENT = "awaiting_payment"
    UNDER_REVIEW = "under_review"
    PAID = "paid"
    DELIVERING = "delivering"
    DELIVERED = "delivered"
    COMPLETED = "completed"
    EXCEPTION = "exception"
    RESUBMITTING = "resubmitting"
    CANCELLED = "cancelled"
    REFUNDING = "refunding"
    REFUNDED = "refunded"


STATE_NAMES: Mapping[OrderState, Words] = {
    OrderState.AWAITING_PAYMENT: Words("待支付"),
    OrderState.UNDER_REVIEW: Words("审核中"),
    OrderState.PAID: Words("已支付"),
    OrderState.DELIVERING: Words("发货中"),
    OrderState.DELIVERED: Words("已发货"),
    OrderState.COMPLETED: Words("已完成"),
    OrderState.EXCEPTION: Words("异常"),
    OrderState.RESUBMITTING: Words("补交中"),
    OrderState.CANCELLED: Words("已取消"),
    OrderState.REFUNDING: Words("退款中"),
    OrderState.REFUNDED: Words("已退款"),
}


_S = OrderState

LIFECYCLE = Lifecycle[OrderState](
    {
        (_S.AWAITING_PAYMENT, PaymentStarted): _S.AWAITING_PAYMENT,
        (_S.AWAITING_PAYMENT, PaymentConfirmed): _S.PAID,
        (_S.AWAITING_PAYMENT, PaidTooLittle): _S.UNDER_REVIEW,
        (_S.AWAITING_PAYMENT, Expired): _S.CANCELLED,
        (_S.AWAITING_PAYMENT, CancelledByBuyer): _S.CANCELLED,
        # Money can arrive after we gave up waiting; it is still money, and paying is the buyer's latest word.
        (_S.CANCELLED, PaymentConfirmed): _S.PAID,
        (_S.CANCELLED, PaidTooLittle): _S.UNDER_REVIEW,
        (_S.PAID, Delivered): _S.DELIVERED,
        (_S.PAID, SoldOut): _S.REFUNDING,
        (_S.PAID, DeliveryStarted): _S.DELIVERING,
        (_S.PAID, ProofAsked): _S.UNDER_REVIEW,
        (_S.PAID, HeldForReview): _S.UNDER_REVIEW,
        (_S.UNDER_REVIEW, ProofGiven): _S.PAID,
        # A proof that comes in a crowd of others like it is looked at by a person.
        (_S.UNDER_REVIEW, HeldForReview): _S.UNDER_REVIEW,
        (_S.UNDER_REVIEW, HoldExpired): _S.REFUNDING,
        (_S.DELIVERING, SentToSupplier): _S.DELIVERING,
        (_S.DELIVERING, ResultInDoubt): _S.DELIVERING,
        (_S.DELIVERING, PartlyDelivered): _S.DELIVERING,
        (_S.DELIVERING, AttemptFailed): _S.DELIVERING,
        (_S.DELIVERING, Delivered): _S.DELIVERED,
        (_S.DELIVERING, DeliveryStuck): _S.EXCEPTION,
        (_S.DELIVERING, Undeliverable): _S.REFUNDING,
        # What was stuck becomes known after all: by a late answer, or by a person's word.
        (_S.EXCEPTION, Delivered): _S.DELIVERED,
        (_S.EXCEPTION, DeliveryStarted): _S.DELIVERING,
        (_S.EXCEPTION, SentToSupplier): _S.DELIVERING,
        (_S.EXCEPTION, PartlyDelivered): _S.DELIVERING,
        (_S.EXCEPTION, AttemptFailed): _S.DELIVERING,
        (_S.EXCEPTION, Resubmitted): _S.RESUBMITTING,
        (_S.DELIVERED, Resubmitted): _S.RESUBMITTING,
        # A person may have codes exchanged that turned out not to work after they were confirmed.
        (_S.COMPLETED, Resubmitted): _S.RESUBMITTING,
        (_S.RESUBMITTING, SentToSupplier): _S.RESUBMITTING,
        (_S.RESUBMITTING, ResultInDoubt): _S.RESUBMITTING,
        (_S.RESUBMITTING, PartlyDelivered): _S.RESUBMITTING,
        (_S.RESUBMITTING, AttemptFailed): _S.RESUBMITTING,
        (_S.RESUBMITTING, Delivered): _S.DELIVERED,
        (_S.RESUBMITTING, DeliveryStuck): _S.EXCEPTION,
        (_S.RESUBMITTING, Undeliverable): _S.REFUNDING,
        (_S.DELIVERING, CorrectionAsked): _S.EXCEPTION,
        (_S.RESUBMITTING, CorrectionAsked): _S.EXCEPTION,
        (_S.EXCEPTION, CorrectionAsked): _S.EXCEPTION,
        (_S.EXCEPTION, CorrectionGiven): _S.DELIVERING,
        # Before anything was sent anywhere a buyer may change what is topped up.
        (_S.DELIVERING, CorrectionGiven): _S.DELIVERING,
        (_S.DELIVERING, GoodsChanged): _S.PAID,
        (_S.DELIVERED, GoodsChanged): _S.PAID,
        (_S.EXCEPTION, CorrectionMissed): _S.REFUNDING,
        (_S.PAID, CancelledAfterPayment): _S.REFUNDING,
        (_S.DELIVERING, CancelledAfterPayment): _S.REFUNDING,
        (_S.DELIVERED, CancelledAfterPayment): _S.REFUNDING,
        (_S.DELIVERED, ArrivalConfirmed): _S.COMPLETED,
        (_S.UNDER_REVIEW, PaymentConfirmed): _S.PAID,
        (_S.UNDER_REVIEW, PaidTooLittle): _S.UNDER_REVIEW,
        (_S.UNDER_REVIEW, AcceptedByStaff): _S.PAID,
        (_S.UNDER_REVIEW, RefundRequested): _S.REFUNDING,
        (_S.REFUNDING, Refunded): _S.REFUNDED,
        (_S.REFUNDING, RefundStuck): _S.EXCEPTION,
        (_S.EXCEPTION, RefundRequested): _S.REFUNDING,
        (_S.EXCEPTION, Refunded): _S.REFUNDED,
        (_S.DELIVERED, RefundAfterDelivery): _S.REFUNDING,
        (_S.COMPLETED, RefundAfterDelivery): _S.REFUNDING,
        (_S.DELIVERED, RefundPromised): _S.DELIVERED,
        (_S.COMPLETED, RefundPromised): _S.COMPLETED,
        (_S.EXCEPTION, RefundPromised): _S.EXCEPTION,
        (_S.DELIVERED, Revealed): _S.DELIVERED,
        (_S.COMPLETED, Revealed): _S.COMPLETED,
        # Whatever the state, money is recorded, and what is too much goes back.
        **{(state, SurplusReceived): state for state in OrderState},
        **{(state, SurplusReturned): state for state in OrderState},
        **{(state, PartRefunded): state for state in OrderState},
        # That somebody looks after it moves nothing.
        **{(state, StoodTooLong): state for state in OrderState},
        **{(state, TakenInHand): state for state in OrderState},
    }
)

# Nothing more is owed to the buyer in these.
SETTLED = frozenset({_S.DELIVERED, _S.COMPLETED, _S.CANCELLED, _S.REFUNDED})
