"""Logging in, in its steps, and logging out."""

import re
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.kernel.errors import Refusal
from kameng.risk.alarms import AlarmKind, raise_alarm
from kameng.staff.enrol_totp import begin_enrolment, confirm_enrolment
from kameng.staff.lock_out import LockedOut
from kameng.staff.log_in import Typed, WrongLogin, log_in
from kameng.staff.log_out import log_out
from kameng.staff.member import Session, Step
from kameng.staff.pass_totp import WrongCode, pass_totp
from kameng.staff.sessions import Opened
from kameng.web.console.door import (
    COOKIE,
    HOME,
    LOGIN,
    STEP_PAGES,
    AnyRequest,
    at_step,
    session_cookie,
    session_in,
)
from kameng.web.console.pages import back_to, show, typed
from kameng.web.design.visit import Visit

# Back to a page of the console and nowhere else: no host, no query, no doubled slash.
_BACK = re.compile(r"/console(/[A-Za-z0-9_-]+)*")


@get("/login")
async def login_page(request: AnyRequest) -> Response[Any]:
    session = await session_in(request)
    if session is not None:
        return back_to(STEP_PAGES[session.step])
    return show(request, "console/login.html", next=_back(request.query_params.get("next", "")))


@post("/login", status_code=200)
async def login(
    request: AnyRequest, db: NamedDependency[Database], keyring: NamedDependency[Keyring], visit: NamedDependency[Visit]
) -> Response[Any]:
    form = await typed(request)
    back = _back(form.get("next", ""))
    # A password is taken as it was typed, blanks and all.
    password = str((await request.form()).get("password", ""))
    try:
        entered = Typed(login=form.get("login", ""), password=password, address=visit.client_address)
        opened = await log_in(db=db, keyring=keyring, typed=entered)
    except WrongLogin as refusal:
        await _tell_of_lock(db, refusal, login=form.get("login", ""))
        return show(request, "console/login.html", status=refusal.status, refusal=refusal, form=form, next=back)
    return _onward(request, opened, STEP_PAGES[opened.step] + (f"?next={back}" if back != HOME else ""))


@get("/code", guards=[at_step(Step.CODE)])
async def code_page(request: AnyRequest) -> Response[str]:
    return show(request, "console/code.html", next=_back(request.query_params.get("next", "")))


@post("/code", guards=[at_step(Step.CODE)], status_code=200)
async def code(
    request: AnyRequest,
    db: NamedDependency[Database],
    keyring: NamedDependency[Keyring],
    visit: NamedDependency[Visit],
    session: NamedDependency[Session],
) -> Response[Any]:
    form = await typed(request)
    back, entered = _back(form.get("next", "")), form.get("code", "")
    try:
        opened = await pass_totp(db=db, keyring=keyring, session=session, code=entered, address=visit.client_address)
    except (WrongCode, LockedOut) as refusal:
        await _tell_of_lock(db, refusal, login=session.staff.login)
        return show(request, "console/code.html", status=refusal.status, refusal=refusal, next=back)
    return _onward(request, opened, back)


@get("/enrol", guards=[at_step(Step.ENROL)])
async def enrol_page(
    request: AnyRequest,
    db: NamedDependency[Database],
    keyring: NamedDependency[Keyring],
    session: NamedDependency[Session],
) -> Response[str]:
    enrolment = await begin_enrolment(db=db, keyring=keyring, session=session)
    return show(request, "console/enrol.html", enrolment=enrolment)


@post("/enrol", guards=[at_step(Step.ENROL)], status_code=200)
async def enrol(
    request: AnyRequest,
    db: NamedDependency[Database],
    keyring: NamedDependency[Keyring],
    visit: NamedDependency[Visit],
    session: NamedDependency[Session],
) -> Response[Any]:
    entered = (await typed(request)).get("code", "")
    try:
        opened = await confirm_enrolment(
            db=db, keyring=keyring, session=session, code=entered, address=visit.client_address
        )
    except (WrongCode, LockedOut) as refusal:
        await _tell_of_lock(db, refusal, login=session.staff.login)
        enrolment = await begin_enrolment(db=db, keyring=keyring, session=session)
        return show(request, "console/enrol.html", status=refusal.status, refusal=refusal, enrolment=enrolment)
    return _onward(request, opened, HOME)


@post("/logout", guards=[at_step(*Step)], status_code=303)
async def logout(
    db: NamedDependency[Database], visit: NamedDependency[Visit], session: NamedDependency[Session]
) -> Redirect:
    await log_out(db=db, session=session, address=visit.client_address)
    answer = back_to(LOGIN, done="logged_out")
    answer.delete_cookie(COOKIE, path=HOME)
    return answer


def _onward(request: AnyRequest, opened: Opened, path: str) -> Response[Any]:
    answer = back_to(path)
    answer.set_cookie(session_cookie(request, opened))
    return answer


def _back(wanted: str) -> str:
    return wanted if _BACK.fullmatch(wanted) and not wanted.startswith((LOGIN, *_STEPS)) else HOME


_STEPS = (STEP_PAGES[Step.ENROL], STEP_PAGES[Step.CODE])


async def _tell_of_lock(db: Database, refusal: Refusal, *, login: str) -> None:
    if refusal.values.get("locked"):
        async with db.transaction() as tx:
            await raise_alarm(tx, AlarmKind.STAFF_LOCKED_OUT, f"staff:{login.lower()}")
