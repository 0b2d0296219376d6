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
    PROVE = "prove"


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
    "delivery_started": Words("开始处理"),
    "sent_to_supplier": Words("已提交给供货方"),
    "result_in_doubt": Words("供货方没有明确答复，正在核实（不会重复下单）"),
    "partly_delivered": Words("已完成一部分"),
    "attempt_failed": Words("这条线路没有成功，正在换一条"),
    "delivery_stuck": Words("已转人工核实"),
    "undeliverable": Words("没有线路可以完成，开始退款"),
    "sold_out": Words("商品已售完，开始退款"),
    "refund_requested": Words("客服已发起退款"),
    "accepted_by_staff": Words("客服核对通过"),
    "proof_asked": Words("付款已收到，等待买家验证"),
    "proof_given": Words("买家已通过验证"),
    "held_for_review": Words("已转人工审核"),
    "hold_expired": Words("超过时限没有完成验证或审核，开始退款"),
    "refunded": Words("退款已原路退回"),
    "refund_promised": Words("客服已发起部分退款"),
    "part_refunded": Words("部分退款已原路退回"),
    "refund_after_delivery": Words("客服已发起全额退款"),
    "refund_stuck": Words("退款遇到问题，已转人工处理"),
    "revealed": Words("卡密被查看"),
    "resubmitted": Words("已补交，继续处理（不会重复发货）"),
    "correction_asked": Words("充值信息有误，等待修改"),
    "correction_given": Words("充值信息已修改，继续处理"),
    "goods_changed": Words("已换成其他面值，继续处理"),
    "correction_missed": Words("超过时限没有修改充值信息，开始退款"),
    "cancelled_after_payment": Words("付款后已按要求取消，开始退款"),
    "arrival_confirmed": Words("已确认收货"),
    "stood_too_long": Words("比预计的久，已转客服处理"),
    "taken_in_hand": Words("客服已接手处理"),
}

_READINGS: Mapping[OrderState, Words] = {
    OrderState.AWAITING_PAYMENT: Words("等待支付。请在倒计时结束前完成支付，超时会自动取消并释放库存。"),
    OrderState.UNDER_REVIEW: Words("收到的金额少于应付金额，正在人工核对。核对后会发货，或原路退款。"),
    OrderState.PAID: Words("已收到付款，正在发货，一般几秒内完成。"),
    OrderState.DELIVERING: Words("正在发货，请稍候。"),
    OrderState.DELIVERED: Words("已发货。卡密就在本页，请尽快使用并妥善保管。"),
    OrderState.COMPLETED: Words("订单已完成。"),
    OrderState.EXCEPTION: Words("退款遇到问题，客服正在处理，您不用重复操作。"),
    OrderState.RESUBMITTING: Words("补交中：正在继续发货，不会重复发货，也不会再次收费。完成后本页会自动更新。"),
    OrderState.CANCELLED: Words("订单已取消。如果您已经付款也不用担心：到账后有货会立即发货，没货会原路退款。"),
    OrderState.REFUNDING: Words("正在原路退款。"),
    OrderState.REFUNDED: Words("退款已原路退回，到账时间以支付渠道为准，一般为 1–3 个工作日。"),
}

_EXPIRED = Words("超过支付时间，订单已自动取消。如果您已经付款也不用担心：到账后有货会立即发货，没货会原路退款。")
_DELIVERED_LATE = Words("付款到得晚了，但还有库存，已为您发货。卡密就在本页，请尽快使用并妥善保管。")
_SOLD_OUT = Words("付款到账时商品已售完，正在原路退款，无需您操作。")
_SOLD_OUT_REFUNDED = Words("付款到账时商品已售完，退款已原路退回，一般 1–3 个工作日到账。")

_CHOOSING = Words("正在为您安排供货线路，安排好后立即处理，本页会自动更新，您不用刷新。")
_TOPPING_UP = Words("充值中：运营商或平台正在处理，到账后本页会自动更新，您不用刷新。")
_IN_DOUBT = Words("供货方还没有给出明确结果，我们正在逐笔核实。为避免重复充值，核实之前不会再次提交。")
_ANOTHER_ROUTE = Words("上一条线路没有成功，正在换一条线路继续处理，您不用重新下单。")
_PARTLY = Words("已完成一部分，剩下的正在继续处理。")
_TOPPED_UP = Words("已到账。请在您的账号里查看；如有疑问，请保留本页。")
_STUCK = Words("处理时间比平时长，已由专人向供货方核实。结果出来后会立即发货，或原路退款。")
_STUCK_IN_PART = Words("已完成一部分，剩下的暂时没有线路可以完成，已由专人处理：补齐，或退回余款。您不用重新下单。")
_UNDELIVERABLE = Words("暂时没有线路可以完成这笔订单，正在原路退款，无需您操作。")
_UNDELIVERABLE_REFUNDED = Words("没有线路可以完成这笔订单，退款已原路退回，一般 1–3 个工作日到账。")

_PROVE = Words("付款已收到。为了防止盗刷，这笔订单需要再验证一次：请填写下单时的完整手机号或邮箱，通过后立即发货。")
_REVIEWED = Words("付款已收到，正在由专人审核，审核通过后立即发货，否则原路退款。您不用重复付款或重新下单。")
_UNPROVEN = Words("超过时限没有完成验证或审核，为了您的资金安全，正在原路退款，无需您操作。")
_UNPROVEN_REFUNDED = Words("超过时限没有完成验证或审核，退款已原路退回，一般 1–3 个工作日到账。")

_CORRECT = Words("供货方无法使用您填写的充值信息。请在本页修改，修改后立即继续充值；超过时限未修改会自动原路退款。")
_UNCORRECTED = Words("超过时限没有修改充值信息，正在原路退款，无需您操作。")
_UNCORRECTED_REFUNDED = Words("超过时限没有修改充值信息，退款已原路退回，一般 1–3 个工作日到账。")
_BY_HAND = Words("客服已通过其他方式退款")
_REFUNDED_BY_HAND = Words("客服已通过其他方式（如转账）把退款给您。如果没有收到，请从本页联系售后。")
_TAKEN_BACK = Words("订单已按您的要求取消，正在原路退款，无需您操作。")
_TAKEN_BACK_REFUNDED = Words("订单已按您的要求取消，退款已原路退回，一般 1–3 个工作日到账。")

# What the last thing that happened to a delivery means while it goes on.
_DELIVERING: Mapping[str, Words] = {
    "result_in_doubt": _IN_DOUBT,
    "attempt_failed": _ANOTHER_ROUTE,
    "partly_delivered": _PARTLY,
}

# A state that came about by an event which matters to the buyer.
_CAUSED: Mapping[tuple[OrderState, str], Words] = {
    (OrderState.CANCELLED, "expired"): _EXPIRED,
    (OrderState.EXCEPTION, "delivery_stuck"): _STUCK,
    (OrderState.REFUNDING, "correction_missed"): _UNCORRECTED,
    (OrderState.REFUNDED, "correction_missed"): _UNCORRECTED_REFUNDED,
    (OrderState.REFUNDING, "cancelled_after_payment"): _TAKEN_BACK,
    (OrderState.REFUNDED, "cancelled_after_payment"): _TAKEN_BACK_REFUNDED,
    # A person looks at what its buyer could not release.
    (OrderState.UNDER_REVIEW, "held_for_review"): _REVIEWED,
    (OrderState.UNDER_REVIEW, "proof_asked"): _PROVE,
    (OrderState.REFUNDING, "hold_expired"): _UNPROVEN,
    (OrderState.REFUNDED, "hold_expired"): _UNPROVEN_REFUNDED,
    (OrderState.REFUNDING, "undeliverable"): _UNDELIVERABLE,
    (OrderState.REFUNDED, "undeliverable"): _UNDELIVERABLE_REFUNDED,
    (OrderState.REFUNDING, "sold_out"): _SOLD_OUT,
    (OrderState.REFUNDED, "sold_out"): _SOLD_OUT_REFUNDED,
}

_ARRIVALS: Mapping[OrderState, Words] = {
    OrderState.AWAITING_PAYMENT: Words("付款确认后立即发货"),
    OrderState.UNDER_REVIEW: Words("核对后立即发货或退款"),
    OrderState.PAID: Words("几秒内到账"),
    OrderState.REFUNDING: Words("一般 1–3 个工作日退到原支付账户"),
    OrderState.REFUNDED: Words("一般 1–3 个工作日退到原支付账户"),
}

_TOP_UP_ARRIVALS: Mapping[OrderState, Words] = {
    OrderState.AWAITING_PAYMENT: Words("付款确认后立即提交充值，一般几分钟内到账"),
    OrderState.PAID: Words("马上提交充值，一般几分钟内到账"),
}

_ACTIONS: Mapping[OrderState, tuple[Action, ...]] = {
    OrderState.AWAITING_PAYMENT: (Action.PAY, Action.CANCEL),
    OrderState.DELIVERED: (Action.REVEAL,),
    OrderState.COMPLETED: (Action.REVEAL,),
}


def reading_of(state: OrderState, events: Sequence[Told], *, is_top_up: bool) -> Words:
    """The state in plain words, with its cause where that matters to the buyer."""
    happened = {told.event: told for told in events}
    if state is OrderState.DELIVERING:
        return _delivering(events, is_top_up=is_top_up)
    if state in {OrderState.DELIVERED, OrderState.COMPLETED} and is_top_up:
        return _TOPPED_UP
    if state is OrderState.DELIVERED and "payment_confirmed" in happened:
        # A payment that a person took as enough was never confirmed in full.
        return _DELIVERED_LATE if happened["payment_confirmed"].facts.get("late") else _READINGS[state]
    if state is OrderState.EXCEPTION and _last_of(events, "correction_asked", "delivery_stuck") == "correction_asked":
        return _CORRECT
    if state is OrderState.EXCEPTION and "refund_stuck" in happened:
        return _READINGS[state]
    if state is OrderState.EXCEPTION and {"delivery_stuck", "partly_delivered"} <= happened.keys():
        return _STUCK_IN_PART
    if _is_back_by_hand(state, events):
        return _REFUNDED_BY_HAND
    causes = (words for (in_state, event), words in _CAUSED.items() if in_state is state and event in happened)
    return next(causes, _READINGS[state])


def _is_back_by_hand(state: OrderState, events: Sequence[Told]) -> bool:
    """The last of the money went back by another way than it came."""
    last = next((told for told in reversed(events) if told.event == "refunded"), None)
    return state is OrderState.REFUNDED and last is not None and bool(last.facts.get("by_hand"))


def _last_of(events: Sequence[Told], *names: str) -> str | None:
    return next((told.event for told in reversed(events) if told.event in names), None)


def _delivering(events: Sequence[Told], *, is_top_up: bool) -> Words:
    """By what happened last, but a part that has arrived is not forgotten."""
    happened = [told.event for told in events]
    last = next((event for event in reversed(happened) if event in _DELIVERING or event == "sent_to_supplier"), None)
    if last is None:
        return _CHOOSING
    if "partly_delivered" in happened and last != "result_in_doubt":
        return _PARTLY
    return _DELIVERING.get(last, _TOPPING_UP if is_top_up else _READINGS[OrderState.DELIVERING])


def state_name_of(state: OrderState, *, is_top_up: bool) -> Words:
    """What the buyer reads as the state: a top-up is charged and arrives, codes are sent."""
    return _TOP_UP_NAMES.get(state, STATE_NAMES[state]) if is_top_up else STATE_NAMES[state]


def event_words_of(event: str, facts: Mapping[str, object], *, is_top_up: bool) -> Words:
    """One line of the timeline."""
    if facts.get("by_hand"):
        return _BY_HAND
    return _TOP_UP_EVENTS.get(event, EVENT_WORDS[event]) if is_top_up else EVENT_WORDS[event]


_TOP_UP_EVENTS: Mapping[str, Words] = {"delivered": Words("已到账")}
_TOP_UP_NAMES: Mapping[OrderState, Words] = {
    OrderState.DELIVERING: Words("充值中"),
    OrderState.DELIVERED: Words("已到账"),
}


def arrival_of(state: OrderState, events: Sequence[Told], *, is_top_up: bool) -> Words | None:
    """When to expect the goods or the money; None when nothing is on its way."""
    if _is_back_by_hand(state, events):
        return None
    return _TOP_UP_ARRIVALS.get(state, _ARRIVALS.get(state)) if is_top_up else _ARRIVALS.get(state)


def actions_of(
    state: OrderState, events: Sequence[Told], *, pay_until: datetime, now: datetime, is_top_up: bool
) -> tuple[Action, ...]:
    """What the buyer can do next. Of a top-up there is nothing to show."""
    if prove_by(state, events) is not None:
        return (Action.PROVE,)
    if is_top_up and state in {OrderState.DELIVERED, OrderState.COMPLETED}:
        return ()
    if state is OrderState.AWAITING_PAYMENT and pay_until <= now:
        return (Action.CANCEL,)
    return _ACTIONS.get(state, ())


def prove_by(state: OrderState, events: Sequence[Told]) -> datetime | None:
    """Until when the buyer can release the order by a second proof; None where that is not what it waits for."""
    if state is not OrderState.UNDER_REVIEW:
        return None
    why = {"proof_asked", "held_for_review", "paid_too_little"}
    last = next((told for told in reversed(events) if told.event in why), None)
    return datetime.fromisoformat(str(last.facts["decide_by"])) if last and last.event == "proof_asked" else None


def steps_of(state: OrderState, events: Sequence[Told], *, is_top_up: bool) -> list[Step]:
    """The progress bar: what was passed, where things stand, what is still to come."""
    reached: dict[OrderState, datetime] = {}
    for told in events:
        reached.setdefault(told.state, told.at)
    path = [OrderState.AWAITING_PAYMENT, *(s for s in _path(state, reached) if s is not OrderState.AWAITING_PAYMENT)]
    return [
        Step(_STEP_NAMES.get(s) or state_name_of(s, is_top_up=is_top_up), reached.get(s), current=s is state)
        for s in path
    ]


_STEP_NAMES = {OrderState.AWAITING_PAYMENT: Words("下单"), OrderState.PAID: Words("支付")}


def _path(state: OrderState, reached: Mapping[OrderState, datetime]) -> list[OrderState]:
    detours = (
        OrderState.CANCELLED,
        OrderState.UNDER_REVIEW,
        OrderState.PAID,
        OrderState.DELIVERING,
        OrderState.EXCEPTION,
        OrderState.RESUBMITTING,
    )
    passed = sorted((s for s in detours if s in reached and s is not state), key=reached.__getitem__)
    if state is OrderState.EXCEPTION and OrderState.DELIVERING in reached and OrderState.REFUNDING not in reached:
        return [*passed, state, OrderState.DELIVERED]
    if state in {OrderState.REFUNDING, OrderState.REFUNDED, OrderState.EXCEPTION}:
        ending = [OrderState.EXCEPTION] if state is OrderState.EXCEPTION else [OrderState.REFUNDING]
        return [*passed, *ending, OrderState.REFUNDED]
    if state is OrderState.CANCELLED:
        return [OrderState.CANCELLED]
    if state is OrderState.COMPLETED:
        return [*passed, OrderState.DELIVERED, state]
    here = [state] if state in {OrderState.UNDER_REVIEW, OrderState.DELIVERING, OrderState.RESUBMITTING} else []
    coming = [s for s in (OrderState.PAID, OrderState.DELIVERED) if s not in passed]
    return [*passed, *here, *coming]
