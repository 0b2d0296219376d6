"""The strings behind the stage, for tests and simulations: set what goes wrong, pay, compare books. JSON."""

import asyncio
from typing import Annotated, Any

import msgspec
from litestar import get, post
from litestar.exceptions import HTTPException
from litestar.params import FromQuery, JSONBody

from kameng.kernel.money import fen_of
from kameng.web.sandbox.behaviour import Behaviour, Call, How
from kameng.web.sandbox.books import Order, Payment
from kameng.web.sandbox.notifier import Manner, Notice, Told
from kameng.web.sandbox.room import AnyRequest, Room, room_of

Seconds = Annotated[float, msgspec.Meta(ge=0, le=3600)]
Copies = Annotated[int, msgspec.Meta(ge=1, le=100)]


class SetBehaviour(msgspec.Struct, forbid_unknown_fields=True):
    """`times` null: until another is set for this call, or all are reset."""

    call: Call
    how: How
    times: Annotated[int, msgspec.Meta(ge=1)] | None = 1
    seconds: Seconds = 15.0


class SetNotify(msgspec.Struct, forbid_unknown_fields=True):
    """How every later notify is sent, unless a call says otherwise."""

    copies: Copies = 1
    delay_s: Seconds = 0.0
    hold: bool = False
    silent: bool = False


class Release(msgspec.Struct, forbid_unknown_fields=True):
    newest_first: bool = False


class Pay(msgspec.Struct, forbid_unknown_fields=True):
    """`money` and `notify_money` in yuan; None means what was asked, and what was paid. `wait` answers only after
    each notify was tried once, and says what the merchant answered."""

    out_trade_no: str
    money: str | None = None
    notify_money: str | None = None
    notify: SetNotify | None = None
    wait: bool = False


class SendNotice(msgspec.Struct, forbid_unknown_fields=True):
    """A notify by hand: of the last payment again, or (`forged`) of one that never was."""

    out_trade_no: str
    trade_no: str | None = None
    money: str | None = None
    forged: bool = False


class Reset(msgspec.Struct, forbid_unknown_fields=True):
    books: bool = False


@post("/control/behaviour", status_code=200)
async def set_behaviour(request: AnyRequest, data: JSONBody[SetBehaviour]) -> dict[str, str]:
    room_of(request).behaviours.add(data.call, Behaviour(data.how, data.times, data.seconds))
    return {"set": data.how}


@post("/control/notify", status_code=200)
async def set_notify(request: AnyRequest, data: JSONBody[SetNotify]) -> dict[str, bool]:
    room_of(request).notifier.manner = _manner(data)
    return {"set": True}


@post("/control/release", status_code=200)
async def release(request: AnyRequest, data: JSONBody[Release]) -> dict[str, bool]:
    """Sends the held notifies one after the other; answers when all are sent."""
    await asyncio.gather(*room_of(request).notifier.release(newest_first=data.newest_first))
    return {"released": True}


@post("/control/pay", status_code=200)
async def pay(request: AnyRequest, data: JSONBody[Pay]) -> dict[str, Any]:
    room = room_of(request)
    order = _order(room, data.out_trade_no)
    payment = room.desk.collect(order, fen=_fen(data.money))
    notice = room.notice_of(order, payment, fen=_fen(data.notify_money))
    said = {"trade_no": payment.trade_no, "paid_fen": payment.paid_fen}
    if data.wait:
        return said | {"notified": [_told(await room.notifier.ask(notice))]}
    room.notifier.tell(notice, manner=_manner(data.notify) if data.notify else None)
    return said


@post("/control/notice", status_code=200)
async def send_notice(request: AnyRequest, data: JSONBody[SendNotice]) -> dict[str, Any]:
    room = room_of(request)
    order = _order(room, data.out_trade_no)
    return _told(await room.notifier.ask(_notice(room, order, data)))


@post("/control/reset", status_code=200)
async def reset(request: AnyRequest, data: JSONBody[Reset]) -> dict[str, bool]:
    """Proper behaviour again; with `books` also empty books."""
    room = room_of(request)
    room.behaviours.clear()
    room.notifier.manner = Manner()
    if data.books:
        room.desk.books.empty()
    return {"reset": True}


@get("/control/books")
async def books(request: AnyRequest, out_trade_no: FromQuery[str | None] = None) -> dict[str, Any]:
    """What was asked, really paid and really sent back, and how many notifies were sent."""
    room = room_of(request)
    tally = room.notifier.tally
    counts = {"sent": tally.sent, "acknowledged": tally.acknowledged, "given_up": tally.given_up}
    return {**room.desk.books.everything(out_trade_no), "notices": counts}


@get("/control/notices")
async def notices(request: AnyRequest) -> list[dict[str, Any]]:
    """The last notifies sent, and what the merchant answered."""
    return room_of(request).notifier.tally.rows()


def _order(room: Room, out_trade_no: str) -> Order:
    order = room.desk.books.order(out_trade_no)
    if order is None:
        raise HTTPException(status_code=404, detail="nobody asked for this payment")
    return order


def _fen(money: str | None) -> int | None:
    try:
        return fen_of(money) if money is not None else None
    except ValueError:
        raise HTTPException(status_code=400, detail="not an amount in yuan") from None


def _notice(room: Room, order: Order, data: SendNotice) -> Notice:
    if data.forged:
        return room.forged_notice_of(order)
    return room.notice_of(order, _payment(room, order, data.trade_no), fen=_fen(data.money))


def _payment(room: Room, order: Order, trade_no: str | None) -> Payment:
    for payment in reversed(room.desk.books.payments(order.out_trade_no)):
        if trade_no in {None, payment.trade_no}:
            return payment
    raise HTTPException(status_code=404, detail="nothing was paid")


def _manner(data: SetNotify) -> Manner:
    return Manner(copies=data.copies, delay_s=data.delay_s, hold=data.hold, silent=data.silent)


def _told(told: Told) -> dict[str, Any]:
    return {"status": told.status, "said": told.said}
