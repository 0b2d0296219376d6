"""A resubmission 补交: what kind it is, where it stands, what may happen to it, and its five steps."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from kameng.kernel.lifecycle import Lifecycle
from kameng.kernel.text import Words
from kameng.orders.lifecycle import ActorKind
from kameng.orders.number import OrderId


class Kind(StrEnum):
    PAID_NOT_SEEN = "paid_not_seen"
    PAY_AGAIN = "pay_again"
    BUY_AGAIN = "buy_again"
    DELIVER_AGAIN = "deliver_again"
    CORRECT_ACCOUNT = "correct_account"
    REPLACE_CODE = "replace_code"
    CHANGE_GOODS = "change_goods"


KIND_NAMES: Mapping[Kind, Words] = {
    Kind.PAID_NOT_SEEN: Words("核对付款"),
    Kind.PAY_AGAIN: Words("按原订单重新支付"),
    Kind.BUY_AGAIN: Words("按原订单再买一次"),
    Kind.DELIVER_AGAIN: Words("继续发货"),
    Kind.CORRECT_ACCOUNT: Words("修改充值信息"),
    Kind.REPLACE_CODE: Words("更换卡密"),
    Kind.CHANGE_GOODS: Words("更换面值"),
}

#: The new order stands beside the old one; all other kinds put the old one right.
BY_A_NEW_ORDER = frozenset({Kind.PAY_AGAIN, Kind.BUY_AGAIN})


class ResubmissionState(StrEnum):
    """`applied` is being verified, `waiting` until something in doubt is known, `asked` waits for the buyer,
    `under_way` for delivery or payment, `with_staff` for a person."""

    APPLIED = "applied"
    WAITING = "waiting"
    ASKED = "asked"
    UNDER_WAY = "under_way"
    WITH_STAFF = "with_staff"
    DONE = "done"
    DECLINED = "declined"
    FAILED = "failed"


RESUBMISSION_STATE_NAMES: Mapping[ResubmissionState, Words] = {
    ResubmissionState.APPLIED: Words("核验中"),
    ResubmissionState.WAITING: Words("核实中"),
    ResubmissionState.ASKED: Words("等待您修改"),
    ResubmissionState.UNDER_WAY: Words("补交中"),
    ResubmissionState.WITH_STAFF: Words("已转人工"),
    ResubmissionState.DONE: Words("补交成功"),
    ResubmissionState.DECLINED: Words("暂不能补交"),
    ResubmissionState.FAILED: Words("没有成功"),
}

OPEN = frozenset(
    {
        ResubmissionState.APPLIED,
        ResubmissionState.WAITING,
        ResubmissionState.ASKED,
        ResubmissionState.UNDER_WAY,
        ResubmissionState.WITH_STAFF,
    }
)


class Verified:
    """The rules say yes, and it is being put right."""


class MustWait:
    """A gateway or a supplier has to say first what truly happened."""


class AskedBuyer:
    """Only the buyer can put it right."""


class Declined:
    """The rules say no."""


class LeftToStaff:
    """A person has to decide."""


class Succeeded:
    """The buyer has what was paid for, or the money was found."""


class Failed:
    """It did not help."""


_S = ResubmissionState
_LOOKED_AT = (_S.APPLIED, _S.WAITING, _S.WITH_STAFF)

RESUBMISSION_LIFECYCLE = Lifecycle[ResubmissionState](
    {
        # What a person allows goes the same way as what the rules allow.
        **{(state, Verified): _S.UNDER_WAY for state in (*_LOOKED_AT, _S.ASKED)},
        **{(state, MustWait): _S.WAITING for state in _LOOKED_AT},
        (_S.APPLIED, AskedBuyer): _S.ASKED,
        # A correction that a person lets through is given again.
        (_S.WITH_STAFF, AskedBuyer): _S.ASKED,
        **{(state, Declined): _S.DECLINED for state in _LOOKED_AT},
        **{(state, LeftToStaff): _S.WITH_STAFF for state in (*_LOOKED_AT, _S.ASKED)},
        **{(state, Succeeded): _S.DONE for state in OPEN},
        **{(state, Failed): _S.FAILED for state in OPEN},
    }
)


class Why(StrEnum):
    """Why it can't be, or has to wait, or was left to a person. Stored; see WHY_WORDS."""

    TOO_LATE = "too_late"
    TOO_MANY_TRIES = "too_many_tries"
    NOT_NOW = "not_now"
    REFUND_UNDER_WAY = "refund_under_way"
    NOT_PAID = "not_paid"
    SENT_BACK = "sent_back"
    GATEWAY_SILENT = "gateway_silent"
    SUPPLIER_IN_DOUBT = "supplier_in_doubt"
    SOLD_OUT = "sold_out"
    NOT_ON_SALE = "not_on_sale"
    COSTS_MORE = "costs_more"
    DEARER = "dearer"
    NOT_LET_THROUGH = "not_let_through"
    RISKY = "risky"
    REPLACED_BEFORE = "replaced_before"
    EXCHANGED_OFTEN = "exchanged_often"
    NOT_FROM_STOCK = "not_from_stock"
    NO_ANSWER = "no_answer"
    STUCK_AGAIN = "stuck_again"
    MONEY_BACK = "money_back"
    NEW_ORDER_ENDED = "new_order_ended"
    FOUND_OTHERWISE = "found_otherwise"


WHY_WORDS: Mapping[Why, Words] = {
    Why.TOO_LATE: Words("已超过可以补交的时间"),
    Why.TOO_MANY_TRIES: Words("补交次数已到上限"),
    Why.NOT_NOW: Words("订单现在的状态不需要这样补交"),
    Why.REFUND_UNDER_WAY: Words("订单正在退款"),
    Why.NOT_PAID: Words("支付渠道答复：没有收到这笔付款"),
    Why.SENT_BACK: Words("支付渠道答复：这笔付款已经退回"),
    Why.GATEWAY_SILENT: Words("支付渠道还没有明确答复，正在继续核对"),
    Why.SUPPLIER_IN_DOUBT: Words("供货方还没有明确结果，先核实清楚，避免重复发货"),
    Why.SOLD_OUT: Words("商品暂时没有库存"),
    Why.NOT_ON_SALE: Words("商品已下架"),
    Why.COSTS_MORE: Words("进货价已上涨，不能再按原价补交"),
    Why.DEARER: Words("现在的价格高于已付金额，不能换成这个面值"),
    Why.NOT_LET_THROUGH: Words("需要客服先核对"),
    Why.RISKY: Words("需要客服先核对"),
    Why.REPLACED_BEFORE: Words("这个订单已经换过一次卡密，再次更换由客服核对"),
    Why.EXCHANGED_OFTEN: Words("最近更换卡密的次数较多，由客服核对"),
    Why.NOT_FROM_STOCK: Words("库存里暂时没有可以更换的卡密，由客服处理"),
    Why.NO_ANSWER: Words("在期限内没有收到修改"),
    Why.STUCK_AGAIN: Words("补交后仍没有完成"),
    Why.MONEY_BACK: Words("款项原路退回"),
    Why.NEW_ORDER_ENDED: Words("新订单没有付款或已退款"),
    Why.FOUND_OTHERWISE: Words("订单已由其他途径处理"),
}


class Verdict(StrEnum):
    PASSED = "passed"
    DECLINED = "declined"
    LEFT_TO_STAFF = "left_to_staff"


@dataclass(frozen=True)
class ResubmissionRules:
    """Until when a buyer may resubmit, how often before a person takes over, how long a correction is waited for, and
    the same for cancelling, confirming, and what the shop tries by itself. So many orders of one contact have their
    codes exchanged within `exchanges_within` before a person looks."""

    within: timedelta = timedelta(hours=24)
    tries_max: int = 3
    exchanges_max: int = 3
    exchanges_within: timedelta = timedelta(days=30)
    correct_within: timedelta = timedelta(hours=24)
    cancel_within: timedelta = timedelta(minutes=5)
    confirm_after: timedelta = timedelta(days=7)
    repairs_max: int = 3
    repair_every: timedelta = timedelta(minutes=10)


@dataclass(frozen=True)
class Resubmission:
    """A row of `resubmissions`, its hint left out. `wanted_sku_id`: what goods are to be changed to."""

    id: int
    order_id: OrderId
    kind: Kind
    state: ResubmissionState
    actor_kind: ActorKind
    actor_id: str | None
    reason: str
    verdict: Verdict | None
    why: tuple[Why, ...]
    new_order_id: OrderId | None
    looks: int
    applied_at: datetime
    verified_at: datetime | None
    acted_at: datetime | None
    synced_at: datetime | None
    ended_at: datetime | None
    wanted_sku_id: int | None = None

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


@dataclass(frozen=True)
class Step:
    """One of the five; `at` None: still to come."""

    name: Words
    at: datetime | None
    current: bool


STEP_NAMES = (Words("申请"), Words("核验"), Words("补单"), Words("状态同步"), Words("结果"))


def steps_of(one: Resubmission) -> list[Step]:
    """申请 → 核验 → 补单 → 状态同步 → 结果, as far as it is."""
    times = (one.applied_at, one.verified_at, one.acted_at, one.synced_at, one.ended_at)
    first_ahead = next((place for place, at in enumerate(times) if at is None), len(times))
    return [
        Step(name, at, current=one.is_open and place == first_ahead)
        for place, (name, at) in enumerate(zip(STEP_NAMES, times, strict=True))
    ]


def resubmission_of(row: Mapping[str, Any]) -> Resubmission:
    values = {name: row[name] for name in Resubmission.__dataclass_fields__}
    return Resubmission(
        **{
            **values,
            "order_id": OrderId(row["order_id"]),
            "kind": Kind(row["kind"]),
            "state": ResubmissionState(row["state"]),
            "actor_kind": ActorKind(row["actor_kind"]),
            "verdict": Verdict(row["verdict"]) if row["verdict"] else None,
            "why": tuple(map(Why, row["why"])),
            "new_order_id": OrderId(row["new_order_id"]) if row["new_order_id"] else None,
        }
    )
