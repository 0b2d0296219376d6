"""Everything the desk knows of one order, as data. Amounts in fen, times aware."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from kameng.desk.delivery import DeliveryFile
from kameng.desk.refunds import RequestLine
from kameng.orders.handling import Handling, OrderNote
from kameng.orders.lifecycle import ActorKind, OrderState
from kameng.orders.number import OrderId
from kameng.payment.parts import Parts
from kameng.risk.scores import KeptScore
from kameng.tracking.masked_account import MaskedAccount


@dataclass(frozen=True)
class OrderLine:
    """An order in a list."""

    id: OrderId
    state: OrderState
    site: str | None
    product_name: str
    face_value: str
    quantity: int
    amount_fen: int
    placed_at: datetime
    changed_at: datetime


@dataclass(frozen=True)
class OrderFacts:
    """The order itself; the goods in the very words it was placed under, contact and account masked."""

    id: OrderId
    state: OrderState
    sku_id: int
    type_name: str
    product_name: str
    face_value: str
    usage_note: str
    quantity: int
    unit_price_fen: int
    amount_fen: int
    contact_kind: str
    contact_masked: str
    held_back: bool
    risk: int
    account: MaskedAccount | None
    client_address: str | None
    site_code: str | None
    site_name: str | None
    terms_accepted_at: datetime
    placed_at: datetime
    pay_until: datetime
    changed_at: datetime


@dataclass(frozen=True)
class Attempt:
    """A payment attempt; `share_fen` is this order's part of it."""

    id: int
    gateway_code: str
    gateway_name: str
    method: str
    state: str
    amount_fen: int
    share_fen: int
    gateway_trade_no: str | None
    started_at: datetime
    confirmed_at: datetime | None
    ask_at: datetime | None
    asked: int


@dataclass(frozen=True)
class Receipt:
    id: int
    attempt_id: int
    gateway_name: str
    gateway_trade_no: str
    amount_fen: int
    use: str
    heard_from: str
    received_at: datetime


@dataclass(frozen=True)
class Refund:
    """`by_hand`: by another way than the gateway."""

    id: int
    order_id: OrderId
    receipt_id: int
    amount_fen: int
    state: str
    cause: str
    answer: str | None
    tries: int
    try_at: datetime | None
    requested_at: datetime
    settled_at: datetime | None
    by_hand: bool

    @property
    def is_stuck(self) -> bool:
        """Nothing will happen to it any more unless a person decides."""
        return self.state in ("refused", "in_doubt") and self.try_at is None


@dataclass(frozen=True)
class RawNotice:
    """A notify as it came, its signature left out."""

    id: int
    gateway_name: str
    attempt_id: int
    genuine: bool
    fields: Mapping[str, str]
    times: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True)
class CardHeld:
    """A card of the order, without its code."""

    id: int
    state: str
    batch_id: int
    expires_on: date | None


class Source(StrEnum):
    """Where a line of the timeline is written down."""

    EVENT = "event"
    NOTICE = "notice"
    LOOK = "look"
    SUPPLIER = "supplier"
    CALLBACK = "callback"
    CASE = "case"
    RESUBMISSION = "resubmission"
    RISK = "risk"
    NOTE = "note"


@dataclass(frozen=True)
class TimelineLine:
    """`actor` is whose word it is. `what` is an order event's name, 'notice', an audit action, what a supplier's answer
    amounts to, a case's event, a resubmission's state or a verdict; `state` the state the order was in afterwards;
    `words` somebody's own."""

    at: datetime
    source: Source
    actor: ActorKind
    actor_id: str | None
    what: str
    state: OrderState | None
    reason: str | None
    facts: Mapping[str, Any]
    words: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class OrderFile:
    """The whole file of an order. `other_parts` are, by stuck refund, the others of its payment; `left_fen` is what
    could still be asked back; `lookup_failures` how often somebody looked it up with a wrong second factor within the
    last day; `version` changes with anything but a look."""

    facts: OrderFacts
    attempts: Sequence[Attempt]
    receipts: Sequence[Receipt]
    refunds: Sequence[Refund]
    other_parts: Mapping[int, Parts]
    notices: Sequence[RawNotice]
    requests: Sequence[RequestLine]
    left_fen: int
    cards: Sequence[CardHeld]
    delivery: DeliveryFile | None
    scores: Sequence[KeptScore]
    notes: Sequence[OrderNote]
    handling: Handling
    lookup_failures: int
    is_merchants: bool
    corrections_asked: int
    timeline: Sequence[TimelineLine]
    version: str

    @property
    def received_fen(self) -> int:
        return sum(receipt.amount_fen for receipt in self.receipts)

    @property
    def refunded_fen(self) -> int:
        return sum(refund.amount_fen for refund in self.refunds if refund.state == "done")
