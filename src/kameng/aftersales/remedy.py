"""What is being done about a case: money on its way back, or goods delivered once more, each followed to its end."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kameng.kernel.errors import Refusal
from kameng.kernel.text import Words


class RemedyKind(StrEnum):
    REFUND = "refund"
    REPLACEMENT = "replacement"


class RemedyStage(StrEnum):
    """Of a refund: waiting (for people to agree), agreed_once, sending, stuck, done, declined, lapsed. Of a
    replacement: what a resubmission calls its states."""

    WAITING = "waiting"
    AGREED_ONCE = "agreed_once"
    SENDING = "sending"
    STUCK = "stuck"
    APPLIED = "applied"
    ASKED = "asked"
    UNDER_WAY = "under_way"
    WITH_STAFF = "with_staff"
    DONE = "done"
    DECLINED = "declined"
    LAPSED = "lapsed"
    FAILED = "failed"


ENDED = frozenset({RemedyStage.DONE, RemedyStage.DECLINED, RemedyStage.LAPSED, RemedyStage.FAILED})

REMEDY_NAMES: Mapping[RemedyKind, Words] = {
    RemedyKind.REFUND: Words("退款"),
    RemedyKind.REPLACEMENT: Words("换货或补发"),
}

STAGE_NAMES: Mapping[tuple[RemedyKind, RemedyStage], Words] = {
    (RemedyKind.REFUND, RemedyStage.WAITING): Words("已提出，等待审批"),
    (RemedyKind.REFUND, RemedyStage.AGREED_ONCE): Words("一位同事已同意，等待第二位"),
    (RemedyKind.REFUND, RemedyStage.SENDING): Words("已批准，正在退回"),
    (RemedyKind.REFUND, RemedyStage.STUCK): Words("支付渠道没有受理，由财务处理"),
    (RemedyKind.REFUND, RemedyStage.DONE): Words("已退回原支付账户"),
    (RemedyKind.REFUND, RemedyStage.DECLINED): Words("未批准，客服会另行处理"),
    (RemedyKind.REFUND, RemedyStage.LAPSED): Words("超过时间无人审批，客服会另行处理"),
    (RemedyKind.REPLACEMENT, RemedyStage.APPLIED): Words("已提出，正在核验"),
    (RemedyKind.REPLACEMENT, RemedyStage.WAITING): Words("正在向供货方核实，避免重复发货"),
    (RemedyKind.REPLACEMENT, RemedyStage.ASKED): Words("等待买家修改充值信息"),
    (RemedyKind.REPLACEMENT, RemedyStage.UNDER_WAY): Words("正在补发"),
    (RemedyKind.REPLACEMENT, RemedyStage.WITH_STAFF): Words("等待客服核对"),
    (RemedyKind.REPLACEMENT, RemedyStage.DONE): Words("已补发，请在订单页查看"),
    (RemedyKind.REPLACEMENT, RemedyStage.DECLINED): Words("暂不能补发，客服会另行处理"),
    (RemedyKind.REPLACEMENT, RemedyStage.FAILED): Words("没有成功，客服会另行处理"),
}


@dataclass(frozen=True)
class Remedy:
    """`reference` is the number of the refund request or the resubmission; `amount_fen` of a refund."""

    id: int
    case_id: int
    kind: RemedyKind
    stage: RemedyStage
    reference: int
    amount_fen: int | None
    began_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class Begun:
    """What staff have just set going."""

    kind: RemedyKind
    stage: RemedyStage
    reference: int


class RemedyUnderWay(Refusal):
    """Of one case one thing is done at a time: what it comes to is known first."""

    code = "remedy_under_way"
    words = Words("这个工单已有退款或补发在进行，请等它有了结果再处理")
