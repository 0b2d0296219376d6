"""What the console calls everything about risk."""

from collections.abc import Mapping

from kameng.kernel.text import Words
from kameng.risk.score_order import Stage
from kameng.risk.scorecard import RULE_NAMES, Listed, Verdict
from kameng.risk.subjects import SubjectKind

RULES = RULE_NAMES

VERDICTS: Mapping[Verdict, Words] = {
    Verdict.LOW: Words("低风险，放行"),
    Verdict.MIDDLE: Words("中风险，等买家二次验证"),
    Verdict.HIGH: Words("高风险，等人工审核"),
}
VERDICT_COLOURS: Mapping[Verdict, str] = {Verdict.LOW: "green", Verdict.MIDDLE: "orange", Verdict.HIGH: "red"}

STAGES: Mapping[Stage, Words] = {
    Stage.PLACED: Words("下单时"),
    Stage.PAID: Words("付款时"),
    Stage.PROVEN: Words("验证后"),
    Stage.REMINDED: Words("超时提醒"),
    Stage.RESUBMITTED: Words("补交时"),
}

# The one that harms least stands first where one is chosen.
LISTS: Mapping[Listed, Words] = {
    Listed.WATCH: Words("关注名单"),
    Listed.BLOCK: Words("拦截名单"),
    Listed.ALLOW: Words("放行名单"),
}
LIST_COLOURS: Mapping[Listed, str] = {Listed.ALLOW: "green", Listed.WATCH: "orange", Listed.BLOCK: "red"}

SUBJECTS: Mapping[SubjectKind, Words] = {
    SubjectKind.CONTACT: Words("联系方式"),
    SubjectKind.ACCOUNT: Words("充值账号"),
    SubjectKind.DEVICE: Words("设备"),
    SubjectKind.ADDRESS: Words("IP 地址"),
    SubjectKind.NETWORK: Words("网段"),
}
