"""Everything that can happen to an order, and who did it; `lifecycle` says when it can."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar


class ActorKind(StrEnum):
    BUYER = "buyer"
    GATEWAY = "gateway"
    SUPPLIER = "supplier"
    STAFF = "staff"
    SYSTEM = "system"


@dataclass(frozen=True)
class Actor:
    """Who did it. `id` is a staff login, a gateway's code, or None."""

    kind: ActorKind
    id: str | None = None


SYSTEM = Actor(ActorKind.SYSTEM)
BUYER = Actor(ActorKind.BUYER)


@dataclass(frozen=True)
class OrderEvent:
    """Something that happened to an order. Facts are kept for good: never a code, never a contact."""

    name: ClassVar[str]
    actor: Actor
    reason: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Placed(OrderEvent):
    name = "placed"


@dataclass(frozen=True)
class PaymentStarted(OrderEvent):
    name = "payment_started"


@dataclass(frozen=True)
class PaymentConfirmed(OrderEvent):
    """The whole amount is here. Facts: receipt_fen, trade_no, late; owed_fen where that was less."""

    name = "payment_confirmed"


@dataclass(frozen=True)
class PaidTooLittle(OrderEvent):
    """Less than the amount is here; a person decides. Facts: receipt_fen, owed_fen."""

    name = "paid_too_little"


@dataclass(frozen=True)
class SurplusReceived(OrderEvent):
    """Money beyond what was owed; it goes back by itself. Facts: receipt_fen, surplus_fen."""

    name = "surplus_received"


@dataclass(frozen=True)
class SurplusReturned(OrderEvent):
    """The surplus is back with the buyer. Facts: as of Refunded."""

    name = "surplus_returned"


@dataclass(frozen=True)
class Expired(OrderEvent):
    """Not paid in time; its cards go back to stock."""

    name = "expired"


@dataclass(frozen=True)
class CancelledByBuyer(OrderEvent):
    name = "cancelled_by_buyer"


@dataclass(frozen=True)
class Delivered(OrderEvent):
    """The goods can be read on the order page (电子商务法 §51), or have arrived at the account. Facts: cards."""

    name = "delivered"


@dataclass(frozen=True)
class DeliveryStarted(OrderEvent):
    """Nothing of it lies in our vault: suppliers deliver it."""

    name = "delivery_started"


@dataclass(frozen=True)
class SentToSupplier(OrderEvent):
    """A supplier has taken it. Facts: attempt."""

    name = "sent_to_supplier"


@dataclass(frozen=True)
class ResultInDoubt(OrderEvent):
    """A supplier's answer can't be read; it is asked about until it can, and nobody else is asked to deliver
    meanwhile. Facts: attempt."""

    name = "result_in_doubt"


@dataclass(frozen=True)
class PartlyDelivered(OrderEvent):
    """A part is there; the rest comes by another attempt. Facts: attempt, delivered, owed."""

    name = "partly_delivered"


@dataclass(frozen=True)
class AttemptFailed(OrderEvent):
    """A supplier is known not to have delivered; another one is looked for. Facts: attempt, why."""

    name = "attempt_failed"


@dataclass(frozen=True)
class DeliveryStuck(OrderEvent):
    """Asking has not helped, or only a part can be delivered; a person has to look. Facts: attempt."""

    name = "delivery_stuck"


@dataclass(frozen=True)
class Undeliverable(OrderEvent):
    """No supplier is left who could deliver it, and nothing was delivered: the money goes back. Facts: why."""

    name = "undeliverable"


@dataclass(frozen=True)
class SoldOut(OrderEvent):
    """Paid, but nothing is left to deliver: the money goes back."""

    name = "sold_out"


@dataclass(frozen=True)
class RefundRequested(OrderEvent):
    """A person sends the money back."""

    name = "refund_requested"


@dataclass(frozen=True)
class AcceptedByStaff(OrderEvent):
    """A person takes what was paid as enough, or lets go an order that was held for risk."""

    name = "accepted_by_staff"


@dataclass(frozen=True)
class ProofAsked(OrderEvent):
    """It is paid, but something speaks against it: the buyer is asked to prove it theirs. Facts: decide_by."""

    name = "proof_asked"


@dataclass(frozen=True)
class ProofGiven(OrderEvent):
    """The buyer has proved it theirs. Facts: address."""

    name = "proof_given"


@dataclass(frozen=True)
class HeldForReview(OrderEvent):
    """It is paid, but too much speaks against it: a person has to look. Facts: decide_by."""

    name = "held_for_review"


@dataclass(frozen=True)
class HoldExpired(OrderEvent):
    """Nobody proved or decided in time: the money goes back."""

    name = "hold_expired"


@dataclass(frozen=True)
class Resubmitted(OrderEvent):
    """What failed, or didn't work, is delivered once more on the same order. Facts: kind, resubmission."""

    name = "resubmitted"


@dataclass(frozen=True)
class CorrectionAsked(OrderEvent):
    """The buyer is asked to put the account right; nothing is sent anywhere meanwhile. Facts: attempt."""

    name = "correction_asked"


@dataclass(frozen=True)
class CorrectionGiven(OrderEvent):
    """The buyer has changed what is topped up. Facts: fields, address."""

    name = "correction_given"


@dataclass(frozen=True)
class GoodsChanged(OrderEvent):
    """Before anything was sent the buyer took another face value of the same product. Facts: before, after, refund_fen
    (what goes back of the price), resubmission."""

    name = "goods_changed"


@dataclass(frozen=True)
class CorrectionMissed(OrderEvent):
    """Nobody put the account right in time: the money goes back."""

    name = "correction_missed"


@dataclass(frozen=True)
class CancelledAfterPayment(OrderEvent):
    """The buyer takes it back while nothing was read and nothing sent to a supplier: the money goes back."""

    name = "cancelled_after_payment"


@dataclass(frozen=True)
class ArrivalConfirmed(OrderEvent):
    """The buyer says that it has arrived, or has said nothing else for long enough."""

    name = "arrival_confirmed"


@dataclass(frozen=True)
class Refunded(OrderEvent):
    """The money is back with the buyer. Facts: refund_fen, and by_hand when another way than the gateway was taken."""

    name = "refunded"


@dataclass(frozen=True)
class RefundPromised(OrderEvent):
    """A part of what was paid is on its way back; nothing else changes. Facts: refund_fen, cause, request."""

    name = "refund_promised"


@dataclass(frozen=True)
class PartRefunded(OrderEvent):
    """A part of what was paid is back with the buyer. Facts: as of Refunded."""

    name = "part_refunded"


@dataclass(frozen=True)
class RefundAfterDelivery(OrderEvent):
    """Everything that was paid for delivered goods goes back. Facts: refund_fen, cause, request."""

    name = "refund_after_delivery"


@dataclass(frozen=True)
class RefundStuck(OrderEvent):
    """The gateway refuses the refund, or can't say what became of it; a person has to look."""

    name = "refund_stuck"


@dataclass(frozen=True)
class StoodTooLong(OrderEvent):
    """It, or something that is done about it, has stayed where it is for longer than it may. Facts: thing, state,
    minutes."""

    name = "stood_too_long"


@dataclass(frozen=True)
class TakenInHand(OrderEvent):
    """A person is on it now."""

    name = "taken_in_hand"


@dataclass(frozen=True)
class Revealed(OrderEvent):
    """Somebody read the codes. Facts: cards, address."""

    name = "revealed"
