"""The page a buyer pays on, with a button for everything that can go right or wrong. Plain forms, no script."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from kameng.web.sandbox.books import Order, Payment
from kameng.web.sandbox.notifier import Manner
from kameng.web.sandbox.pages import page, said_page
from kameng.web.sandbox.room import AnyRequest, Room, fields_of, room_of

# A buyer comes back to the shop after the notify if that is quick, and without it if it is not.
_NOTIFY_AWAITED_S = 3.0
_WRONG_BY_FEN = 100

_METHODS = {"alipay": "支付宝", "wxpay": "微信支付", "qqpay": "QQ 钱包", "bank": "云闪付"}


@dataclass(frozen=True)
class Button:
    """What pressing it does: pays `payments` times, each off by `off_fen`; `notice_off_fen` is what the notify adds
    to the truth."""

    value: str
    label: str
    hint: str
    payments: int = 1
    off_fen: int = 0
    notice_off_fen: int = 0
    manner: Callable[[], Manner] = Manner


BUTTONS = (
    Button("no_notice", "支付但不通知", "钱已付，商店收不到通知", manner=lambda: Manner(silent=True)),
    Button("late_notice", "支付，10 秒后通知", "通知延迟到达", manner=lambda: Manner(delay_s=10)),
    Button("thrice", "支付，通知三次", "同一笔付款重复通知", manner=lambda: Manner(copies=3)),
    Button("twice", "支付两次", "同一订单产生两笔付款", payments=2),
    Button("less", "少付一分", "实付少于应付", off_fen=-1),
    Button("more", "多付一分", "实付多于应付", off_fen=1),
    Button("wrong_notice", "通知金额不符", "实付正确，通知多写 1 元", notice_off_fen=_WRONG_BY_FEN),
)
_PAY = Button("pay", "支付", "")
_BY_VALUE = {button.value: button for button in (_PAY, *BUTTONS)}
_FORGED_NOTE = "已发送伪造通知（签名错误，没有付款）。商店的回答：%s"


@get("/pay/{trade_no:str}")
async def pay_page(request: AnyRequest, trade_no: FromPath[str]) -> Response[Any]:
    room = room_of(request)
    order = room.desk.books.order_numbered(trade_no)
    return _shown(room, order) if order else said_page("没有这笔交易", status=404)


@post("/pay/{trade_no:str}")
async def press(request: AnyRequest, trade_no: FromPath[str]) -> Response[Any]:
    """One of the buttons; leads back to the shop."""
    room, act = room_of(request), (await fields_of(request)).get("act", "")
    order = room.desk.books.order_numbered(trade_no)
    if order is None:
        return said_page("没有这笔交易", status=404)
    if act == "forged":
        told = await room.notifier.ask(room.forged_notice_of(order))
        return _shown(room, order, note=_FORGED_NOTE % (told.said or told.status))
    payment = None
    if act != "leave":
        button = _BY_VALUE.get(act)
        if button is None or order.money_fen + button.off_fen <= 0:
            return said_page("不能这样支付", status=400)
        payment = await _pressed(room, order, button)
    back = room.way_back(order, payment)
    return Redirect(back, status_code=303) if back else _shown(room, order)


async def _pressed(room: Room, order: Order, button: Button) -> Payment:
    payments = [room.desk.collect(order, fen=order.money_fen + button.off_fen) for _ in range(button.payments)]
    manner = room.notifier.manner if button is _PAY else button.manner()
    tasks = []
    for payment in payments:
        notice = room.notice_of(order, payment, fen=payment.paid_fen + button.notice_off_fen)
        tasks += room.notifier.tell(notice, manner=manner)
    if tasks and not manner.delay_s:
        await asyncio.wait(tasks, timeout=_NOTIFY_AWAITED_S)
    return payments[0]


def _shown(room: Room, order: Order, *, note: str | None = None) -> Response[str]:
    return page(
        "pay.html",
        order=order,
        method=_METHODS.get(order.type, order.type),
        payments=room.desk.books.payments(order.out_trade_no),
        buttons=[button for button in BUTTONS if order.money_fen + button.off_fen > 0],
        note=note,
    )
