"""The strings behind the stage, for tests and simulations: set what goes wrong, end orders, compare books. JSON."""

from dataclasses import replace
from typing import Annotated, Any

import msgspec
from litestar import Request, get, post
from litestar.exceptions import HTTPException
from litestar.params import FromQuery, JSONBody

from kameng.web.sandbox.suppliers.course import Course, Mixture
from kameng.web.sandbox.suppliers.emulation import Call
from kameng.web.sandbox.suppliers.room import Room
from kameng.web.sandbox.suppliers.wares import Declined, Ending, No, Purchase, State, Ware
from kameng.web.sandbox.suppliers.whims import Chance, How, Whim

AnyRequest = Request[Any, Any, Any]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=3600)]
Times = Annotated[int, msgspec.Meta(ge=1)]
Copies = Annotated[int, msgspec.Meta(ge=0, le=100)]


class SetEnding(msgspec.Struct, forbid_unknown_fields=True):
    """As `wares.Ending`."""

    state: State = State.DELIVERED
    delivered: int | None = None
    refunds: bool = True
    words: str = ""

    def made(self) -> Ending:
        return Ending(self.state, self.delivered, self.refunds, self.words)


class SetCourse(msgspec.Struct, forbid_unknown_fields=True):
    """As `course.Course`. `times` null: the usual course from now on. `delay_s` null: never by itself."""

    delay_s: Seconds | None = 0.0
    ending: SetEnding = msgspec.field(default_factory=SetEnding)
    copies: Copies = 1
    callback_delay_s: Seconds = 0.0
    silent: bool = False
    hold: bool = False
    times: Times | None = None


class SetMixture(msgspec.Struct, forbid_unknown_fields=True):
    """As `course.Mixture`: from now on orders go all kinds of ways."""

    seed: int = 0
    delay_s: tuple[float, float] = (3.0, 90.0)
    failed: float = 0.08
    partly: float = 0.04
    never: float = 0.02
    twice: float = 0.1
    silent: float = 0.1


class SetWhim(msgspec.Struct, forbid_unknown_fields=True):
    """As `whims.Whim`. `times` null: until another is set for this call, or all are reset."""

    call: Call
    how: How
    times: Times | None = 1
    seconds: Seconds = 15.0
    no: No = No.MAINTENANCE


class SetChance(msgspec.Struct, forbid_unknown_fields=True):
    call: Call
    how: How
    odds: float
    seconds: Seconds = 15.0


class SetChances(msgspec.Struct, forbid_unknown_fields=True):
    chances: list[SetChance]
    seed: int = 0


class SetGoods(msgspec.Struct, forbid_unknown_fields=True):
    """As `wares.Ware`; all goods are put in together."""

    goods: list[Ware]


class ChangeGoods(msgspec.Struct, forbid_unknown_fields=True):
    number: str
    changes: dict[str, Any]


class PutIn(msgspec.Struct, forbid_unknown_fields=True):
    fen: int


class Settle(msgspec.Struct, forbid_unknown_fields=True):
    """Ends a purchase now, and sends its callbacks as planned."""

    number: str = ""
    supplier_no: str = ""
    ending: SetEnding | None = None


class SendCallback(msgspec.Struct, forbid_unknown_fields=True):
    """A callback by hand. `credentials` replace ours in its signature, `changes` are made after it was signed;
    `to_number`: sent where the callbacks of another purchase go."""

    number: str
    to_number: str = ""
    credentials: dict[str, str] = {}
    changes: dict[str, Any] = {}


class Release(msgspec.Struct, forbid_unknown_fields=True):
    newest_first: bool = False


class Reset(msgspec.Struct, forbid_unknown_fields=True):
    books: bool = False


def room_of(request: AnyRequest) -> Room:
    """Several suppliers are told apart by the first part of the path; one alone stands at the root."""
    rooms: dict[str, Room] = request.app.state.rooms
    return rooms.get("") or rooms[request.scope["path"].split("/")[1]]


@post("/control/course", status_code=200)
async def set_course(request: AnyRequest, data: JSONBody[SetCourse]) -> dict[str, bool]:
    course = Course(
        data.delay_s,
        data.ending.made(),
        copies=data.copies,
        callback_delay_s=data.callback_delay_s,
        silent=data.silent,
        hold=data.hold,
    )
    courses = room_of(request).courses
    if data.times is None:
        courses.usual = course
    else:
        courses.add(course, times=data.times)
    return {"set": True}


@post("/control/mixture", status_code=200)
async def set_mixture(request: AnyRequest, data: JSONBody[SetMixture]) -> dict[str, bool]:
    room_of(request).courses.usual = Mixture(**msgspec.structs.asdict(data))
    return {"set": True}


@post("/control/whim", status_code=200)
async def set_whim(request: AnyRequest, data: JSONBody[SetWhim]) -> dict[str, bool]:
    room_of(request).whims.add(data.call, Whim(data.how, data.times, data.seconds, data.no))
    return {"set": True}


@post("/control/chances", status_code=200)
async def set_chances(request: AnyRequest, data: JSONBody[SetChances]) -> dict[str, bool]:
    chances = [Chance(**msgspec.structs.asdict(chance)) for chance in data.chances]
    room_of(request).whims.leave_to_chance(*chances, seed=data.seed)
    return {"set": True}


@post("/control/goods", status_code=200)
async def set_goods(request: AnyRequest, data: JSONBody[SetGoods]) -> dict[str, int]:
    room_of(request).warehouse.stock_up(data.goods)
    return {"goods": room_of(request).warehouse.count()}


@post("/control/change", status_code=200)
async def change_goods(request: AnyRequest, data: JSONBody[ChangeGoods]) -> dict[str, bool]:
    try:
        room_of(request).warehouse.change(data.number, **data.changes)
    except Declined as declined:
        raise HTTPException(status_code=404, detail=declined.no) from None
    return {"changed": True}


@post("/control/money", status_code=200)
async def put_in(request: AnyRequest, data: JSONBody[PutIn]) -> dict[str, int]:
    """Adds to (or takes from) our account."""
    warehouse = room_of(request).warehouse
    warehouse.put_in(data.fen)
    return {"balance_fen": warehouse.balance_fen}


@post("/control/settle", status_code=200)
async def settle(request: AnyRequest, data: JSONBody[Settle]) -> dict[str, Any]:
    room = room_of(request)
    purchase = _purchase(room, data.number, data.supplier_no)
    ended = room.settle(purchase, data.ending.made() if data.ending else None)
    return {"supplier_no": ended.supplier_no, "state": ended.state}


@post("/control/callback", status_code=200)
async def send_callback(request: AnyRequest, data: JSONBody[SendCallback]) -> dict[str, Any]:
    """Sends once and tells what was answered."""
    room = room_of(request)
    purchase = _purchase(room, data.number)
    errand = room.errand(purchase, credentials=data.credentials or None, changes=data.changes)
    if errand is None:
        raise HTTPException(status_code=409, detail="nothing is called back about this purchase")
    url = _purchase(room, data.to_number).callback_url if data.to_number else errand.url
    told = await room.courier.ask(replace(errand, url=url))
    return {"status": told.status, "said": told.said, "acknowledged": told.acknowledged}


@post("/control/release", status_code=200)
async def release(request: AnyRequest, data: JSONBody[Release]) -> dict[str, int]:
    """Sends the held callbacks one after the other; answers when all are sent."""
    return {"released": await room_of(request).courier.release(newest_first=data.newest_first)}


@post("/control/reset", status_code=200)
async def reset(request: AnyRequest, data: JSONBody[Reset]) -> dict[str, bool]:
    """Proper behaviour again; with `books` also empty books. Goods stay."""
    room = room_of(request)
    room.whims.clear()
    room.whims.leave_to_chance()
    room.courses.clear()
    room.courses.usual = Course()
    if data.books:
        room.warehouse.empty()
    return {"reset": True}


@get("/control/books")
async def books(request: AnyRequest, number: FromQuery[str | None] = None) -> dict[str, Any]:
    """What was bought, charged, delivered and given back, by one of our numbers or all; and how callbacks fared."""
    room = room_of(request)
    return {
        **room.warehouse.everything(number),
        "balance_fen": room.warehouse.balance_fen,
        "callbacks": room.courier.tally.rows(),
    }


def _purchase(room: Room, number: str, supplier_no: str = "") -> Purchase:
    purchase = room.warehouse.find(number=number, supplier_no=supplier_no)
    if purchase is None:
        raise HTTPException(status_code=404, detail="nobody ordered this")
    return purchase


STRINGS = (
    *(set_course, set_mixture, set_whim, set_chances, set_goods, change_goods, put_in),
    *(settle, send_callback, release, reset, books),
)
