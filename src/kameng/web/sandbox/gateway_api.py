"""What merchants speak to: submit.php, mapi.php and api.php, as the originals answer."""

from typing import Any

from litestar import Response, get, post, route
from litestar.response import Redirect

from kameng.web.sandbox.behaviour import Act, Call, answer
from kameng.web.sandbox.desk import Declined
from kameng.web.sandbox.pages import said_page
from kameng.web.sandbox.room import AnyRequest, Room, fields_of, room_of


@route("/submit.php", http_method=["GET", "POST"])
async def submit(request: AnyRequest) -> Response[Any]:
    """The buyer's browser brings the order and is led to the pay page."""
    room = room_of(request)
    try:
        order = room.desk.take_order(await fields_of(request))
    except Declined as no:
        return said_page(request, str(no), status=200)
    return Redirect(room.pay_page_of(order, request), status_code=302)


@post("/mapi.php", status_code=200)
async def mapi(request: AnyRequest) -> Response[Any]:
    """The merchant's server brings the order and learns where the buyer pays."""
    room, fields = room_of(request), await fields_of(request)

    def act() -> dict[str, object]:
        order = room.desk.take_order(fields)
        place = room.pay_page_of(order, request)
        return {"code": 1, "msg": "success", "trade_no": order.trade_no, "payurl": place}

    return await answer(room.behaviours.next(Call.MAPI), act)


@get("/api.php")
async def api_by_get(request: AnyRequest) -> Response[Any]:
    return await _api(request)


@post("/api.php", status_code=200)
async def api_by_post(request: AnyRequest) -> Response[Any]:
    return await _api(request)


async def _api(request: AnyRequest) -> Response[Any]:
    room, fields = room_of(request), await fields_of(request)
    call, act = _chosen(room, fields)
    return await answer(room.behaviours.next(call), act)


def _chosen(room: Room, fields: dict[str, str]) -> tuple[Call, Act]:
    match fields.get("act"):
        case "order":
            return Call.ORDER, lambda: room.desk.say_order(fields)
        case "refund":
            return Call.REFUND, lambda: room.desk.send_back(fields)
        case "query":
            return Call.MERCHANT, lambda: room.desk.say_merchant(fields)
        case _:
            return Call.MERCHANT, lambda: {"code": -5, "msg": "No Act!"}
