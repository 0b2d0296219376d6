"""A payment attempt 支付尝试: one try to pay one or more orders at one gateway. And its refunds' states."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from kameng.kernel.lifecycle import Lifecycle
from kameng.orders.number import OrderId
from kameng.payment.gateway import PayBy

REFERENCE_PREFIX = "P"


class AttemptState(StrEnum):
    STARTED = "started"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    EXPIRED = "expired"


class MoneyArrived:
    """The gateway confirms a payment when asked."""


class GatewayRefused:
    """The gateway won't take this payment."""


class GaveUpAsking:
    """A day has passed without money; a notify may still come."""


ATTEMPT_LIFECYCLE = Lifecycle[AttemptState](
    {
        (AttemptState.STARTED, MoneyArrived): AttemptState.CONFIRMED,
        (AttemptState.STARTED, GatewayRefused): AttemptState.REFUSED,
        (AttemptState.STARTED, GaveUpAsking): AttemptState.EXPIRED,
        # Money can arrive after we gave up waiting; it is still money.
        (AttemptState.EXPIRED, MoneyArrived): AttemptState.CONFIRMED,
        (AttemptState.REFUSED, MoneyArrived): AttemptState.CONFIRMED,
        (AttemptState.CONFIRMED, MoneyArrived): AttemptState.CONFIRMED,
    }
)


class ReceiptUse(StrEnum):
    """What became of a sum that reached us."""

    APPLIED = "applied"
    SURPLUS = "surplus"
    HELD = "held"


class HeardFrom(StrEnum):
    NOTIFY = "notify"
    POLL = "poll"
    LEDGER = "ledger"


class RefundState(StrEnum):
    INTENDED = "intended"
    CALLING = "calling"
    DONE = "done"
    REFUSED = "refused"
    IN_DOUBT = "in_doubt"


class Called:
    """The gateway is being asked to send money back."""


class SentBackByGateway:
    """The gateway has sent it back."""


class RefusedByGateway:
    """The gateway won't."""


class NoAnswer:
    """Nobody knows whether it did."""


class FoundSent:
    """A person found in the gateway's own books that the money is back, or gave it back by another way."""


class FoundUnsent:
    """A person found in the gateway's own books that it is not: it is sent as if for the first time."""


REFUND_LIFECYCLE = Lifecycle[RefundState](
    {
        (RefundState.INTENDED, Called): RefundState.CALLING,
        # A call that never came back, for whatever reason, is asked about before it is made again.
        (RefundState.CALLING, Called): RefundState.CALLING,
        (RefundState.IN_DOUBT, Called): RefundState.CALLING,
        (RefundState.CALLING, RefusedByGateway): RefundState.REFUSED,
        (RefundState.CALLING, NoAnswer): RefundState.IN_DOUBT,
        # An answer may come when somebody else has gone on already; money that is back is back.
        **{(state, SentBackByGateway): RefundState.DONE for state in RefundState if state is not RefundState.DONE},
        (RefundState.REFUSED, FoundSent): RefundState.DONE,
        (RefundState.IN_DOUBT, FoundSent): RefundState.DONE,
        (RefundState.REFUSED, FoundUnsent): RefundState.INTENDED,
        (RefundState.IN_DOUBT, FoundUnsent): RefundState.INTENDED,
    }
)


class RefundCause(StrEnum):
    SOLD_OUT = "sold_out"
    UNDELIVERABLE = "undeliverable"
    PAID_TWICE = "paid_twice"
    PAID_TOO_MUCH = "paid_too_much"
    PAID_TOO_LITTLE = "paid_too_little"
    STAFF = "staff"
    UNPROVEN = "unproven"
    GOODS_FAULTY = "goods_faulty"
    NOT_ARRIVED = "not_arrived"
    WRONG_ORDER = "wrong_order"
    GOODWILL = "goodwill"
    CANCELLED = "cancelled"
    CHEAPER = "cheaper"


# What a person may name as the cause of a refund they ask for.
ASKED_CAUSES = (
    RefundCause.GOODS_FAULTY,
    RefundCause.NOT_ARRIVED,
    RefundCause.WRONG_ORDER,
    RefundCause.GOODWILL,
    RefundCause.STAFF,
)

# Money an order was never owed; its going back doesn't move the order.
SURPLUS_CAUSES = frozenset({RefundCause.PAID_TWICE, RefundCause.PAID_TOO_MUCH, RefundCause.PAID_TOO_LITTLE})

# When to ask the gateway after a payment was started, counted from the last question. Then we give up asking.
ASK_AFTER = tuple(
    timedelta(seconds=s) for s in (20, 20, 30, 60, 120, 300, 600, 600, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600)
)

# From this try on a part is sent again that a gateway has not known of each time it was asked: minutes after it was
# asked for first, when no call of ours can still be on its way.
PART_AGAIN_AT_TRY = 4

# Longer than a gateway's two answers can take: nobody asks about a refund while its call is still on its way.
REFUND_CALL_TAKES = timedelta(minutes=2)

# When to try a refund again whose outcome nobody knows. Then a person has to look.
REFUND_AGAIN_AFTER = tuple(timedelta(seconds=s) for s in (30, 60, 300, 900, 3600, 3 * 3600, 6 * 3600))


@dataclass(frozen=True)
class Attempt:
    """A started payment: where to pay, how much (fen), and what the gateway calls it."""

    id: int
    gateway_id: int
    method: str
    state: AttemptState
    amount_fen: int
    pay_by: PayBy | None
    gateway_trade_no: str | None
    started_at: datetime
    order_ids: tuple[OrderId, ...]

    @property
    def reference(self) -> str:
        return reference_of(self.id)


def reference_of(attempt_id: int) -> str:
    """Our number at the gateway (out_trade_no)."""
    return f"{REFERENCE_PREFIX}{attempt_id}"


def attempt_id_of(reference: str) -> int | None:
    """The attempt a reference names; None if it can't be one of ours."""
    digits = reference.removeprefix(REFERENCE_PREFIX)
    is_ours = reference.startswith(REFERENCE_PREFIX) and digits.isascii() and digits.isdigit() and len(digits) == 18
    return int(digits) if is_ours else None
