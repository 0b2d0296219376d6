"""Finding orders, and everything about one of them."""

from datetime import timedelta
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, Parameter
from litestar.status_codes import HTTP_204_NO_CONTENT

from kameng.desk.actions import Act
from kameng.desk.delivery import find_vault_attempt
from kameng.desk.find_orders import FoundBy, FoundOrder, find_orders
from kameng.desk.numbers import DELIVERED_WITHIN
from kameng.desk.orders import (
    UNSETTLED,
    list_held_receipts,
    list_newest,
    list_unsettled,
    list_unsettled_refunds,
    order_version,
)
from kameng.kernel.database import Database
from kameng.orders.lifecycle import OrderState
from kameng.orders.lock import OrderMissing
from kameng.orders.number import OrderId, printed, read
from kameng.staff.roles import Permission
from kameng.web.console import order_wording
from kameng.web.console.door import AnyRequest, Desk, needs
from kameng.web.console.order_view import Doing, show_form, show_live, show_order
from kameng.web.console.pages import EXCEPTIONS, back_to, show, typed

LOOK = [needs(Permission.ORDER_LOOK)]


@get("/orders", guards=LOOK)
async def orders_page(request: AnyRequest, db: NamedDependency[Database]) -> Response[str]:
    """The newest orders, or those of an unsettled state; `late` leaves out what is not overdue yet."""
    wanted = request.query_params.get("state", "")
    state = OrderState(wanted) if wanted in UNSETTLED else None
    waiting = DELIVERED_WITHIN if request.query_params.get("late") else timedelta(0)
    lines = await list_unsettled(db, state, waiting=waiting) if state else await list_newest(db)
    return show(request, "console/orders.html", orders=lines, state=state, late=waiting > timedelta(0), found=None)


@post("/orders", guards=LOOK, status_code=200)
async def search(request: AnyRequest, desk: NamedDependency[Desk]) -> Response[Any]:
    """By post, because what is typed can be a phone number or a code, and addresses are written into logs."""
    text = (await typed(request)).get("q", "")
    if not text:
        return back_to("/console/orders")
    found = await find_orders(db=desk.db, keyring=desk.keyring, typed=text, looker=desk.looker)
    if not found:
        async with desk.db.reading() as connection:
            if (attempt_id := await find_vault_attempt(connection, text)) is not None:
                return back_to(f"{EXCEPTIONS}/{attempt_id}")
    if len(found) == 1:
        return back_to(order_path(found[0].line.id), done=_found_by(found[0]))
    by = {one.line.id: one.by for one in found}
    lines = [one.line for one in found]
    return show(
        request, "console/orders.html", orders=lines, state=None, late=False, found=by, form={"q": text},
        wording=order_wording,
    )  # fmt: skip


def _found_by(one: FoundOrder) -> str:
    if FoundBy.NUMBER in one.by:
        return ""
    return "corrected" if FoundBy.CORRECTED_NUMBER in one.by else f"found_{one.by[0]}"


@get("/orders/{order_no:str}", guards=LOOK)
async def order_page(desk: NamedDependency[Desk], order_no: FromPath[str]) -> Response[str]:
    return await show_order(desk, order_id_of(order_no))


@get("/orders/{order_no:str}/live", guards=LOOK)
async def order_live(
    desk: NamedDependency[Desk], order_no: FromPath[str], seen: str = Parameter(default="", max_length=64)
) -> Response[Any]:
    """What changes of a page that stands open; nothing while it is as it was seen."""
    order_id = order_id_of(order_no)
    async with desk.db.reading() as connection:
        if await order_version(connection, order_id) == seen:
            return Response(None, status_code=HTTP_204_NO_CONTENT)
    return await show_live(desk, order_id)


@get("/orders/{order_no:str}/do/{act:str}", guards=LOOK)
async def act_page(
    desk: NamedDependency[Desk], order_no: FromPath[str], act: FromPath[str], of: int | None = None
) -> Response[Any]:
    """The form of something that can be done, and what follows from it; nothing happens by looking at it."""
    order_id = order_id_of(order_no)
    if act not in set(Act):
        raise NotFoundException
    if desk.request.headers.get("hx-request"):
        return await show_form(desk, order_id, Doing(Act(act), of))
    return await show_order(desk, order_id, doing=Doing(Act(act), of))


@get("/money", guards=LOOK)
async def money_page(request: AnyRequest, db: NamedDependency[Database]) -> Response[str]:
    """Money that waits: held receipts, refunds that are not done."""
    receipts, refunds = await list_held_receipts(db), await list_unsettled_refunds(db)
    return show(request, "console/money.html", receipts=receipts, refunds=refunds)


def order_id_of(order_no: str) -> OrderId:
    """Raises OrderMissing."""
    order_id = read(order_no)
    if order_id is None:
        raise OrderMissing
    return order_id


def order_path(order_id: OrderId) -> str:
    return f"/console/orders/{printed(order_id)}"
