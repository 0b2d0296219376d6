"""What the console calls things: one Chinese name for every value that a page can show."""

from collections.abc import Mapping

from kameng.kernel.text import Words
from kameng.orders.lifecycle import STATE_NAMES, ActorKind, OrderState
from kameng.payment.attempt import AttemptState, HeardFrom, ReceiptUse, RefundCause, RefundState
from kameng.payment.decide_refund import Verdict
from kameng.payment.gateways import METHOD_NAMES
from kameng.risk.alarms import AlarmKind
from kameng.staff.roles import ROLE_NAMES
from kameng.stock.card import REASON_NAMES, BatchState
from kameng.stock.card import STATE_NAMES as CARD_STATES

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
    "sold_out": Words("缺货，自动退款"),
    "refund_requested": Words("员工申请退款"),
    "accepted_by_staff": Words("员工确认按已付足处理"),
    "refunded": Words("退款完成"),
    "refund_stuck": Words("退款受阻，需要人工处理"),
    "revealed": Words("查看卡密"),
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
    Verdict.UNKNOWN: Words("还不清楚：再向渠道查询"),
}

REFUND_CAUSES: Mapping[RefundCause, Words] = {
    RefundCause.SOLD_OUT: Words("付款后缺货"),
    RefundCause.PAID_TWICE: Words("重复付款"),
    RefundCause.PAID_TOO_MUCH: Words("多付"),
    RefundCause.PAID_TOO_LITTLE: Words("付款不足"),
    RefundCause.STAFF: Words("员工申请"),
}

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
    AlarmKind.SUPPLIER_TROUBLE: Words("货源故障，已自动避开"),
    AlarmKind.SUPPLIER_UNREADABLE: Words("连续多次读不到货源的商品"),
}

FACTS: Mapping[str, Words] = {
    "receipt_fen": Words("到账"),
    "owed_fen": Words("应付"),
    "surplus_fen": Words("多付"),
    "refund_fen": Words("退款"),
    "amount_fen": Words("金额"),
    "price_fen": Words("价格"),
    "before_fen": Words("原价"),
    "trade_no": Words("流水号"),
    "gateway": Words("支付渠道"),
    "cards": Words("张数"),
    "late": Words("超时后到账"),
    "address": Words("来源 IP"),
    "genuine": Words("签名有效"),
    "times": Words("次数"),
    "notice": Words("通知编号"),
    "reason": Words("原因"),
    "orders": Words("找到订单"),
    "by": Words("方式"),
    "step": Words("步骤"),
    "failures": Words("连续输错"),
    "role": Words("角色"),
    "before": Words("原值"),
    "enabled": Words("启用"),
    "on_sale": Words("上架"),
    "name": Words("名称"),
    "methods": Words("支付方式"),
    "batch": Words("批次"),
    "lines": Words("行数"),
    "changed": Words("改动"),
    "kind": Words("类型"),
    "refund": Words("退款编号"),
    "verdict": Words("结论"),
    "reference": Words("我方单号"),
    "state": Words("状态"),
    "bytes": Words("字节"),
}

ACTIONS: Mapping[str, Words] = {
    "session:password_passed": Words("密码通过"),
    "session:refused": Words("登录失败"),
    "session:locked_out": Words("账号被锁定"),
    "session:opened": Words("登录"),
    "session:closed": Words("退出登录"),
    "totp:enrolled": Words("绑定验证器"),
    "order:searched": Words("搜索订单"),
    "order:listed": Words("查看订单列表"),
    "order:looked_at": Words("查看订单"),
    "order:revealed": Words("查看卡密"),
    "order:contact_shown": Words("查看联系方式"),
    "order:refund_requested": Words("申请退款"),
    "order:refund_decided": Words("处理受阻的退款"),
    "order:payment_accepted": Words("确认按已付足处理"),
    "stock:checked": Words("试导入卡密"),
    "stock:imported": Words("导入卡密"),
    "gateway:saved": Words("保存支付渠道"),
    "type:saved": Words("保存商品类型"),
    "product:saved": Words("保存商品"),
    "sku:saved": Words("保存面值与价格"),
    "alarm:seen": Words("处理告警"),
    "staff:added": Words("添加员工"),
    "staff:role_changed": Words("更改角色"),
    "staff:enabled": Words("启用账号"),
    "staff:disabled": Words("停用账号"),
    "staff:password_reset": Words("重设密码"),
    "staff:totp_reset": Words("解绑验证器"),
}

DONE: Mapping[str, Words] = {
    "refund_requested": Words("已申请退款，系统会请求支付渠道退回款项"),
    "refund_decided": Words("已处理受阻的退款"),
    "payment_accepted": Words("已按付足处理"),
    "corrected": Words("输入的订单号有一位不对，这是只差一位的订单，请与买家核对"),
    "saved": Words("已保存"),
    "added": Words("已添加"),
    "seen": Words("已标为处理过"),
    "disabled": Words("账号已停用，其登录已全部失效"),
    "enabled": Words("账号已启用"),
    "role_changed": Words("角色已更改"),
    "password_reset": Words("密码已重设，其登录已全部失效"),
    "totp_reset": Words("验证器已解绑，下次登录时重新绑定"),
    "logged_out": Words("已退出登录"),
}
