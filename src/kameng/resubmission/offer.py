"""Which ways of putting an order right are offered on its page, with what the platform itself found. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from kameng.kernel.text import Words
from kameng.orders.lifecycle import OrderState
from kameng.resubmission.resubmission import Kind, ResubmissionRules, Verdict
from kameng.resubmission.situation import Situation
from kameng.resubmission.verify import since, verify, window


@dataclass(frozen=True)
class Offer:
    """`found` is what was noticed, `cases` when it fits, `button` what the tap says. `needs_owner`: number and tail
    alone won't do. `until`: the end of its window, None where it has none."""

    kind: Kind
    found: Words
    cases: Words
    button: Words
    needs_owner: bool
    until: datetime | None


_NEEDS_OWNER = frozenset({Kind.CORRECT_ACCOUNT, Kind.REPLACE_CODE, Kind.CHANGE_GOODS})

_EXPIRED_WITH_PAYMENT = Words("检测到您的订单支付超时，但您发起过支付。如果已经付款，点击这里马上核对，到账就发货。")
_PAYING = Words("已经付款，页面却没有变化？点击这里马上向支付渠道核对。")
_EXPIRED = Words("检测到您的订单支付超时，点击这里快速补交")
_SOLD_OUT = Words("检测到您的订单因缺货已退款，现在可以发货了，点击这里按原价再买一次")
_PART = Words("检测到您的订单只完成了一部分，点击这里继续发完剩下的")
_IN_DOUBT = Words("检测到供货方迟迟没有结果，点击这里马上催问，核实后自动补交")
_NOT_SENT = Words("充值信息填错了？还没有提交给供货方，可以马上修改")
_OTHER_GOODS = Words("面值选错了？卡密还没查看、也没有提交给供货方，可以换成同一商品的其他面值")
_CODE_FAILS = Words("卡密提示无效或已被使用？点击这里自动更换")

_CASES = {
    Kind.PAID_NOT_SEEN: Words("适用：已扣款但订单显示未支付、支付后页面关闭、支付超时后才到账。"),
    Kind.PAY_AGAIN: Words("适用：支付超时未付款。商品、数量、充值信息和价格照旧，不用重填。"),
    Kind.BUY_AGAIN: Words("适用：付款后缺货已退款，现已到货。商品、数量和价格照旧。"),
    Kind.DELIVER_AGAIN: Words("适用：发货失败、只到了一部分、长时间没有结果。不会重复发货，不会再次收费。"),
    Kind.CORRECT_ACCOUNT: Words("适用：账号、区服或角色填错，且尚未提交给供货方。"),
    Kind.CHANGE_GOODS: Words("适用：同一商品换其他面值。价格相同直接换，更便宜的差价自动原路退回。"),
    Kind.REPLACE_CODE: Words("适用：卡密无效、已被使用、与商品不符。每个订单可自动更换一次。"),
}

_BUTTONS = {
    Kind.PAID_NOT_SEEN: Words("我已付款，马上核对"),
    Kind.PAY_AGAIN: Words("一键补交，重新支付"),
    Kind.BUY_AGAIN: Words("一键补交，再买一次"),
    Kind.DELIVER_AGAIN: Words("一键补交"),
    Kind.CORRECT_ACCOUNT: Words("修改充值信息"),
    Kind.CHANGE_GOODS: Words("更换面值"),
    Kind.REPLACE_CODE: Words("更换卡密"),
}


def offers(order: Situation, rules: ResubmissionRules, *, now: datetime) -> list[Offer]:
    """The likeliest first; nothing while one is under way, and nothing that the rules would decline."""
    if order.open is not None:
        return []
    return [
        Offer(
            kind,
            found,
            _CASES[kind],
            _BUTTONS[kind],
            kind in _NEEDS_OWNER,
            None if order.state is OrderState.AWAITING_PAYMENT else since(kind, order) + window(order, rules),
        )
        for kind, found in _found(order)
        if verify(kind, order, rules, now=now).verdict is not Verdict.DECLINED
    ]


def _found(order: Situation) -> Iterator[tuple[Kind, Words]]:
    yield Kind.PAID_NOT_SEEN, _EXPIRED_WITH_PAYMENT if order.state is OrderState.CANCELLED else _PAYING
    yield Kind.PAY_AGAIN, _EXPIRED
    yield Kind.BUY_AGAIN, _SOLD_OUT
    yield Kind.DELIVER_AGAIN, _IN_DOUBT if order.live else _PART
    yield Kind.CORRECT_ACCOUNT, _NOT_SENT
    yield Kind.CHANGE_GOODS, _OTHER_GOODS
    yield Kind.REPLACE_CODE, _CODE_FAILS
