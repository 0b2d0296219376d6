"""What the console calls things of suppliers, routes and deliveries; see `wording`."""

from collections.abc import Mapping

from kameng.catalogue.phone_segment import OPERATOR_NAMES, Operator
from kameng.desk.exceptions import ExceptionKind
from kameng.fulfilment.attempt import AskedBy, AttemptState, DeliveryState
from kameng.kernel.text import Words
from kameng.supply.answer import Reason
from kameng.supply.goods import GoodsKind
from kameng.supply.price_drift import ABOVE_LOSS_GUARD, PRICE_DRIFT
from kameng.supply.restock import VERDICT_NAMES
from kameng.supply.routing import PassedOver, Strategy
from kameng.supply.troubles import TroubleKind

OPERATORS: Mapping[Operator, Words] = OPERATOR_NAMES
RESTOCK = VERDICT_NAMES

ATTEMPTS: Mapping[AttemptState, Words] = {
    AttemptState.CALLING: Words("正在下单"),
    AttemptState.PLACED: Words("货源已接单"),
    AttemptState.IN_DOUBT: Words("存疑"),
    AttemptState.DELIVERED: Words("已到货"),
    AttemptState.PARTLY: Words("部分到货"),
    AttemptState.FAILED: Words("失败"),
    AttemptState.REFUSED: Words("货源拒单"),
}

ATTEMPT_COLOURS: Mapping[AttemptState, str] = {
    AttemptState.CALLING: "azure",
    AttemptState.PLACED: "blue",
    AttemptState.IN_DOUBT: "orange",
    AttemptState.DELIVERED: "green",
    AttemptState.PARTLY: "lime",
    AttemptState.FAILED: "secondary",
    AttemptState.REFUSED: "secondary",
}

DELIVERIES: Mapping[DeliveryState, Words] = {
    DeliveryState.OPEN: Words("进行中"),
    DeliveryState.DONE: Words("已全部到货"),
    DeliveryState.GIVEN_UP: Words("已放弃"),
    DeliveryState.STUCK: Words("等待人工"),
}

DELIVERY_COLOURS: Mapping[DeliveryState, str] = {
    DeliveryState.OPEN: "blue",
    DeliveryState.DONE: "green",
    DeliveryState.GIVEN_UP: "secondary",
    DeliveryState.STUCK: "red",
}

OCCASIONS: Mapping[AskedBy, Words] = {
    AskedBy.PLACE: Words("下单"),
    AskedBy.QUERY: Words("查询"),
    AskedBy.CALLBACK: Words("回调"),
    AskedBy.CANCEL: Words("撤单"),
    AskedBy.COMPLAINT: Words("投诉"),
    AskedBy.STAFF: Words("人工核实"),
}

SAID: Mapping[str, Words] = {
    "intended": Words("发出请求"),
    "accepted": Words("已接单，处理中"),
    "refused": Words("拒绝"),
    "indoubt": Words("答复不明"),
    "notfound": Words("查无此单"),
    "delivered": Words("已到货"),
    "failed": Words("失败"),
    "partly": Words("部分到货"),
    "cancelled": Words("已撤单"),
    "cancelasked": Words("已申请撤单"),
    "complaintfiled": Words("已受理投诉"),
}

REASONS: Mapping[Reason, Words] = {
    Reason.OUT_OF_STOCK: Words("货源缺货"),
    Reason.COSTS_TOO_MUCH: Words("货源价格高于上限"),
    Reason.BALANCE_LOW: Words("在货源处的余额不足"),
    Reason.WRONG_ACCOUNT: Words("充值账号有误"),
    Reason.GOODS_GONE: Words("货源已下架该商品"),
    Reason.NOT_ALLOWED: Words("货源不允许"),
    Reason.TOO_OFTEN: Words("请求过于频繁"),
    Reason.OPERATOR_TROUBLE: Words("运营商故障或维护"),
    Reason.CANCELLED: Words("已撤单"),
    Reason.NOT_SUPPORTED: Words("货源不支持"),
    Reason.OTHER: Words("其他原因"),
}

PASSED_OVER: Mapping[PassedOver, Words] = {
    PassedOver.STOPPED: Words("线路或货源已停用"),
    PassedOver.GOODS_GONE: Words("货源已下架或没有这个商品"),
    PassedOver.SOLD_OUT: Words("货源缺货"),
    PassedOver.COSTS_TOO_MUCH: Words("进价高于上限（防亏损）"),
    PassedOver.OTHER_OPERATOR: Words("不支持这个运营商"),
    PassedOver.TOO_LARGE: Words("面额不能凑整"),
    PassedOver.TOO_FEW: Words("低于货源的起购数量"),
    PassedOver.TRIED_ALREADY: Words("这单已试过且失败"),
    PassedOver.CLOSED_NOW: Words("不在供货时段"),
    PassedOver.IN_TROUBLE: Words("货源故障中，已避开"),
    PassedOver.BUSY: Words("货源并发已满，排队中"),
    PassedOver.UNREADABLE: Words("货源配置无法使用"),
    PassedOver.LESS_PREFERRED: Words("可用，但排在后面"),
}

BECAUSE: Mapping[str, Words] = {
    Strategy.PRIORITY: Words("按优先级和权重选中"),
    Strategy.CHEAPEST: Words("成本最低，选中"),
    Strategy.FASTEST: Words("到账最快，选中"),
    "probe": Words("探测单：看故障是否恢复"),
}

STOPPED: Mapping[str, Words] = {
    PRICE_DRIFT: Words("货源涨价超过容忍度，自动停用"),
    ABOVE_LOSS_GUARD: Words("货源现价高于进价上限，自动停用"),
}

TROUBLES: Mapping[TroubleKind, Words] = {
    TroubleKind.FAILING: Words("失败率升高"),
    TroubleKind.SLOW: Words("到账变慢"),
    TroubleKind.SILENT: Words("没有回音"),
}

GOODS: Mapping[GoodsKind, Words] = {GoodsKind.CODE: Words("卡密"), GoodsKind.TOP_UP: Words("直充")}

EXCEPTIONS: Mapping[ExceptionKind, Words] = {
    ExceptionKind.IN_DOUBT: Words("存疑"),
    ExceptionKind.STUCK: Words("卡住"),
    ExceptionKind.HELD: Words("部分到货，余下无路"),
    ExceptionKind.SLOW: Words("偏慢"),
    ExceptionKind.WAITING: Words("等待线路"),
}

EXCEPTION_COLOURS: Mapping[ExceptionKind, str] = {
    ExceptionKind.IN_DOUBT: "orange",
    ExceptionKind.STUCK: "red",
    ExceptionKind.HELD: "red",
    ExceptionKind.SLOW: "azure",
    ExceptionKind.WAITING: "azure",
}
