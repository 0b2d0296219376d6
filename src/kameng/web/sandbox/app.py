"""Puts the gateway together: books, desk, handlers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from litestar import Litestar

from kameng.kernel.clock import Clock, SystemClock
from kameng.web.sandbox import control
from kameng.web.sandbox.behaviour import Behaviours
from kameng.web.sandbox.books import Books
from kameng.web.sandbox.desk import Desk
from kameng.web.sandbox.gateway_api import api_by_get, api_by_post, mapi, submit
from kameng.web.sandbox.notifier import PAUSES_S, Notifier
from kameng.web.sandbox.pages import front_page, style_sheet
from kameng.web.sandbox.pay_page import pay_page, press
from kameng.web.sandbox.room import Room
from kameng.web.sandbox.signature import Merchant


def make_sandbox(
    *,
    merchant: Merchant,
    books: Path | None = None,
    public_url: str | None = None,
    notify_pauses_s: tuple[float, ...] = PAUSES_S,
    clock: Clock | None = None,
) -> Litestar:
    """The gateway as an ASGI application. `books` None keeps them in memory; `public_url` is where buyers reach it
    (None: the host of each request)."""

    @asynccontextmanager
    async def open_books(app: Litestar) -> AsyncIterator[None]:
        desk = Desk(merchant=merchant, books=Books(books), clock=clock or SystemClock())
        room = Room(desk, Behaviours(), Notifier(pauses_s=notify_pauses_s), public_url)
        app.state.room = room
        try:
            yield
        finally:
            await room.notifier.close()
            desk.books.close()

    return Litestar(
        route_handlers=[
            *(submit, mapi, api_by_get, api_by_post),
            *(front_page, style_sheet, pay_page, press),
            *(control.set_behaviour, control.set_notify, control.release, control.pay, control.send_notice),
            *(control.reset, control.books, control.notices),
        ],
        lifespan=[open_books],
        openapi_config=None,
        logging_config=None,
    )
