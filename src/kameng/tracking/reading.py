"""状态解读: what a state means for the buyer, in plain words, chosen by the state and by how it came about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kameng.kernel.text import Words
from kameng.orders.lifecycle import STATE_NAMES, OrderState


class Action(StrEnum):
    """What the buyer can do next."""

    PAY = "pay"
    CANCEL = "cancel"
    REVEAL = "reveal"


@dataclass(frozen=True)
class Told:
    """One event as the outside may know it."""

    id: int
    event: str
    state: OrderState
    actor: str
    facts: Mapping[str, object]
    at: datetime


@dataclass(frozen=True)
class Step:
    """One step of the progress bar; `at` is None until it is reached, `current` marks where things stand."""

    name: Words
    at: datetime | None
    current: bool


EVENT_WORDS: Mapping[str, Words] = {
    "placed": Words("订单已提交"),
    "payment_started": Words("已选择支付方式"),
    "payment_confirmed": Words("已收到付款"),
    "paid_too_little": Words("收到的金额不足，已转人工核对"),
    "surplus_received": Words("收到多余的付款，正在自动退回"),
    "surplus_returned": Words("多余的付款已原路退回"),
    "expired": Words("超过支付时间，订单自动取消"),
    "cancelled_by_buyer": Words("订单已按要求取消"),
    "delivered": Words("已发货"),
    "sold_out": Words("商品已售完，开始退款"),
    "refund_requested": Words("客服已发起退款"),
    "accepted_by_staff": Words("客服核对通过"),
    "refunded": Words("退款已原路退回"),
    "refund_stuck": Words("退款遇到问题，已转人工处理"),
    "revealed": Words("卡密被查看"),
}

_READINGS: Mapping[OrderState, Words] = {
    OrderState.AWAITING_PAYMENT: Words("等待支付。请在倒计时结束前完成支付，超时会自动取消并释放库存。"),
    OrderState.UNDER_REVIEW: Words("收到的金额少于应付金额，正在人工核对。核对后会发货，或原路退款。"),
    OrderState.PAID: Words("已收到付款，正在发货，一般几秒内完成。"),
    OrderState.DELIVERING: Words("正在发货，请稍候。"),
    OrderState.DELIVERED: Words("已发货。卡密就在本页，请尽快使用并妥善保管。"),
    OrderState.COMPLETED: Words("订单已完成。"),
    OrderState.EXCEPTION: Words("退款遇到问题，客服正在处理，您不用重复操作。"),
    OrderState.RESUBMITTING: Words("正在补交，请稍候。"),
    OrderState.CANCELLED: Words("订单已取消。如果您已经付款也不用担心：到账后有货会立即发货，没货会原路退款。"),
    OrderState.REFUNDING: Words("正在原路退款。"),
    OrderState.REFUNDED: Words("退款已原路退回，到账时间以支付渠道为准，一般为 1–3 个工作日。"),
}

_EXPIRED = Words("超过支付时间，订单已自动取消。如果您已经付款也不用担心：到账后有货会立即发货，没货会原路退款。")
_DELIVERED_LATE = Words("付款到得晚了，但还有库存，已为您发货。卡密就在本页，请尽快使用并妥善保管。")
_SOLD_OUT = Words("付款到账时商品已售完，正在原路退款，无需您操作。")
_SOLD_OUT_REFUNDED = Words("付款到账时商品已售完，退款已原路退回，一般 1–3 个工作日到账。")

_ARRIVALS: Mapping[OrderState, Words] = {
    OrderState.AWAITING_PAYMENT: Words("付款确认后立即到账"),
    OrderState.UNDER_REVIEW: Words("核对后立即发货或退款"),
    OrderState.PAID: Words("几秒内到账"),
    OrderState.REFUNDING: Words("一般 1–3 个工作日退到原支付账户"),
    OrderState.REFUNDED: Words("一般 1–3 个工作日退到原支付账户"),
}

_ACTIONS: Mapping[OrderState, tuple[Action, ...]] = {
    OrderState.AWAITING_PAYMENT: (Action.PAY, Action.CANCEL),
    OrderState.DELIVERED: (Action.REVEAL,),
    OrderState.COMPLETED: (Action.REVEAL,),
}


def reading_of(state: OrderState, events: Sequence[Told]) -> Words:
    """The state in plain words, with its cause where that matters to the buyer."""
    happened = {told.event: told for told in events}
    if state is OrderState.CANCELLED and "expired" in happened:
        return _EXPIRED
    if state is OrderState.DELIVERED and "payment_confirmed" in happened:
        # A payment that a person took as enough was never confirmed in full.
        return _DELIVERED_LATE if happened["payment_confirmed"].facts.get("late") else _READINGS[state]
    if state is OrderState.REFUNDING and "sold_out" in happened:
        return _SOLD_OUT
    if state is OrderState.REFUNDED and "sold_out" in happened:
        return _SOLD_OUT_REFUNDED
    return _READINGS[state]


def arrival_of(state: OrderState) -> Words | None:
    """When to expect the goods or the money; None when nothing is on its way."""
    return _ARRIVALS.get(state)


def actions_of(state: OrderState, *, pay_until: datetime, now: datetime) -> tuple[Action, ...]:
    """What the buyer can do next."""
    if state is OrderState.AWAITING_PAYMENT and pay_until <= now:
        return (Action.CANCEL,)
    return _ACTIONS.get(state, ())


def steps_of(state: OrderState, events: Sequence[Told]) -> list[Step]:
    """The progress bar: what was passed, where things stand, what is still to come."""
    reached: dict[OrderState, datetime] = {}
    for told in events:
        reached.setdefault(told.state, told.at)
    path = [OrderState.AWAITING_PAYMENT, *(s for s in _path(state, reached) if s is not OrderState.AWAITING_PAYMENT)]
    return [Step(_STEP_NAMES.get(s, STATE_NAMES[s]), reached.get(s), current=s is state) for s in path]


_STEP_NAMES = {OrderState.AWAITING_PAYMENT: Words("下单"), OrderState.PAID: Words("支付")}


def _path(state: OrderState, reached: Mapping[OrderState, datetime]) -> list[OrderState]:
    detours = (OrderState.CANCELLED, OrderState.UNDER_REVIEW, OrderState.PAID, OrderState.EXCEPTION)
    passed = sorted((s for s in detours if s in reached and s is not state), key=reached.__getitem__)
    if state in {OrderState.REFUNDING, OrderState.REFUNDED, OrderState.EXCEPTION}:
        ending = [OrderState.EXCEPTION] if state is OrderState.EXCEPTION else [OrderState.REFUNDING]
        return [*passed, *ending, OrderState.REFUNDED]
    if state is OrderState.CANCELLED:
        return [OrderState.CANCELLED]
    coming = [s for s in (OrderState.PAID, OrderState.DELIVERED) if s not in passed]
    return [*passed, *([state] if state is OrderState.UNDER_REVIEW else []), *coming]
