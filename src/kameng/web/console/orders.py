"""Finding orders, and everything about one of them."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from kameng.aftersales.queue import cases_of_order
from kameng.kernel.database import Database
from kameng.kernel.errors import Refusal
from kameng.orders.account import Answer
from kameng.orders.lifecycle import OrderState
from kameng.orders.lock import OrderMissing
from kameng.orders.number import OrderId, printed, read
from kameng.staff.roles import Permission
from kameng.tracking.desk import (
    UNSETTLED,
    find_orders,
    list_held_receipts,
    list_newest,
    list_unsettled,
    list_unsettled_refunds,
    look_at_order,
)
from kameng.tracking.desk_delivery import find_vault_attempt
from kameng.tracking.desk_numbers import DELIVERED_WITHIN
from kameng.web.console import case_wording
from kameng.web.console.door import AnyRequest, Desk, needs
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
    """By post, because what is typed can be a buyer's phone number and addresses are written into logs."""
    text = (await typed(request)).get("q", "")
    if not text:
        return back_to("/console/orders")
    found = await find_orders(db=desk.db, keyring=desk.keyring, typed=text, looker=desk.looker)
    if not found.orders:
        async with desk.db.reading() as connection:
            if (attempt_id := await find_vault_attempt(connection, text)) is not None:
                return back_to(f"{EXCEPTIONS}/{attempt_id}")
    if len(found.orders) == 1:
        return back_to(order_path(found.orders[0].id), done="corrected" if found.by == "corrected_number" else "")
    form = {"q": text}
    return show(request, "console/orders.html", orders=found.orders, state=None, late=False, found=found, form=form)


@get("/orders/{order_no:str}", guards=LOOK)
async def order_page(desk: NamedDependency[Desk], order_no: FromPath[str]) -> Response[str]:
    return await show_order(desk, order_id_of(order_no))


async def show_order(
    desk: Desk,
    order_id: OrderId,
    *,
    codes: list[str] | None = None,
    contact: str | None = None,
    account: Sequence[Answer] = (),
    refusal: Refusal | None = None,
) -> Response[str]:
    """The whole page of an order, with codes, contact, account or a refusal on it when an action has just had that
    outcome."""
    file = await look_at_order(db=desk.db, keyring=desk.keyring, order_id=order_id, looker=desk.looker)
    status = refusal.status if refusal else 200
    # What was typed into the refund form is shown again with what was wrong with it.
    form = await typed(desk.request) if refusal else {}
    return show(
        desk.request, "console/order/page.html", status=status, file=file, order=file.facts, codes=codes,
        refund_rules=desk.request.app.state.refund_rules, form=form if "cause" in form else {}, contact=contact,
        account=account, refusal=refusal, order_cases=await cases_of_order(desk.db, order_id), cases=case_wording,
    )  # fmt: skip


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
