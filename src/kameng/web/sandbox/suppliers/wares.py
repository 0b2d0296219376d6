"""What a foreign supplier writes down: goods, purchases, and the reasons it declines for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class No(StrEnum):
    """Why it declines. Each protocol says it in its own code and words."""

    DUPLICATE = "duplicate"
    UNKNOWN_GOODS = "unknown_goods"
    OFF_SALE = "off_sale"
    OUT_OF_STOCK = "out_of_stock"
    GUARD = "guard"
    BALANCE = "balance"
    BAD_ACCOUNT = "bad_account"
    BAD_QUANTITY = "bad_quantity"
    FIELD_MISSING = "field_missing"
    SIGNATURE = "signature"
    STALE = "stale"
    TOO_OFTEN = "too_often"
    MAINTENANCE = "maintenance"
    NOT_FOUND = "not_found"
    TOO_LATE = "too_late"
    NOT_OFFERED = "not_offered"


class Declined(Exception):
    """The supplier says no; nothing was ordered and nothing charged."""

    def __init__(self, no: No) -> None:
        super().__init__(no)
        self.no = no


class State(StrEnum):
    RUNNING = "running"
    DELIVERED = "delivered"
    FAILED = "failed"
    PARTLY = "partly"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Ware:
    """One of the goods. `account_form`: what an account must match (a whole regular expression), "" for any.

    `raw` is laid over the entry as the protocol writes it in a catalogue: how garbage gets in.
    """

    number: str
    name: str
    price_fen: int
    kind: str = "top_up"
    stock: int | None = None
    face_fen: int | None = None
    on_sale: bool = True
    category: str = "默认"
    quantity_max: int = 100
    account_form: str = ""
    asks: tuple[str, ...] = ()
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Wanted:
    """What a customer asks for. Guards are the most that may be charged, None for no guard."""

    number: str
    goods: str
    quantity: int = 1
    account: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    face_fen: int | None = None
    unit_max_fen: int | None = None
    total_max_fen: int | None = None
    callback_url: str = ""


@dataclass(frozen=True)
class CardCode:
    number: str
    password: str
    expires_on: str = ""


@dataclass(frozen=True)
class Ending:
    """How a purchase ends. `delivered`: fen of face value (pieces where there is none) of a part; None is half.
    `refunds`: whether the money for what did not arrive is given back."""

    state: State = State.DELIVERED
    delivered: int | None = None
    refunds: bool = True
    words: str = ""


@dataclass(frozen=True)
class Purchase:
    """One order in the books. `delivered` in fen of face value where `face_fen` is set, else in pieces; `codes` are
    those really handed out. `due_at`: when it ends by itself, None never."""

    supplier_no: str
    number: str
    goods: str
    quantity: int
    account: str
    fields: Mapping[str, str]
    face_fen: int | None
    unit_fen: int
    cost_fen: int
    state: State
    delivered: int
    refund_fen: int
    codes: tuple[CardCode, ...]
    receipt: str
    words: str
    callback_url: str
    placed_at: datetime
    ended_at: datetime | None
    due_at: datetime | None
    ending: Ending
    plan: Mapping[str, Any]

    @property
    def whole(self) -> int:
        """What `delivered` is when all of it arrived."""
        return self.quantity * (self.face_fen or 1)

    @property
    def ended(self) -> bool:
        return self.state is not State.RUNNING
