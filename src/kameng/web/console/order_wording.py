"""What the console calls the keys an order is found by, what can be done about it, and where its story comes from."""

from collections.abc import Mapping

from kameng.desk.actions import Act
from kameng.desk.find_orders import FoundBy
from kameng.kernel.text import Words
from kameng.risk.scorecard import RULE_NAMES, Verdict

RULES = RULE_NAMES

KEYS: Mapping[FoundBy, Words] = {
    FoundBy.NUMBER: Words("订单号"),
    FoundBy.CORRECTED_NUMBER: Words("订单号（差一位）"),
    FoundBy.ATTEMPT: Words("发货单号"),
    FoundBy.REFERENCE: Words("我方支付单号"),
    FoundBy.TRADE_NO: Words("支付流水号"),
    FoundBy.SUPPLIER_NO: Words("货源单号"),
    FoundBy.MERCHANT_NO: Words("商户单号"),
    FoundBy.CASE: Words("工单号"),
    FoundBy.CONTACT: Words("联系方式"),
    FoundBy.CONTACT_TAIL: Words("手机尾号"),
    FoundBy.ACCOUNT: Words("充值账号"),
    FoundBy.CODE: Words("卡密"),
    FoundBy.CODE_TAIL: Words("卡密尾号"),
}

#: Said above the page of the only order that was found.
FOUND: Mapping[str, Words] = {
    "found_attempt": Words("按发货单号找到"),
    "found_reference": Words("按我方支付单号找到"),
    "found_trade_no": Words("按支付流水号找到"),
    "found_supplier_no": Words("按货源单号找到"),
    "found_merchant_no": Words("按商户单号找到"),
    "found_case": Words("按工单号找到"),
    "found_contact": Words("按联系方式找到，只有这一个订单"),
    "found_contact_tail": Words("按手机尾号找到，请与买家核对"),
    "found_account": Words("按充值账号找到，只有这一个订单"),
    "found_code": Words("按卡密找到"),
    "found_code_tail": Words("按卡密尾号找到，请与买家核对"),
    "corrected": Words("输入的订单号有一位不对，这是只差一位的订单，请与买家核对"),
}

ACTS: Mapping[Act, Words] = {
    Act.RELEASE: Words("审核放行"),
    Act.ACCEPT: Words("按已付足处理并发货"),
    Act.SETTLE_DELIVERY: Words("核实发货结果"),
    Act.ASK_SUPPLIER: Words("立即查询货源"),
    Act.ROUTE_AGAIN: Words("余下部分另找线路"),
    Act.DECIDE_RESUBMISSION: Words("核对补交申请"),
    Act.RESUBMIT: Words("替买家补交"),
    Act.ASK_CORRECTION: Words("退回给买家修改"),
    Act.ANSWER_CASE: Words("处理售后工单"),
    Act.SETTLE_REFUND: Words("处理停住的退款"),
    Act.APPROVE_REFUND: Words("审批退款"),
    Act.REFUND: Words("退款"),
    Act.REVEAL: Words("查看卡密"),
    Act.SHOW_ACCOUNT: Words("查看充值账号"),
    Act.SHOW_CONTACT: Words("查看联系方式"),
}

#: What follows, said before it is done.
FOLLOWS: Mapping[Act, tuple[Words, ...]] = {
    Act.ACCEPT: (
        Words("少付的部分由本店承担，订单按付足发货；缺货则自动退款。"),
        Words("多付的部分会自动退回。"),
    ),
    Act.RESUBMIT: (
        Words("与买家自己点补交完全一样：先按规则核验，通过才补交，不会重复发货，不会再次收费。"),
        Words("需要重新付款的补交会生成新订单，买家在订单页付款。"),
    ),
    Act.ASK_CORRECTION: (
        Words("发货停在这里，买家在订单页看到你写的话，改好后自动继续。"),
        Words("超过时限没有改，款项自动原路退回。"),
    ),
}

VERDICTS: Mapping[Verdict, Words] = {
    Verdict.LOW: Words("风险低，放行"),
    Verdict.MIDDLE: Words("风险中等，需要二次验证"),
    Verdict.HIGH: Words("风险高，需要人工审核"),
}

VERDICT_COLOURS: Mapping[Verdict, str] = {Verdict.LOW: "green", Verdict.MIDDLE: "orange", Verdict.HIGH: "red"}

#: Resubmissions in the story, besides their states.
APPLIED = Words("申请补交")
