"""The port to a supplier 货源. Adapters implement it; nothing else of an order is known to them.

Every answer is a closed union with InDoubt in it. A time-out, garbage, a 5xx, "system error" and "this number exists"
are in doubt and settled by asking about the same number, never by ordering again. Money in fen of the shop's currency.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from kameng.supply.answer import (
    Accepted,
    Balance,
    CancelAnswer,
    ComplaintFiled,
    Final,
    InDoubt,
    PlaceAnswer,
    QueryAnswer,
    Refused,
)
from kameng.supply.goods import Catalogue, Goods

#: Our number of an attempt: what every platform takes as an idempotency key.
NUMBER_CHARACTERS_MAX = 32


class Repeat(StrEnum):
    """What the platform does with a number it has seen before."""

    REFUSED = "refused"  # for ever: it can only be asked about
    SAME_ORDER = "same_order"  # answers with the first order again: asking and placing are one
    ANEW_AFTER_FAILURE = "anew_after_failure"  # a new order once the first is known to have failed


class LossGuard(StrEnum):
    """Whether the platform refuses to charge more than we name, for one piece or for the whole order."""

    NONE = "none"
    UNIT = "unit"
    TOTAL = "total"


class CallbackTrust(StrEnum):
    NONE = "none"  # it never calls
    HINT = "hint"  # part of it is unsigned or unproven: a reason to ask
    FINAL = "final"  # everything that matters is signed


@dataclass(frozen=True)
class Abilities:
    """What can be expected of a platform.

    `ask_after`: how long after placing (then after each question) to ask; the last pause repeats. `not_found_means_no`:
    how old an order must be before "never heard of it" is a known failure; None when it never is. `asks_by_number`:
    False when only its own number finds an order, so that an order without one can't be asked about.
    `query_window`: how long it answers about an order.
    """

    repeat: Repeat
    loss_guard: LossGuard
    callback: CallbackTrust
    quantity_max: int = 1
    ask_after: tuple[timedelta, ...] = (
        timedelta(seconds=5),
        timedelta(seconds=10),
        timedelta(seconds=20),
        timedelta(seconds=30),
        timedelta(minutes=1),
        timedelta(minutes=2),
        timedelta(minutes=5),
    )
    not_found_means_no: timedelta | None = timedelta(minutes=3)
    query_window: timedelta = timedelta(days=30)
    asks_by_number: bool = True
    has_balance: bool = True
    has_catalogue: bool = True
    cancels: bool = False
    complains: bool = False


@dataclass(frozen=True)
class SupplyAsk:
    """What a supplier is asked for. It stays the same for as long as the attempt lives.

    `goods` is the supplier's number of the goods. `account` is what is topped up (a phone number, a QQ number, …), None
    for codes; `fields` are further answers under the supplier's own field names. `face_fen`: the face value of one
    piece where it has one. `cost_max_fen`: the most we pay for all pieces together.
    """

    number: str
    goods: str
    quantity: int
    cost_max_fen: int
    callback_url: str
    asked_at: datetime
    account: str | None = field(default=None, repr=False)
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)
    face_fen: int | None = None
    operator: str | None = None
    province: str | None = None
    client_address: str | None = None


@dataclass(frozen=True)
class Post:
    """A callback as it arrived. Header names in lower case."""

    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Callback:
    """A callback whose signature is genuine. `says` is what it claims; believed only where the platform's callbacks
    are FINAL, otherwise a reason to ask."""

    number: str | None
    supplier_no: str | None
    says: Accepted | Final | None


@dataclass(frozen=True)
class Reply:
    """What a callback is answered with."""

    text: str
    status: int = 200
    media_type: str = "text/plain"


class Forged(Exception):
    """A callback whose signature, sender or moment is not what it claims to be."""


class Supplier(Protocol):
    """One account with one supplier. No method raises for what the other side does; Forged apart."""

    abilities: Abilities
    #: Answers a callback that is stored: the sender stops repeating.
    acknowledgement: Reply
    #: Answers a callback that was not accepted: the sender repeats.
    rejection: Reply

    async def place(self, ask: SupplyAsk) -> PlaceAnswer:
        """Order. Called once for a number, whatever comes back."""
        ...

    async def query(self, ask: SupplyAsk, *, supplier_no: str | None) -> QueryAnswer:
        """What became of an order, by the supplier's number where it is known, otherwise by ours."""
        ...

    async def cancel(self, ask: SupplyAsk, *, supplier_no: str | None) -> CancelAnswer:
        """Withdraw an order. Only where `abilities.cancels`."""
        ...

    async def complain(
        self, ask: SupplyAsk, *, supplier_no: str | None, words: str
    ) -> ComplaintFiled | Refused | InDoubt:
        """Hand a complaint on. Only where `abilities.complains`."""
        ...

    async def balance(self) -> Balance | Refused | InDoubt:
        """What is left on our account."""
        ...

    async def catalogue(self) -> Catalogue | Refused | InDoubt:
        """All goods with price and stock. Entries that can't be taken are named, never guessed at; a catalogue of
        more than GOODS_MAX is Refused as a whole."""
        ...

    async def goods(self, number: str) -> Goods | Refused | InDoubt:
        """One of the goods, asked at this moment. Refused(GOODS_GONE) when it isn't sold any more."""
        ...

    def read_callback(self, post: Post) -> Callback:
        """Verify and read a callback. Raises Forged."""
        ...


class SupplierMaker(Protocol):
    """Builds an adapter from its configuration. Raises InvalidInput naming the field that is wrong."""

    def __call__(self, config: Mapping[str, str]) -> Supplier: ...
