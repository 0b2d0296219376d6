"""What suppliers answer: closed unions with InDoubt in them. Money in fen of the shop's currency."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class Reason(StrEnum):
    """Why a supplier did not deliver, as far as it can be known from a published code."""

    OUT_OF_STOCK = "out_of_stock"
    COSTS_TOO_MUCH = "costs_too_much"
    BALANCE_LOW = "balance_low"
    WRONG_ACCOUNT = "wrong_account"
    GOODS_GONE = "goods_gone"
    NOT_ALLOWED = "not_allowed"
    TOO_OFTEN = "too_often"
    OPERATOR_TROUBLE = "operator_trouble"
    CANCELLED = "cancelled"
    NOT_SUPPORTED = "not_supported"
    OTHER = "other"


@dataclass(frozen=True)
class Code:
    """One code 卡密; `number` is empty where there is only a password, and the other way round."""

    number: str = field(repr=False)
    password: str = field(default="", repr=False)
    expires_on: date | None = None


@dataclass(frozen=True)
class Accepted:
    """The supplier has taken the order and works on it. `cost_fen`: what it charged, None if it didn't say."""

    supplier_no: str | None = None
    cost_fen: int | None = None
    words: str = ""


@dataclass(frozen=True)
class Refused:
    """A known no: nothing was ordered and nothing charged. `words` are the supplier's own."""

    reason: Reason
    words: str


@dataclass(frozen=True)
class Delivered:
    """All of it arrived. Codes, or for a top-up the proof the supplier gives (`receipt`, for example 流水号)."""

    supplier_no: str | None = None
    codes: tuple[Code, ...] = ()
    receipt: str = field(default="", repr=False)
    cost_fen: int | None = None
    words: str = ""


@dataclass(frozen=True)
class Failed:
    """Nothing arrived, and nothing will. `refund_fen`: how much of the cost is back; None if it didn't say (a failed
    order is not always a refunded one)."""

    reason: Reason
    words: str
    supplier_no: str | None = None
    cost_fen: int | None = None
    refund_fen: int | None = None


@dataclass(frozen=True)
class Partly:
    """A part arrived, and no more will: `delivered` in fen of face value where the ask had one, otherwise in pieces."""

    delivered: int
    words: str
    supplier_no: str | None = None
    codes: tuple[Code, ...] = ()
    receipt: str = field(default="", repr=False)
    cost_fen: int | None = None
    refund_fen: int | None = None


@dataclass(frozen=True)
class NotFound:
    """The supplier has never heard of this number."""

    words: str = ""


@dataclass(frozen=True)
class InDoubt:
    """Nobody knows whether it happened. `words` says what was seen instead of an answer."""

    words: str


Final = Delivered | Failed | Partly

PlaceAnswer = Accepted | Refused | InDoubt | Final

QueryAnswer = Accepted | NotFound | InDoubt | Final


@dataclass(frozen=True)
class Cancelled:
    """Withdrawn before delivery; `refund_fen` as in Failed."""

    refund_fen: int | None = None


@dataclass(frozen=True)
class CancelAsked:
    """The supplier will try; the query tells what came of it."""

    words: str = ""


CancelAnswer = Cancelled | CancelAsked | Refused | InDoubt


@dataclass(frozen=True)
class Balance:
    fen: int


@dataclass(frozen=True)
class ComplaintFiled:
    number: str | None
    words: str = ""
