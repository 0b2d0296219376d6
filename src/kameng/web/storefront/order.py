"""The order's own page: where it stands, live; the codes; cancelling."""

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, Parameter
from litestar.response import Redirect, Stream

from kameng.checkout.cancel_order import OrderNotCancellable, cancel_order
from kameng.kernel.database import Database
from kameng.orders.lifecycle import OrderState
from kameng.orders.number import OrderId, printed
from kameng.risk.guard import GuardRules
from kameng.tracking.access import Access
from kameng.tracking.live import LiveEvents
from kameng.tracking.looking_again import AGAIN_AFTER_FIRST, again_after, with_pauses
from kameng.tracking.reveal import NothingToReveal, RevealAsk, reveal
from kameng.web.design.event_stream import Streams, event, event_number
from kameng.web.design.forms import read_form
from kameng.web.design.visit import Visit, visit_of
from kameng.web.storefront.looking_up import show_lookup
from kameng.web.storefront.order_cookies import remember_access
from kameng.web.storefront.order_page import OrderPage
from kameng.web.storefront.unproven import UNPROVEN, say_unproven

AnyRequest = Request[Any, Any, Any]
_TYPED = re.compile(r"\d{1,21}")


@get("/orders/{order_no:str}")
async def order_page(
    page: NamedDependency[OrderPage],
    order_no: FromPath[str],
    typed: str = Parameter(default="", max_length=64),
) -> Response[Any]:
    """The order, or the two fields when this browser hasn't proved anything yet."""
    known = page.allowed(order_no)
    if known is None:
        return show_lookup(page.request, page.pages, order_no=order_no)
    order_id, access = known
    return await page.show(order_id, access, typed=typed if _TYPED.fullmatch(typed) else None)


@get("/orders/{order_no:str}/events")
async def order_events(
    page: NamedDependency[OrderPage],
    live: NamedDependency[LiveEvents],
    streams: NamedDependency[Streams],
    order_no: FromPath[str],
    leave: str = Parameter(default="", max_length=8),
) -> Stream:
    """The live piece, now and whenever something happens. With `leave`, only word that the payment page is over."""
    known = page.allowed(order_no)
    if known is None:
        raise NotFoundException
    order_id, access = known
    after = event_number(page.request.headers.get("last-event-id", ""))
    if leave:
        return streams.answer(
            _until_paid(page, live, order_id, access, visit_of(page.request.scope).link(f"/orders/{order_no}"))
        )
    return streams.answer(_pieces(page, live, order_id, access, after))


async def _pieces(
    page: OrderPage, live: LiveEvents, order_id: OrderId, access: Access, after: int
) -> AsyncGenerator[bytes, None]:
    async with live.listen(order_id, after=after) as happenings:
        # Whoever comes back after a break has missed no event, but perhaps a minute.
        sent, shown, pause = after, "", AGAIN_AFTER_FIRST
        async with aclosing(with_pauses(happenings, lambda: pause)) as looks:
            async for happening in looks:
                # One look shows everything up to now; older happenings of a burst need none of their own.
                if happening is not None and happening.id <= sent:
                    continue
                view, piece = await page.piece(order_id, access)
                sent, pause = view.last_event_id, again_after(view)
                if happening is not None or piece != shown:
                    shown = piece
                    yield event(piece, name="piece", event_id=str(sent))


async def _until_paid(
    page: OrderPage, live: LiveEvents, order_id: OrderId, access: Access, back: str
) -> AsyncGenerator[bytes, None]:
    async with live.listen(order_id, after=0) as happenings:
        async for happening in happenings:
            view, _ = await page.piece(order_id, access)
            if view.state is not OrderState.AWAITING_PAYMENT:
                yield event(back, name="go", event_id=str(happening.id))
                return


@post("/orders/{order_no:str}/cancel", status_code=303)
async def cancel(
    page: NamedDependency[OrderPage],
    db: NamedDependency[Database],
    order_no: FromPath[str],
    visit: NamedDependency[Visit],
) -> Response[Any]:
    """Cancel what isn't paid yet."""
    known = page.allowed(order_no)
    if known is None:
        return Redirect(visit.link(f"/orders/{order_no}"), status_code=303)
    order_id, access = known
    try:
        await cancel_order(db=db, order_id=order_id)
    except OrderNotCancellable as refusal:
        return await page.show(order_id, access, status=refusal.status, problem=refusal.words)
    return Redirect(visit.link(f"/orders/{printed(order_id)}"), status_code=303)


@post("/orders/{order_no:str}/reveal", status_code=200)
async def show_codes(
    page: NamedDependency[OrderPage],
    guard_rules: NamedDependency[GuardRules],
    order_no: FromPath[str],
    visit: NamedDependency[Visit],
) -> Response[Any]:
    """The codes, from the browser that ordered or after the whole contact was typed."""
    known = page.allowed(order_no)
    if known is None:
        return Redirect(visit.link(f"/orders/{order_no}"), status_code=303)
    order_id, access = known
    sent = await read_form(page.request)
    ask = RevealAsk(
        order_id=order_id,
        access=access,
        address=visit.client_address,
        contact=sent["contact"] or None,
        proof=sent["proof"] or None,
    )
    try:
        codes = await reveal(db=page.db, keyring=page.keyring, rules=guard_rules, ask=ask)
    except (*UNPROVEN, NothingToReveal) as refusal:
        return await say_unproven(page, order_id, access, refusal)
    answer = await page.show(order_id, Access.OWNER, codes=codes)
    remember_access(answer, visit, page.keyring, order_id=order_id, access=Access.OWNER, now=page.db.clock.now())
    return answer
