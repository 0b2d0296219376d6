"""Lists 名单: whom staff let through, keep out or watch, until when; and the scorecard beside them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from kameng.desk.orders import order_subject
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.text import Words
from kameng.orders.lock import OrderMissing
from kameng.orders.name_subject import NotKnownHere, subject_of_order, subject_typed
from kameng.risk.lists import EVERY_SITE, ListedMeanwhile, Subject, list_entries, put_on_list, take_off_list
from kameng.risk.scorecard import Listed
from kameng.risk.subjects import SubjectKind
from kameng.risk.weights import read_card
from kameng.sites.directory import SiteDirectory
from kameng.staff.audit import note
from kameng.staff.roles import Permission
from kameng.web.console import risk_wording
from kameng.web.console.door import Desk, needs
from kameng.web.console.fields import number_typed, reason_typed, whole_number
from kameng.web.console.orders import order_id_of
from kameng.web.console.pages import back_to, show, typed
from kameng.web.console.risk import LOOK, RISK, held_path, show_held

EDIT = [needs(Permission.RISK_EDIT)]
LISTS = f"{RISK}/lists"
ENTRY_ID_MAX = 2**31 - 1
DAYS_MAX = 3650
_SHOWN: tuple[type[Refusal], ...] = (InvalidInput, ListedMeanwhile, NotKnownHere)


class EntryGone(Refusal):
    """Somebody has ended it, or its time is over."""

    code = "entry_gone"
    words = Words("这一条名单刚刚已被解除，没有改动")


@get("/risk/lists", guards=LOOK)
async def lists_page(desk: NamedDependency[Desk]) -> Response[str]:
    return await _show(desk)


@post("/risk/lists", guards=EDIT, status_code=200)
async def put(desk: NamedDependency[Desk]) -> Response[Any]:
    """What was typed stands in no log: who is meant is kept as a keyed hash and a label."""
    form = await typed(desk.request)
    try:
        named = subject_typed(desk.keyring, _kind(form), form.get("subject", ""))
        await _put(desk, named, form, "lists")
    except _SHOWN as refusal:
        return await _show(desk, refusal=refusal, form=form)
    return back_to(LISTS, done="risk_listed")


@post("/risk/orders/{order_no:str}/list", guards=EDIT, status_code=200)
async def put_from_order(desk: NamedDependency[Desk], order_no: FromPath[str]) -> Response[Any]:
    """Somebody an order came from, without anybody reading who it is."""
    order_id, form = order_id_of(order_no), await typed(desk.request)
    try:
        async with desk.db.reading() as connection:
            named = await subject_of_order(connection, desk.keyring, order_id, _kind(form))
        await _put(desk, named, form, order_subject(order_id))
    except OrderMissing as missing:
        raise NotFoundException from missing
    except _SHOWN as refusal:
        return await show_held(desk, order_id, refusal=refusal, form=form)
    return back_to(held_path(order_id), done="risk_listed")


@post("/risk/lists/{entry_id:int}/end", guards=EDIT, status_code=200)
async def end(desk: NamedDependency[Desk], entry_id: FromPath[int]) -> Response[Any]:
    try:
        reason = reason_typed(await typed(desk.request))
        async with desk.db.transaction() as tx:
            if entry_id > ENTRY_ID_MAX or not await take_off_list(tx, entry_id, staff_id=desk.looker.staff.id):
                raise EntryGone
            await note(tx, desk.note("risk:unlisted", f"list:{entry_id}", reason=reason))
    except (InvalidInput, EntryGone) as refusal:
        return await _show(desk, refusal=refusal)
    return back_to(LISTS, done="risk_unlisted")


@get("/risk/card", guards=LOOK)
async def card_page(desk: NamedDependency[Desk]) -> Response[str]:
    """The weights as they hold for every site; a site that weighs otherwise has a card of its own."""
    asked = whole_number(desk.request.query_params.get("site", ""))
    directory: SiteDirectory = desk.request.app.state.directory
    sites = {site.id: site for site in await directory.sites()}
    site_id = asked if asked in sites else EVERY_SITE
    async with desk.db.reading() as connection:
        card = await read_card(connection, site_id)
    return show(desk.request, "console/risk/card.html", card=card, sites=sites, site_id=site_id, risk=risk_wording)


async def _put(desk: Desk, named: Subject, form: Mapping[str, str], subject: str) -> None:
    """Raises InvalidInput, ListedMeanwhile."""
    days = number_typed(form, "days", otherwise=0)
    if not 0 <= days <= DAYS_MAX:
        raise InvalidInput(fields={"days": Words("天数应在 1 到 3650 之间，留空为长期")})
    on = form.get("list", "")
    if on not in set(Listed):
        raise InvalidInput(fields={"list": Words("请选择名单")})
    async with desk.db.transaction() as tx:
        until = tx.now + timedelta(days=days) if days else None
        entry_id = await put_on_list(
            tx, Listed(on), named, reason=form.get("reason", ""), until=until, staff_id=desk.looker.staff.id
        )
        facts = {"entry": entry_id, "list": on, "kind": named.kind, "label": named.label, "days": days or None}
        await note(tx, desk.note("risk:listed", subject, **facts, reason=form.get("reason", "")))


async def _show(desk: Desk, *, refusal: Refusal | None = None, form: Mapping[str, str] | None = None) -> Response[str]:
    async with desk.db.reading() as connection:
        entries = await list_entries(connection, desk.db.clock.now())
    # Who was meant is not shown again: it may be somebody's telephone.
    shown = {name: value for name, value in (form or {}).items() if name != "subject"}
    return show(
        desk.request, "console/risk/lists.html", status=refusal.status if refusal else 200, refusal=refusal,
        entries=entries, form=shown, risk=risk_wording,
    )  # fmt: skip


def _kind(form: Mapping[str, str]) -> SubjectKind:
    """Raises InvalidInput."""
    kind = form.get("kind", "")
    if kind not in set(SubjectKind):
        raise InvalidInput(fields={"kind": Words("请选择对象")})
    return SubjectKind(kind)
