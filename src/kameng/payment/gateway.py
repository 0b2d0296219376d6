"""The port to a payment gateway 支付网关. Adapters implement it; nothing else of a payment is known to them.

Every answer is a closed union with InDoubt in it: a time-out, garbage or a 5xx is settled by asking again, never by
acting again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Ask:
    """What the gateway is asked to collect. `reference` is ours and unique for ever; amounts in fen."""

    reference: str
    method: str
    amount_fen: int
    goods: str
    notify_url: str
    return_url: str
    client_address: str
    on_phone: bool


@dataclass(frozen=True)
class PayByLink:
    """The buyer follows an address."""

    url: str


@dataclass(frozen=True)
class PayByCode:
    """The buyer scans this text as a QR code."""

    text: str


@dataclass(frozen=True)
class PayByForm:
    """The buyer's browser posts these fields."""

    url: str
    fields: Mapping[str, str]


@dataclass(frozen=True)
class Refused:
    """A known no, in the gateway's own words."""

    words: str


@dataclass(frozen=True)
class InDoubt:
    """Nobody knows whether it happened. `words` says what was seen instead of an answer."""

    words: str


@dataclass(frozen=True)
class Paid:
    """The gateway says this much arrived, in fen, under its own trade number."""

    reference: str
    trade_no: str
    amount_fen: int
    paid_at: datetime | None = None
    #: The gateway says as well that nothing of it was sent back; many say nothing about that.
    nothing_sent_back: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Unpaid:
    """The gateway says nothing has arrived (or that it never heard of the reference)."""


@dataclass(frozen=True)
class SentBack:
    """The gateway says the whole payment was refunded."""

    trade_no: str


@dataclass(frozen=True)
class PartlySentBack:
    """The gateway says that so much of the payment was refunded, in fen, all refunds taken together, and not all."""

    trade_no: str
    amount_fen: int


@dataclass(frozen=True)
class RefundAsk:
    """Send back `amount_fen` of the payment known to the gateway as `trade_no`. `number` is ours, for gateways
    that keep refunds apart by it."""

    number: str
    reference: str
    trade_no: str
    amount_fen: int
    whole_fen: int


@dataclass(frozen=True)
class RefundDone:
    words: str


@dataclass(frozen=True)
class Notice:
    """A notify whose signature is genuine. What it claims is still confirmed by a query."""

    reference: str
    trade_no: str
    amount_fen: int
    paid: bool


class Forged(Exception):
    """A notify whose signature or sender is not what it claims to be."""


PayBy = PayByLink | PayByCode | PayByForm
StartAnswer = PayBy | Refused | InDoubt
QueryAnswer = Paid | Unpaid | SentBack | PartlySentBack | InDoubt
RefundAnswer = RefundDone | Refused | InDoubt


class Gateway(Protocol):
    """One configured channel of one gateway."""

    #: What a notify is answered with once it is stored: the sender stops repeating.
    acknowledgement: str
    #: What a notify is answered with that was not accepted: the sender repeats.
    rejection: str

    async def start(self, ask: Ask) -> StartAnswer:
        """Tell the gateway about a payment and learn where the buyer pays. Safe to repeat with the same reference."""
        ...

    def read_notify(self, fields: Mapping[str, str]) -> Notice:
        """Verify and read a notify. Raises Forged."""
        ...

    async def query(self, reference: str, *, trade_no: str | None) -> QueryAnswer:
        """What the gateway knows of a payment, by its own trade number where one is known."""
        ...

    async def refund(self, ask: RefundAsk) -> RefundAnswer:
        """Send money back. In doubt is settled by `query` (SentBack, PartlySentBack) before anything is tried again."""
        ...


class GatewayMaker(Protocol):
    """Builds an adapter from its configuration. Raises InvalidInput naming the field that is wrong."""

    def __call__(self, config: Mapping[str, str]) -> Gateway: ...
