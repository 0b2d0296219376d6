"""An entry 分录: amounts moved between accounts that sum to zero."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

REASON_MAX = 300


class AccountKind(StrEnum):
    BALANCE = "balance"  # what is left to spend
    PAID_IN = "paid_in"  # where top-ups come from
    SPENT = "spent"  # where purchases go
    GATEWAY = "gateway"  # where guests' payments come from; its owner is the gateway
    SALES = "sales"  # what paid for orders
    HELD = "held"  # too little: a person decides
    SURPLUS = "surplus"  # too much: on its way back


class EntryKind(StrEnum):
    TOP_UP = "top_up"
    PURCHASE = "purchase"
    REFUND = "refund"
    RECEIPT = "receipt"
    DECISION = "decision"


#: Shared by all buyers: no running balance is kept on them, so that nobody waits for anybody.
SHARED = frozenset({AccountKind.GATEWAY, AccountKind.SALES, AccountKind.HELD, AccountKind.SURPLUS})

#: Whose balance it is can't owe us anything; the other sides only mirror what moved.
MAY_GO_BELOW_ZERO = frozenset({AccountKind.PAID_IN, AccountKind.SPENT}) | SHARED


@dataclass(frozen=True)
class Account:
    """One account 账户 of one owner: a merchant's id; a gateway's; 0 for the shop itself."""

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


@dataclass(frozen=True)
class Line:
    """One posting to a shared account, in fen; `order_id` says whose money it is, 0 that of nobody in particular."""

    account: Account
    amount_fen: int
    order_id: int = 0


@dataclass(frozen=True)
class OrderEntry:
    """What guests paid or got back. `reference` says what the entry is for, once and for ever."""

    kind: EntryKind
    reference: str
    lines: Sequence[Line]
    actor_kind: str
    actor_id: str | None = None
    reason: str | None = None

    def __post_init__(self) -> None:
        assert self.lines, "an entry moves something"
        assert sum(line.amount_fen for line in self.lines) == 0, "an entry sums to zero"
        assert all(line.amount_fen for line in self.lines), "a posting of nothing is none"
        assert all(line.account.kind in SHARED for line in self.lines), "a balance is posted to under its lock"
