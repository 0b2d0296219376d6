"""What the console calls things: one Chinese name for every value that a page can show."""

from collections.abc import Mapping

from kameng.kernel.text import Words
from kameng.orders.lifecycle import STATE_NAMES, ActorKind, OrderState
from kameng.payment.attempt import ASKED_CAUSES, AttemptState, HeardFrom, ReceiptUse, RefundCause, RefundState
from kameng.payment.decide_refund import Verdict
from kameng.payment.gateways import METHOD_NAMES
from kameng.payment.request import REQUEST_STATE_NAMES
from kameng.resubmission.resubmission import KIND_NAMES as RESUBMISSION_KINDS
from kameng.risk.alarms import AlarmKind
from kameng.staff.roles import ROLE_NAMES
from kameng.stock.card import REASON_NAMES, BatchState
from kameng.stock.card import STATE_NAMES as CARD_STATES
from kameng.web.console import action_wording, order_wording

ORDER_STATES = STATE_NAMES
ROLES = ROLE_NAMES
METHODS = METHOD_NAMES
CARDS = CARD_STATES
REFUSED_LINES = REASON_NAMES

STATE_COLOURS: Mapping[OrderState, str] = {
    OrderState.AWAITING_PAYMENT: "azure",
    OrderState.UNDER_REVIEW: "orange",
    OrderState.PAID: "blue",
    OrderState.DELIVERING: "blue",
    OrderState.DELIVERED: "green",
    OrderState.COMPLETED: "green",
    OrderState.EXCEPTION: "red",
    OrderState.RESUBMITTING: "orange",
    OrderState.CANCELLED: "secondary",
    OrderState.REFUNDING: "purple",
    OrderState.REFUNDED: "secondary",
}

ACTORS: Mapping[ActorKind, Words] = {
    ActorKind.BUYER: Words("买家"),
    ActorKind.GATEWAY: Words("支付渠道"),
    ActorKind.SUPPLIER: Words("货源"),
    ActorKind.STAFF: Words("员工"),
    ActorKind.SYSTEM: Words("系统"),
}

ACTOR_COLOURS: Mapping[ActorKind, str] = {
    ActorKind.BUYER: "azure",
    ActorKind.GATEWAY: "purple",
    ActorKind.SUPPLIER: "teal",
    ActorKind.STAFF: "orange",
    ActorKind.SYSTEM: "secondary",
}

EVENTS: Mapping[str, Words] = {
    "placed": Words("提交订单"),
    "payment_started": Words("发起支付"),
    "payment_confirmed": Words("确认收款"),
    "paid_too_little": Words("付款不足，转人工审核"),
    "surplus_received": Words("收到多付的款项，自动退回"),
    "surplus_returned": Words("多付的款项已退回"),
    "expired": Words("超时未支付，自动取消"),
    "cancelled_by_buyer": Words("买家取消"),
    "delivered": Words("发货"),
    "delivery_started": Words("转由货源发货"),
    "sent_to_supplier": Words("货源已接单"),
    "result_in_doubt": Words("货源答复不明，存疑"),
    "partly_delivered": Words("部分到货"),
    "attempt_failed": Words("货源未能发货"),
    "delivery_stuck": Words("发货卡住，等待人工"),
    "undeliverable": Words("没有线路可以发货，自动退款"),
    "resubmitted": Words("补交：在原订单上再次发货"),
    "correction_asked": Words("请买家修改充值信息"),
    "correction_given": Words("买家修改了充值信息"),
    "goods_changed": Words("买家换了面值"),
    "correction_missed": Words("买家没有按时修改充值信息，自动退款"),
    "arrival_confirmed": Words("买家确认到账"),
    "cancelled_after_payment": Words("付款后取消，自动退款"),
    "sold_out": Words("缺货，自动退款"),
    "refund_requested": Words("员工申请退款"),
    "accepted_by_staff": Words("员工确认按已付足处理"),
    "proof_asked": Words("风险中等，等待买家二次验证"),
    "proof_given": Words("买家通过二次验证"),
    "held_for_review": Words("风险较高，转人工审核"),
    "hold_expired": Words("超过时限没有验证或审核，自动退款"),
    "refunded": Words("退款完成"),
    "refund_promised": Words("部分退款，原路退回"),
    "part_refunded": Words("部分退款完成"),
    "refund_after_delivery": Words("发货后全额退款"),
    "refund_stuck": Words("退款受阻，需要人工处理"),
    "revealed": Words("查看卡密"),
    "stood_too_long": Words("停留超过时限，进入卡住队列"),
    "taken_in_hand": Words("客服接手"),
    "notice": Words("支付渠道发来通知"),
}

ATTEMPTS: Mapping[AttemptState, Words] = {
    AttemptState.STARTED: Words("等待付款"),
    AttemptState.CONFIRMED: Words("已到账"),
    AttemptState.REFUSED: Words("渠道拒绝"),
    AttemptState.EXPIRED: Words("未付款，已停止查询"),
}

RECEIPTS: Mapping[ReceiptUse, Words] = {
    ReceiptUse.APPLIED: Words("已用于订单"),
    ReceiptUse.SURPLUS: Words("多余，退回"),
    ReceiptUse.HELD: Words("不足，待人工处理"),
}

HEARD_FROM: Mapping[HeardFrom, Words] = {
    HeardFrom.NOTIFY: Words("通知后查询确认"),
    HeardFrom.POLL: Words("主动查询确认"),
    HeardFrom.LEDGER: Words("余额账本"),
}

REFUNDS: Mapping[RefundState, Words] = {
    RefundState.INTENDED: Words("等待发出"),
    RefundState.CALLING: Words("正在请求渠道"),
    RefundState.DONE: Words("已退回"),
    RefundState.REFUSED: Words("渠道拒绝"),
    RefundState.IN_DOUBT: Words("结果不明"),
}

VERDICTS: Mapping[Verdict, Words] = {
    Verdict.SENT: Words("渠道账上已退：买家已收到款项"),
    Verdict.NOT_SENT: Words("渠道账上未退：再次发出退款"),
    Verdict.BY_HAND: Words("已用其他方式退给买家（如转账）：结束这笔退款"),
    Verdict.UNKNOWN: Words("还不清楚：再向渠道查询"),
}

REFUND_CAUSES: Mapping[RefundCause, Words] = {
    RefundCause.SOLD_OUT: Words("付款后缺货"),
    RefundCause.UNDELIVERABLE: Words("没有货源能发货"),
    RefundCause.CANCELLED: Words("买家付款后取消"),
    RefundCause.CHEAPER: Words("换面值退差价"),
    RefundCause.PAID_TWICE: Words("重复付款"),
    RefundCause.PAID_TOO_MUCH: Words("多付"),
    RefundCause.PAID_TOO_LITTLE: Words("付款不足"),
    RefundCause.STAFF: Words("员工申请"),
    RefundCause.UNPROVEN: Words("超过时限没有验证或审核"),
    RefundCause.GOODS_FAULTY: Words("卡密无效或商品有问题"),
    RefundCause.NOT_ARRIVED: Words("没有到账"),
    RefundCause.WRONG_ORDER: Words("买家买错了"),
    RefundCause.GOODWILL: Words("协商补偿"),
}

REFUND_REQUESTS = REQUEST_STATE_NAMES
ASKED = {cause: REFUND_CAUSES[cause] for cause in ASKED_CAUSES}

BATCHES: Mapping[BatchState, Words] = {
    BatchState.WAITING: Words("排队中"),
    BatchState.IMPORTING: Words("导入中"),
    BatchState.IMPORTED: Words("导入完成"),
    BatchState.FAILED: Words("导入失败"),
}

ALARMS: Mapping[AlarmKind, Words] = {
    AlarmKind.LOOKUP_SCANNING: Words("有人在批量试探订单号（扫单）"),
    AlarmKind.FORGED_NOTICE: Words("收到伪造的支付通知"),
    AlarmKind.NOTICE_CONTRADICTED: Words("支付通知与查询结果不一致"),
    AlarmKind.PAID_TOO_LITTLE: Words("有订单付款不足，等待人工处理"),
    AlarmKind.UNKNOWN_PAYMENT: Words("支付渠道报告了一笔我们没有的付款"),
    AlarmKind.PAYMENT_UNSETTLED: Words("买家可能已付款，但支付渠道一直答复不清"),
    AlarmKind.REFUND_STUCK: Words("退款受阻"),
    AlarmKind.JOB_GAVE_UP: Words("后台任务多次失败后放弃"),
    AlarmKind.STAFF_LOCKED_OUT: Words("员工账号连续输错密码被锁定"),
    AlarmKind.PRICE_DRIFT: Words("货源涨价，供货线路已自动停用"),
    AlarmKind.GOODS_GONE: Words("货源下架了有供货线路的商品"),
    AlarmKind.SUPPLIER_BALANCE_LOW: Words("货源余额不足，请充值"),
    AlarmKind.REFUND_LAPSED: Words("退款申请七天没有人审批，已失效"),
    AlarmKind.SUPPLIER_TROUBLE: Words("货源故障，已自动避开"),
    AlarmKind.SUPPLIER_UNREADABLE: Words("连续多次读不到货源的商品"),
    AlarmKind.RESUBMISSION_LEFT: Words("补交没有完成，需要人工处理"),
    AlarmKind.DELIVERY_STUCK: Words("发货卡住，需要人工核实"),
    AlarmKind.DELIVERED_SHORT: Words("货源少发了卡密，或发来重复的卡密"),
    AlarmKind.SUPPLIER_CONTRADICTS: Words("货源的说法前后矛盾"),
    AlarmKind.SUPPLIER_OVERCHARGED: Words("货源扣款高于约定上限"),
    AlarmKind.ORDER_HELD: Words("有订单因风险较高暂停发货，等待人工审核"),
    AlarmKind.ORDER_BLOCKED: Words("名单拦下了一次下单"),
    AlarmKind.MERCHANT_NOT_REACHED: Words("商户的回调地址一直没有回应，已停止通知"),
    AlarmKind.UNKNOWN_DELIVERY: Words("货源回调了一笔我们没有的发货"),
    AlarmKind.ORDER_STUCK: Words("卡住的订单超过承诺时间，没有进展"),
    AlarmKind.CASE_OVERDUE: Words("售后工单超过承诺时间，需要马上处理"),
}

FACTS = action_wording.FACTS
#: What stands in a fact as a word of ours; anything else stands as it is.
FACT_VALUES: Mapping[str, Mapping[str, Words]] = {
    "cause": {str(cause): words for cause, words in REFUND_CAUSES.items()},
    "kind": {str(kind): words for kind, words in RESUBMISSION_KINDS.items()},
    "method": METHODS,
    "verdict": {
        **{str(verdict): words for verdict, words in VERDICTS.items()},
        "delivered": Words("已经到货"),
        "not_delivered": Words("没有发货，也不会再发"),
    },
}
ACTIONS = action_wording.ACTIONS
DONE: Mapping[str, Words] = {**action_wording.DONE, **order_wording.FOUND}
