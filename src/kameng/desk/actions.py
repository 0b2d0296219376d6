"""What can be done about an order next, and why all else can't: one table of the order's lifecycle and roles. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from kameng.kernel.text import Words
from kameng.orders.lifecycle import LIFECYCLE, AcceptedByStaff, CorrectionAsked, OrderState, Revealed
from kameng.payment.request import ASKED_IN
from kameng.staff.roles import Permission, Role, may


class Act(StrEnum):
    """In the order in which they are offered."""

    RELEASE = "release"
    ACCEPT = "accept"
    SETTLE_DELIVERY = "settle_delivery"
    ASK_SUPPLIER = "ask_supplier"
    ROUTE_AGAIN = "route_again"
    DECIDE_RESUBMISSION = "decide_resubmission"
    RESUBMIT = "resubmit"
    ASK_CORRECTION = "ask_correction"
    ANSWER_CASE = "answer_case"
    SETTLE_REFUND = "settle_refund"
    APPROVE_REFUND = "approve_refund"
    REFUND = "refund"
    REVEAL = "reveal"
    SHOW_ACCOUNT = "show_account"
    SHOW_CONTACT = "show_contact"


@dataclass(frozen=True)
class Standing:
    """All that the table asks about. `left_fen` could still be asked back; `live_attempts` may still deliver,
    `open_attempts` a person may settle, `askable_attempts` can be asked about now; `is_held`: a part is delivered and
    nobody is asked for the rest; `corrections_left`: how often the buyer may still be asked, 0 for merchants' orders;
    `offers`: how many ways of resubmitting the rules leave open."""

    state: OrderState
    held_back: bool = False
    was_paid: bool = False
    left_fen: int = 0
    cards: int = 0
    has_account: bool = False
    delivery: str | None = None
    live_attempts: int = 0
    open_attempts: int = 0
    askable_attempts: int = 0
    is_held: bool = False
    corrections_left: int = 0
    resubmission: str | None = None
    offers: int = 0
    has_open_case: bool = False
    stuck_refunds: int = 0
    others_requests: int = 0
    own_requests: int = 0


@dataclass(frozen=True)
class Possible:
    """`why_not` is None for what can be done now."""

    act: Act
    why_not: Words | None


NOT_PERMITTED = Words("你的角色没有这项权限")
#: Of a resubmission that waits for a person.
WITH_STAFF = "with_staff"

_WhyNot = Callable[[Standing], Words | None]


def _accept(order: Standing) -> Words | None:
    if not LIFECYCLE.allows(order.state, AcceptedByStaff):
        return Words("只有审核中的订单需要")
    return Words("这单不是付款不足，是因风险暂停：请用审核放行") if order.held_back else None


def _release(order: Standing) -> Words | None:
    if not LIFECYCLE.allows(order.state, AcceptedByStaff):
        return Words("只有审核中的订单需要")
    return None if order.held_back else Words("这单不是因风险暂停，是付款不足：请按已付足处理")


def _refund(order: Standing) -> Words | None:
    if not order.was_paid:
        return Words("这个订单没有收到过款项")
    if order.left_fen <= 0:
        return Words("没有可以再退的款项：已经退回、正在退回，或正在等待审批")
    return None if order.state in ASKED_IN else Words("只有已发货、已完成、异常和审核中的订单可以退款")


def _ask_correction(order: Standing) -> Words | None:
    if not order.has_account:
        return Words("这个订单没有充值信息可改")
    if order.live_attempts:
        return Words("货源那边还没有结果，先核实，避免重复发货")
    if not LIFECYCLE.allows(order.state, CorrectionAsked) or order.delivery not in ("open", "stuck"):
        return Words("订单不在发货中，也没有卡在发货上")
    return None if order.corrections_left > 0 else Words("已退款、是商户的订单，或已请买家改过多次")


def _resubmit(order: Standing) -> Words | None:
    if order.resubmission is not None:
        return Words("已有一个补交在进行")
    return None if order.offers else Words("按规则，现在没有适用的补交方式")


def _decide_resubmission(order: Standing) -> Words | None:
    return None if order.resubmission == WITH_STAFF else Words("没有等待人工核对的补交")


def _reveal(order: Standing) -> Words | None:
    if not order.cards:
        return Words("这个订单没有卡密")
    return None if LIFECYCLE.allows(order.state, Revealed) else Words("发货以后、没有全额退款时才能查看")


def _if(is_so: Callable[[Standing], object], otherwise: Words) -> _WhyNot:
    return lambda order: None if is_so(order) else otherwise


def _approve(order: Standing) -> Words | None:
    if order.others_requests:
        return None
    return Words("自己提出的申请要由别人审批") if order.own_requests else Words("没有等待审批的退款申请")


TABLE: Mapping[Act, tuple[Permission, _WhyNot]] = {
    Act.RELEASE: (Permission.PAYMENT_ACCEPT, _release),
    Act.ACCEPT: (Permission.PAYMENT_ACCEPT, _accept),
    Act.SETTLE_DELIVERY: (
        Permission.DELIVERY_DECIDE,
        _if(lambda order: order.open_attempts, Words("没有结果未定的发货尝试")),
    ),
    Act.ASK_SUPPLIER: (
        Permission.DELIVERY_HANDLE,
        _if(lambda order: order.askable_attempts, Words("没有可以向货源查询的发货尝试")),
    ),
    Act.ROUTE_AGAIN: (
        Permission.DELIVERY_DECIDE,
        _if(lambda order: order.is_held, Words("没有停在部分到货、需要另找线路的发货")),
    ),
    Act.DECIDE_RESUBMISSION: (Permission.RESUBMISSION_DECIDE, _decide_resubmission),
    Act.RESUBMIT: (Permission.RESUBMIT, _resubmit),
    Act.ASK_CORRECTION: (Permission.CORRECTION_ASK, _ask_correction),
    Act.ANSWER_CASE: (
        Permission.CASE_HANDLE,
        _if(lambda order: order.has_open_case, Words("买家没有进行中的售后工单")),
    ),
    Act.SETTLE_REFUND: (
        Permission.REFUND_REQUEST,
        _if(lambda order: order.stuck_refunds, Words("没有停住的退款")),
    ),
    Act.APPROVE_REFUND: (Permission.REFUND_APPROVE, _approve),
    Act.REFUND: (Permission.REFUND_ASK, _refund),
    Act.REVEAL: (Permission.ORDER_REVEAL, _reveal),
    Act.SHOW_ACCOUNT: (
        Permission.ACCOUNT_SHOW,
        _if(lambda order: order.has_account, Words("这个订单没有充值信息")),
    ),
    Act.SHOW_CONTACT: (Permission.CONTACT_SHOW, lambda _: None),
}


def next_steps(order: Standing, role: Role) -> list[Possible]:
    """Every act there is, what can be done first, each of the others with the reason why it can't."""
    steps = [Possible(act, _why_not(act, order, role)) for act in Act]
    return sorted(steps, key=lambda step: step.why_not is not None)


def _why_not(act: Act, order: Standing, role: Role) -> Words | None:
    permission, why_not = TABLE[act]
    # What doesn't fit the order says so to everybody; only for what does, the role matters.
    reason = why_not(order)
    if reason is not None:
        return reason
    return None if may(role, permission) else NOT_PERMITTED
