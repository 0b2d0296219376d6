"""The console's door: whose session it is, what its role may do, and what happens when the answer is no.

Guards run before anything is read or done. `signed_in` stands before every page but the log-in; `needs` says which
permission a handler takes.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie, State
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER, HTTP_401_UNAUTHORIZED

from kameng.aftersales.queue import count_due
from kameng.desk.exceptions import count_wanting
from kameng.desk.orders import Looker
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.kernel.errors import Refusal
from kameng.orders.lifecycle import Actor, ActorKind
from kameng.staff.audit import Note, NotedDatabase
from kameng.staff.member import Session, SessionEnded, Staff, Step
from kameng.staff.roles import NotPermitted, Permission, may
from kameng.staff.sessions import OPEN_MAX, Opened, find_session
from kameng.web.console.pages import show
from kameng.web.console.work_lines import count_queues
from kameng.web.design.visit import visit_of

AnyRequest = Request[Any, Any, State]
AnyConnection = ASGIConnection[Any, Any, Any, State]
Guard = Callable[[AnyConnection, BaseRouteHandler], Any]
AsyncGuard = Callable[[AnyConnection, BaseRouteHandler], Awaitable[None]]

HOME = "/console"
LOGIN = "/console/login"
STEP_PAGES = {Step.ENROL: "/console/enrol", Step.CODE: "/console/code", Step.DONE: HOME}
COOKIE = "kameng_staff"
SAFE_METHODS = ("GET", "HEAD")


async def session_in(connection: AnyConnection) -> Session | None:
    """The live session of the request's cookie."""
    token = connection.cookies.get(COOKIE, "")
    return await find_session(connection.app.state.db, connection.app.state.keyring, token)


def at_step(*steps: Step) -> AsyncGuard:
    """Lets a session at one of these steps through and keeps it for the handler. Raises SessionEnded, WrongStep."""

    async def guard(connection: AnyConnection, _: BaseRouteHandler) -> None:
        session = await session_in(connection)
        if session is None:
            raise SessionEnded
        if session.step not in steps:
            raise WrongStep(session.step)
        connection.state.staff_session = session

    return guard


_at_the_last_step = at_step(Step.DONE)


async def signed_in(connection: AnyConnection, handler: BaseRouteHandler) -> None:
    """Lets whoever has logged in through, with the counts that stand in the menu of every page."""
    await _at_the_last_step(connection, handler)
    db: Database = connection.app.state.db
    async with db.reading() as reading:
        connection.state.wanting = await count_wanting(reading)
        connection.state.cases_due = await count_due(reading, db.clock.now())
    connection.state.work_counts = await count_queues(db)


def needs(permission: Permission) -> Guard:
    """Raises NotPermitted unless the role has it. Stands behind `signed_in`."""

    def guard(connection: AnyConnection, _: BaseRouteHandler) -> None:
        session: Session = connection.state.staff_session
        if not may(session.staff.role, permission):
            raise NotPermitted

    guard.permission = permission  # type: ignore[attr-defined]
    return guard


@dataclass(frozen=True)
class Desk:
    """Whoever works at the console, the request in front of them, and what they work with."""

    request: AnyRequest
    db: Database
    keyring: Keyring
    looker: Looker

    @property
    def actor(self) -> Actor:
        """Whoever works here, as an order's story names them."""
        return Actor(ActorKind.STAFF, self.looker.staff.login)

    def note(self, action: str, subject: str, **facts: object) -> Note:
        """The line of what is done now, for the transaction that does it."""
        return Note(self.looker.staff, action, subject, facts, self.looker.address)

    def noted(self, action: str, subject: str, **facts: object) -> NotedDatabase:
        """The database for a verb that opens its own transaction; its line is written with it."""
        return NotedDatabase(self.db, self.note(action, subject, **facts))


class WrongStep(Exception):
    """The session is at another step of the log-in than the page."""

    def __init__(self, step: Step) -> None:
        super().__init__(step)
        self.step = step


def on_session_ended(request: AnyRequest, _: SessionEnded) -> Response[Any]:
    """To the log-in, and from there back to the page that was wanted."""
    path = request.scope["path"]
    back = f"?next={quote(path)}" if request.method in SAFE_METHODS and path != HOME else ""
    if request.headers.get("hx-request"):
        return Response(b"", status_code=HTTP_401_UNAUTHORIZED, headers={"HX-Redirect": LOGIN + back})
    return Redirect(LOGIN + back, status_code=HTTP_303_SEE_OTHER)


def on_wrong_step(_: AnyRequest, error: WrongStep) -> Response[Any]:
    return Redirect(STEP_PAGES[error.step], status_code=HTTP_303_SEE_OTHER)


def on_refusal(request: AnyRequest, error: Refusal) -> Response[Any]:
    """A page of the console says no in plain words."""
    return show(request, "console/refused.html", status=error.status, refusal=error)


def provide_staff(request: AnyRequest) -> Staff:
    return provide_session(request).staff


def provide_desk(request: AnyRequest, db: NamedDependency[Database], keyring: NamedDependency[Keyring]) -> "Desk":
    looker = Looker(provide_session(request).staff, visit_of(request.scope).client_address)
    return Desk(request, db, keyring, looker)


def provide_session(request: AnyRequest) -> Session:
    session: Session = request.state.staff_session
    return session


def session_cookie(request: AnyRequest, opened: Opened) -> Cookie:
    """Ends with the browser or after twelve hours; no script can read it and no other site can post with it."""
    return Cookie(
        key=COOKIE,
        value=opened.token,
        path=HOME,
        max_age=int(OPEN_MAX.total_seconds()),
        secure=visit_of(request.scope).is_https,
        httponly=True,
        samesite="lax",
    )
