"""The order's after-sales case: opened in one tap by its owner, followed live, and confirmed by them in the end."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect, Stream

from kameng.aftersales.case import CaseKind, CaseMissing, CaseMoved
from kameng.aftersales.confirm_case import confirm_case
from kameng.aftersales.conversation import case_version, find_picture
from kameng.aftersales.open_case import TooManyCases, open_case
from kameng.aftersales.picture import (
    AT_ONCE_MAX,
    BYTES_MAX,
    MEDIA_TYPE,
    PictureTooLarge,
    PictureUnusable,
    TooManyPictures,
)
from kameng.aftersales.withdraw_case import withdraw_case
from kameng.aftersales.words import WORDS_MAX
from kameng.aftersales.write_message import TooManyMessages, write_message
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.orders.number import OrderId, printed
from kameng.risk.guard import GuardRules
from kameng.tracking.access import Access
from kameng.tracking.guarded import ProofNeeded, SlowDown
from kameng.tracking.whole_contact import Claim, ContactNeeded, check_whole_contact
from kameng.web.design.event_stream import Streams, event, event_number
from kameng.web.design.forms import Form, read_files, read_form
from kameng.web.design.visit import Visit
from kameng.web.storefront.case_page import CasePage
from kameng.web.storefront.order_cookies import remember_access

LOOK_EVERY_S = 1.0
# Fields and boundaries around the pictures.
BODY_BYTES_MAX = AT_ONCE_MAX * BYTES_MAX + 64 * 1024
PICTURE_HEADERS = {
    "Cache-Control": "private, no-store",
    "Content-Disposition": "inline",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}
_SHOWN: tuple[type[Refusal], ...] = (
    InvalidInput, CaseMissing, CaseMoved, TooManyCases, TooManyMessages, TooManyPictures, PictureTooLarge,
    PictureUnusable,
)  # fmt: skip
_UNPROVEN = (ContactNeeded, InvalidInput, ProofNeeded, SlowDown)


@get("/orders/{order_no:str}/case")
async def case_page(
    case_page: NamedDependency[CasePage], order_no: FromPath[str], visit: NamedDependency[Visit]
) -> Response[Any]:
    known = case_page.order.allowed(order_no)
    if known is None:
        return Redirect(visit.link(f"/orders/{order_no}"), status_code=303)
    order_id, access = known
    return await (case_page.show(order_id) if access is Access.OWNER else case_page.prove(order_id))


@post("/orders/{order_no:str}/case", status_code=303)
async def open_one(
    case_page: NamedDependency[CasePage],
    guard_rules: NamedDependency[GuardRules],
    order_no: FromPath[str],
    visit: NamedDependency[Visit],
) -> Response[Any]:
    """With a kind: open one. Who isn't known as the owner sends the whole contact with it, or is asked for it."""
    known = case_page.order.allowed(order_no)
    if known is None:
        return Redirect(visit.link(f"/orders/{order_no}"), status_code=303)
    order_id, access = known
    sent = await read_form(case_page.order.request)
    if access is not Access.OWNER:
        try:
            await _prove(case_page, guard_rules, order_id, sent, visit)
        except _UNPROVEN as refusal:
            return await case_page.prove(order_id, kind=sent["kind"], refusal=refusal)
    if sent["kind"] in set(CaseKind):
        try:
            await open_case(db=case_page.db, rules=case_page.rules, order_id=order_id, kind=CaseKind(sent["kind"]))
        except TooManyCases as refusal:
            return await case_page.show(order_id, refusal=refusal)
    answer = _to_case(visit, order_id)
    if access is not Access.OWNER:
        now = case_page.db.clock.now()
        remember_access(answer, visit, case_page.keyring, order_id=order_id, access=Access.OWNER, now=now)
    return answer


async def _prove(page: CasePage, rules: GuardRules, order_id: OrderId, sent: Form, visit: Visit) -> None:
    claim = Claim(order_id, visit.client_address, sent["contact"] or None, sent["proof"] or None)
    await check_whole_contact(db=page.db, keyring=page.keyring, rules=rules, claim=claim)


@post("/orders/{order_no:str}/case/messages", status_code=303, request_max_body_size=BODY_BYTES_MAX)
async def write(
    case_page: NamedDependency[CasePage], order_no: FromPath[str], visit: NamedDependency[Visit]
) -> Response[Any]:
    order_id = _owned(case_page, order_no)
    sent = await read_form(case_page.order.request, text_max=2 * WORDS_MAX)
    pictures = await read_files(case_page.order.request, "pictures", bytes_max=BYTES_MAX)
    act = write_message(**case_page.tools(), order_id=order_id, words=sent["words"], pictures=pictures)
    return await _done(case_page, order_id, act, visit, words=sent["words"])


@post("/orders/{order_no:str}/case/verdict", status_code=303)
async def say_whether_solved(
    case_page: NamedDependency[CasePage], order_no: FromPath[str], visit: NamedDependency[Visit]
) -> Response[Any]:
    order_id = _owned(case_page, order_no)
    sent = await read_form(case_page.order.request, text_max=2 * WORDS_MAX)
    act = confirm_case(
        **case_page.tools(), order_id=order_id, is_solved=sent["solved"] == "yes", words=sent["words"]
    )  # fmt: skip
    return await _done(case_page, order_id, act, visit, words=sent["words"])


@post("/orders/{order_no:str}/case/withdraw", status_code=303)
async def withdraw(
    case_page: NamedDependency[CasePage], order_no: FromPath[str], visit: NamedDependency[Visit]
) -> Response[Any]:
    order_id = _owned(case_page, order_no)
    act = withdraw_case(db=case_page.db, rules=case_page.rules, order_id=order_id)
    return await _done(case_page, order_id, act, visit)


@get("/orders/{order_no:str}/case/pictures/{picture_id:int}")
async def picture(
    case_page: NamedDependency[CasePage], order_no: FromPath[str], picture_id: FromPath[int]
) -> Response[bytes]:
    """Nothing but a picture, whatever it is opened as."""
    order_id = _owned(case_page, order_no)
    if picture_id >= 2**63:
        raise NotFoundException
    content = await find_picture(
        db=case_page.db, keyring=case_page.keyring, order_id=order_id, picture_id=picture_id
    )  # fmt: skip
    return Response(content, media_type=MEDIA_TYPE, headers=PICTURE_HEADERS)


@get("/orders/{order_no:str}/case/events")
async def case_events(
    case_page: NamedDependency[CasePage], streams: NamedDependency[Streams], order_no: FromPath[str]
) -> Stream:
    """The live piece, now and whenever something happens."""
    order_id = _owned(case_page, order_no)
    after = event_number(case_page.order.request.headers.get("last-event-id", ""))
    return streams.answer(_pieces(case_page, order_id, after))


async def _pieces(page: CasePage, order_id: OrderId, after: int) -> AsyncGenerator[bytes, None]:
    """A case is followed by one small question a second: few are open at a time, and they move slowly."""
    sent, case_id = after, None
    while True:
        if case_id is None or await case_version(page.db, case_id) > sent:
            seen, text = await page.piece(order_id)
            case_id = seen.case.id
            if seen.version > sent:
                sent = seen.version
                yield event(text, name="piece", event_id=str(sent))
        await asyncio.sleep(LOOK_EVERY_S)


def _owned(page: CasePage, order_no: str) -> OrderId:
    """Raises NotFoundException for everybody but the owner: there is nothing here for others."""
    known = page.order.allowed(order_no)
    if known is None or known[1] is not Access.OWNER:
        raise NotFoundException
    return known[0]


async def _done(
    page: CasePage, order_id: OrderId, act: Awaitable[object], visit: Visit, *, words: str = ""
) -> Response[Any]:
    try:
        await act
    except _SHOWN as refusal:
        return await page.show(order_id, refusal=refusal, words=words)
    return _to_case(visit, order_id)


def _to_case(visit: Visit, order_id: OrderId) -> Redirect:
    return Redirect(visit.link(f"/orders/{printed(order_id)}/case"), status_code=303)
