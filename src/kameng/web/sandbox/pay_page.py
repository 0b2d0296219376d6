"""The page a buyer pays on, with a button for everything that can go right or wrong. Plain forms, no script."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from kameng.kernel.text import Words
from kameng.web.sandbox.books import Order, Payment
from kameng.web.sandbox.notifier import Manner
from kameng.web.sandbox.pages import page, said_page
from kameng.web.sandbox.room import AnyRequest, Room, fields_of, room_of

# A buyer comes back to the shop after the notify if that is quick, and without it if it is not.
_NOTIFY_AWAITED_S = 3.0
_WRONG_BY_FEN = 100

_METHODS = {
    "alipay": Words("支付宝"),
    "wxpay": Words("微信支付"),
    "qqpay": Words("QQ 钱包"),
    "bank": Words("云闪付"),
}


@dataclass(frozen=True)
class Button:
    """What pressing it does: pays `payments` times, each off by `off_fen`; `notice_off_fen` is what the notify adds
    to the truth."""

    value: str
    label: Words
    hint: Words | None
    payments: int = 1
    off_fen: int = 0
    notice_off_fen: int = 0
    manner: Callable[[], Manner] = Manner


BUTTONS = (
    Button("no_notice", Words("支付但不通知"), Words("钱已付，商店收不到通知"), manner=lambda: Manner(silent=True)),
    Button("late_notice", Words("支付，10 秒后通知"), Words("通知延迟到达"), manner=lambda: Manner(delay_s=10)),
    Button("thrice", Words("支付，通知三次"), Words("同一笔付款重复通知"), manner=lambda: Manner(copies=3)),
    Button("twice", Words("支付两次"), Words("同一订单产生两笔付款"), payments=2),
    Button("less", Words("少付一分"), Words("实付少于应付"), off_fen=-1),
    Button("more", Words("多付一分"), Words("实付多于应付"), off_fen=1),
    Button("wrong_notice", Words("通知金额不符"), Words("实付正确，通知多写 1 元"), notice_off_fen=_WRONG_BY_FEN),
)
_PAY = Button("pay", Words("支付"), None)
_BY_VALUE = {button.value: button for button in (_PAY, *BUTTONS)}
_NO_SUCH_TRADE = Words("没有这笔交易")


@get("/pay/{trade_no:str}")
async def pay_page(request: AnyRequest, trade_no: FromPath[str]) -> Response[Any]:
    room = room_of(request)
    order = room.desk.books.order_numbered(trade_no)
    return _shown(request, order) if order else said_page(request, _NO_SUCH_TRADE, status=404)


@post("/pay/{trade_no:str}")
async def press(request: AnyRequest, trade_no: FromPath[str]) -> Response[Any]:
    """One of the buttons; leads back to the shop."""
    room, act = room_of(request), (await fields_of(request)).get("act", "")
    order = room.desk.books.order_numbered(trade_no)
    if order is None:
        return said_page(request, _NO_SUCH_TRADE, status=404)
    if act == "forged":
        told = await room.notifier.ask(room.forged_notice_of(order))
        return _shown(request, order, forged=told.said or str(told.status))
    payment = None
    if act != "leave":
        button = _BY_VALUE.get(act)
        if button is None or order.money_fen + button.off_fen <= 0:
            return said_page(request, Words("不能这样支付"), status=400)
        payment = await _pressed(room, order, button)
    back = room.way_back(order, payment)
    return Redirect(back, status_code=303) if back else _shown(request, order)


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


def _shown(request: AnyRequest, order: Order, *, forged: str | None = None) -> Response[str]:
    """`forged`: what the shop answered to a forged notify."""
    return page(
        request,
        "pay.html",
        order=order,
        method=_METHODS.get(order.type, order.type),
        payments=room_of(request).desk.books.payments(order.out_trade_no),
        buttons=[button for button in BUTTONS if order.money_fen + button.off_fen > 0],
        forged=forged,
    )
