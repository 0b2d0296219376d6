"""A case 售后工单: what it is about, where it stands, what may happen to it, and how it can end."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from kameng.catalogue.filling import Delivers
from kameng.kernel.errors import Refusal
from kameng.kernel.lifecycle import Lifecycle
from kameng.kernel.text import Words
from kameng.orders.lifecycle import OrderState
from kameng.orders.number import OrderId


class CaseKind(StrEnum):
    CODES_INVALID = "codes_invalid"
    NOT_ARRIVED = "not_arrived"
    WRONG_ACCOUNT = "wrong_account"
    PAID_NOT_SHOWN = "paid_not_shown"
    OTHER = "other"


KIND_NAMES: Mapping[CaseKind, Words] = {
    CaseKind.CODES_INVALID: Words("卡密无效"),
    CaseKind.NOT_ARRIVED: Words("一直没到账"),
    CaseKind.WRONG_ACCOUNT: Words("充值账号填错了"),
    CaseKind.PAID_NOT_SHOWN: Words("付了款但没有显示"),
    CaseKind.OTHER: Words("其他问题"),
}


class CaseState(StrEnum):
    """Whoever is waited for: staff (open, answered, reopened), the buyer (waiting_for_buyer, solved) or a supplier."""

    OPEN = "open"
    ANSWERED = "answered"
    WAITING_FOR_BUYER = "waiting_for_buyer"
    WAITING_FOR_SUPPLIER = "waiting_for_supplier"
    SOLVED = "solved"
    REOPENED = "reopened"
    CLOSED = "closed"


CASE_STATE_NAMES: Mapping[CaseState, Words] = {
    CaseState.OPEN: Words("等待客服答复"),
    CaseState.ANSWERED: Words("客服处理中"),
    CaseState.WAITING_FOR_BUYER: Words("等待买家回复"),
    CaseState.WAITING_FOR_SUPPLIER: Words("等待货源答复"),
    CaseState.SOLVED: Words("已处理，待买家确认"),
    CaseState.REOPENED: Words("买家说没有解决，重新处理"),
    CaseState.CLOSED: Words("工单已关闭"),
}


class Outcome(StrEnum):
    ANSWERED = "answered"
    REPLACED = "replaced"
    REFUNDED = "refunded"
    REFUNDED_PART = "refunded_part"
    COMPLAINED = "complained"
    WITHDRAWN = "withdrawn"


OUTCOME_NAMES: Mapping[Outcome, Words] = {
    Outcome.ANSWERED: Words("已解答"),
    Outcome.REPLACED: Words("已补发或换货"),
    Outcome.REFUNDED: Words("已全额退款"),
    Outcome.REFUNDED_PART: Words("已部分退款"),
    Outcome.COMPLAINED: Words("已向供货方投诉并处理"),
    Outcome.WITHDRAWN: Words("买家撤回或没有再回复"),
}


class Clock(StrEnum):
    """A promise that time runs out for."""

    ANSWER = "answer"
    SOLUTION = "solution"


class Author(StrEnum):
    """Whose words; a note is among staff, and its buyer never sees it."""

    BUYER = "buyer"
    STAFF = "staff"
    NOTE = "note"


class Actor(StrEnum):
    """Who moved a case."""

    BUYER = "buyer"
    STAFF = "staff"
    SYSTEM = "system"


class StaffWrote:
    """The buyer has an answer; the next step is ours."""


class AskedBuyer:
    """The buyer has been asked for something."""


class AskedSupplier:
    """The buyer has been told that it lies with the supplier."""


class BuyerWrote: ...


class Solved:
    """Staff name an outcome; the buyer is asked whether it is so."""


class Confirmed:
    """The buyer says it is solved."""


class Declined:
    """The buyer says it is not solved."""


class Withdrawn:
    """The buyer needs nothing more."""


class WentQuiet:
    """The buyer was asked and has not said anything for long enough."""


class TakenAsSolved:
    """The buyer has not said no for long enough."""


class Warned:
    """A promise ends soon."""


class Escalated:
    """A promise is broken; somebody above has been told."""


_S = CaseState
_OURS = (_S.OPEN, _S.ANSWERED, _S.REOPENED)
_UNDER_WAY = (*_OURS, _S.WAITING_FOR_BUYER, _S.WAITING_FOR_SUPPLIER)
_ON_THE_CLOCK = (*_OURS, _S.WAITING_FOR_SUPPLIER)

CASE_LIFECYCLE = Lifecycle[CaseState](
    {
        (_S.OPEN, StaffWrote): _S.ANSWERED,
        (_S.ANSWERED, StaffWrote): _S.ANSWERED,
        (_S.REOPENED, StaffWrote): _S.ANSWERED,
        (_S.WAITING_FOR_BUYER, StaffWrote): _S.WAITING_FOR_BUYER,
        (_S.WAITING_FOR_SUPPLIER, StaffWrote): _S.WAITING_FOR_SUPPLIER,
        **{(state, AskedBuyer): _S.WAITING_FOR_BUYER for state in _UNDER_WAY},
        **{(state, AskedSupplier): _S.WAITING_FOR_SUPPLIER for state in _UNDER_WAY},
        (_S.OPEN, BuyerWrote): _S.OPEN,
        (_S.ANSWERED, BuyerWrote): _S.ANSWERED,
        (_S.REOPENED, BuyerWrote): _S.REOPENED,
        (_S.WAITING_FOR_BUYER, BuyerWrote): _S.ANSWERED,
        (_S.WAITING_FOR_SUPPLIER, BuyerWrote): _S.WAITING_FOR_SUPPLIER,
        **{(state, Solved): _S.SOLVED for state in _UNDER_WAY},
        (_S.SOLVED, Confirmed): _S.CLOSED,
        (_S.SOLVED, Declined): _S.REOPENED,
        (_S.SOLVED, TakenAsSolved): _S.CLOSED,
        **{(state, Withdrawn): _S.CLOSED for state in _UNDER_WAY},
        (_S.WAITING_FOR_BUYER, WentQuiet): _S.CLOSED,
        **{(state, Warned): state for state in _ON_THE_CLOCK},
        **{(state, Escalated): state for state in _ON_THE_CLOCK},
    }
)


@dataclass(frozen=True)
class CaseRules:
    """Service levels, and how long a buyer is waited for before a case closes by itself."""

    answer_within: timedelta = timedelta(hours=1)
    solve_within: timedelta = timedelta(hours=2)
    closes_after: timedelta = timedelta(hours=72)

    def within(self, clock: Clock) -> timedelta:
        return self.answer_within if clock is Clock.ANSWER else self.solve_within


@dataclass(frozen=True)
class Case:
    """A row of `cases` without its facts. `complaint` is the supplier's number of one that was passed on, or ''."""

    id: int
    order_id: OrderId
    kind: CaseKind
    state: CaseState
    opened_at: datetime
    answer_by: datetime
    first_answered_at: datetime | None
    solve_by: datetime
    paused_at: datetime | None
    due_at: datetime | None
    due_for: Clock | None
    warned_at: datetime | None
    missed_at: datetime | None
    escalations: int
    owner_id: int | None
    follow_up_at: datetime | None
    outcome: Outcome | None
    reference: str | None
    complaint: str | None
    solved_at: datetime | None
    reopened: int
    close_at: datetime | None
    closed_at: datetime | None
    look_at: datetime | None

    @property
    def is_under_way(self) -> bool:
        return self.state in _UNDER_WAY


class CaseMissing(Refusal):
    """There is no such case, or none of this order."""

    code = "case_missing"
    status = 404
    words = Words("没有找到这个售后工单")


class CaseMoved(Refusal):
    """What was asked for can't be done to the case as it stands now."""

    code = "case_moved"
    words = Words("工单的状态已经变化，请看最新的内容")


def case_subject(case_id: int) -> str:
    """How alarms and the audit log name a case."""
    return f"case:{case_id}"


_PAID = (CaseKind.NOT_ARRIVED, CaseKind.WRONG_ACCOUNT, CaseKind.OTHER)
_UNPAID = (CaseKind.PAID_NOT_SHOWN, CaseKind.OTHER)
_KINDS: Mapping[OrderState, tuple[CaseKind, ...]] = {
    OrderState.AWAITING_PAYMENT: _UNPAID,
    OrderState.CANCELLED: _UNPAID,
    OrderState.UNDER_REVIEW: _UNPAID,
    OrderState.DELIVERED: (CaseKind.CODES_INVALID, *_PAID),
    OrderState.COMPLETED: (CaseKind.CODES_INVALID, *_PAID),
    OrderState.REFUNDING: (CaseKind.OTHER,),
    OrderState.REFUNDED: (CaseKind.OTHER,),
}


def kinds_of(state: OrderState, delivers: Delivers) -> tuple[CaseKind, ...]:
    """What can be wrong with an order in this state. Codes can't go to a wrong account, and a top-up shows none."""
    is_top_up = delivers is Delivers.TOP_UP
    senseless = {CaseKind.CODES_INVALID} if is_top_up else {CaseKind.WRONG_ACCOUNT}
    if not is_top_up and state in {OrderState.DELIVERED, OrderState.COMPLETED}:
        senseless.add(CaseKind.NOT_ARRIVED)
    return tuple(kind for kind in _KINDS.get(state, _PAID) if kind not in senseless)
