"""What a case's state means for its buyer, in plain words, and the steps it goes through."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from kameng.aftersales.case import Case, CaseState
from kameng.kernel.text import Words

#: Of waiting for the buyer and of solved, `when` is the moment at which it closes by itself.
READINGS: Mapping[CaseState, Words] = {
    CaseState.OPEN: Words("已收到，客服会在承诺时间内答复。您可以先补充说明和截图。"),
    CaseState.ANSWERED: Words("客服正在处理，有进展会显示在这里，您不用刷新。"),
    CaseState.WAITING_FOR_BUYER: Words("请看客服的留言并回复。%(when)s 前没有回复，工单会自动关闭。"),
    CaseState.WAITING_FOR_SUPPLIER: Words("客服已转给供货方核实，承诺的时间照常计算。"),
    CaseState.SOLVED: Words("请确认问题是否解决。%(when)s 前没有回复，视为已经解决。"),
    CaseState.REOPENED: Words("已重新打开，客服会优先处理。"),
    CaseState.CLOSED: Words("工单已关闭。如果又遇到问题，可以再次申请。"),
}
_ESCALATED = Words("已经超过我们承诺的时间，非常抱歉。工单已升级，由负责人处理。")


@dataclass(frozen=True)
class CaseStep:
    """One step; `at` is None until it is reached, `is_here` marks where things stand."""

    name: Words
    at: datetime | None
    is_here: bool


def reading_of(case: Case) -> Words:
    if case.missed_at is not None:
        return _ESCALATED
    return READINGS[case.state]


def steps_of(case: Case) -> list[CaseStep]:
    """Asked → answered → put right → agreed."""
    reached = (
        (Words("已提交"), case.opened_at),
        (Words("客服答复"), case.first_answered_at),
        (Words("处理结果"), case.solved_at),
        (Words("确认"), case.closed_at),
    )
    last = max(place for place, (_, at) in enumerate(reached) if at is not None)
    return [CaseStep(name, at, is_here=place == last) for place, (name, at) in enumerate(reached)]
