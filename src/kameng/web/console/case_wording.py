"""What the console calls everything about after-sales cases."""

from collections.abc import Mapping

from kameng.aftersales.answer_case import Then
from kameng.aftersales.case import CASE_STATE_NAMES, KIND_NAMES, OUTCOME_NAMES, Actor, Author, CaseState, Clock
from kameng.aftersales.queue import Filter
from kameng.aftersales.remedy import REMEDY_NAMES, STAGE_NAMES
from kameng.kernel.text import Words
from kameng.resubmission.resubmission import KIND_NAMES as RESUBMISSION_KIND_NAMES
from kameng.resubmission.resubmission import RESUBMISSION_STATE_NAMES, WHY_WORDS

STATES = CASE_STATE_NAMES
KINDS = KIND_NAMES
OUTCOMES = OUTCOME_NAMES
RESUBMISSIONS = RESUBMISSION_KIND_NAMES
RESUBMISSION_STATES = RESUBMISSION_STATE_NAMES
WHY = WHY_WORDS
REMEDIES = REMEDY_NAMES
STAGES = STAGE_NAMES

STATE_COLOURS: Mapping[CaseState, str] = {
    CaseState.OPEN: "orange",
    CaseState.ANSWERED: "blue",
    CaseState.WAITING_FOR_BUYER: "azure",
    CaseState.WAITING_FOR_SUPPLIER: "purple",
    CaseState.SOLVED: "green",
    CaseState.REOPENED: "red",
    CaseState.CLOSED: "secondary",
}

FILTERS: Mapping[Filter, Words] = {
    Filter.UNDER_WAY: Words("全部未关闭"),
    Filter.MINE: Words("我的"),
    Filter.UNASSIGNED: Words("无人处理"),
    Filter.DUE: Words("将超时或已超时"),
    Filter.WAITING: Words("等待对方"),
    Filter.FOLLOW_UP: Words("到了跟进时间"),
    Filter.CLOSED: Words("已关闭"),
}

AUTHORS: Mapping[Author, Words] = {
    Author.BUYER: Words("买家"),
    Author.STAFF: Words("客服"),
    Author.NOTE: Words("内部备注"),
}

ACTORS: Mapping[Actor, Words] = {
    Actor.BUYER: Words("买家"),
    Actor.STAFF: Words("员工"),
    Actor.SYSTEM: Words("系统"),
}

CLOCKS: Mapping[Clock, Words] = {
    Clock.ANSWER: Words("首次答复"),
    Clock.SOLUTION: Words("处理结果"),
}

THEN: Mapping[Then, Words] = {
    Then.US: Words("发送，继续处理"),
    Then.BUYER: Words("发送，等买家回复"),
    Then.SUPPLIER: Words("发送，等货源答复"),
}

HAPPENINGS: Mapping[str, Words] = {
    "opened": Words("买家申请售后"),
    "staff_wrote": Words("答复"),
    "asked_buyer": Words("答复并等待买家"),
    "asked_supplier": Words("答复并等待货源"),
    "buyer_wrote": Words("买家留言"),
    "solved": Words("给出处理结果"),
    "confirmed": Words("买家确认解决"),
    "declined": Words("买家说没有解决"),
    "withdrawn": Words("买家撤回"),
    "went_quiet": Words("买家没有再回复，自动关闭"),
    "taken_as_solved": Words("买家没有异议，自动关闭"),
    "warned": Words("承诺时间将到"),
    "escalated": Words("超过承诺时间，已升级"),
    "noted": Words("写备注"),
    "taken": Words("分派"),
    "follow_up": Words("设定跟进时间"),
    "complained": Words("转投诉给货源"),
    "remedy_moved": Words("退款或补发有进展"),
    "supplier_said": Words("货源有了结果"),
}
