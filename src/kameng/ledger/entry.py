"""An entry 分录: amounts moved between accounts that sum to zero."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

REASON_MAX = 300


class AccountKind(StrEnum):
    BALANCE = "balance"  # what is left to spend
    PAID_IN = "paid_in"  # where top-ups come from
    SPENT = "spent"  # where purchases go


class EntryKind(StrEnum):
    TOP_UP = "top_up"
    PURCHASE = "purchase"
    REFUND = "refund"


#: Whose balance it is can't owe us anything; the other sides only mirror what moved.
MAY_GO_BELOW_ZERO = frozenset({AccountKind.PAID_IN, AccountKind.SPENT})


@dataclass(frozen=True)
class Account:
    """One account 账户 of one owner (a merchant's id)."""

    kind: AccountKind
    owner: int


@dataclass(frozen=True)
class Entry:
    """`postings` in fen, one an account, none of them zero. `reference` says what the entry is for, once and for ever.

    `actor_kind` and `actor_id` are those of an order's event. `reason` holds no contact.
    """

    kind: EntryKind
    reference: str
    postings: Mapping[Account, int]
    actor_kind: str
    actor_id: str | None = None
    reason: str | None = None

    def __post_init__(self) -> None:
        assert sum(self.postings.values()) == 0, "an entry sums to zero"
        assert self.postings, "an entry moves something"
        assert all(self.postings.values()), "a posting of nothing is none"


def moved(owner: int, *, source: AccountKind, target: AccountKind, amount_fen: int) -> dict[Account, int]:
    """Postings that move so much from one account of an owner to another."""
    assert amount_fen > 0, "amounts move forward"
    return {Account(source, owner): -amount_fen, Account(target, owner): amount_fen}
