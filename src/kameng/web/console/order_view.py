"""An order's one page: gathered from everywhere, shown whole or as the piece that follows what others do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from litestar import Response

from kameng.aftersales.macros import Macro, filled_in, list_macros
from kameng.aftersales.queue import CaseLine, cases_of_order
from kameng.desk.actions import Act, Standing, next_steps
from kameng.desk.order_file import OrderFile
from kameng.desk.orders import look_at_order, read_order_file
from kameng.fulfilment.ask_correction import BY_STAFF_MAX
from kameng.kernel.errors import Refusal
from kameng.orders.account import Answer
from kameng.orders.handling import list_order_handlers
from kameng.orders.lifecycle import STATE_NAMES
from kameng.orders.number import OrderId, printed
from kameng.resubmission.offer import Offer
from kameng.resubmission.resubmission import Kind, Resubmission
from kameng.resubmission.show import Shown, history
from kameng.resubmission.show import show as show_resubmission
from kameng.web.console import case_wording, order_wording
from kameng.web.console.door import Desk
from kameng.web.console.pages import CASES, EXCEPTIONS, RESUBMISSIONS, show, typed
from kameng.web.design.visit import visit_of


@dataclass(frozen=True)
class Secrets:
    """What an action has just brought to light, for the one page that answers it."""

    codes: Sequence[str] = field(default=(), repr=False)
    contact: str | None = field(default=None, repr=False)
    account: Sequence[Answer] = field(default=(), repr=False)


NO_SECRETS = Secrets()
#: Other kinds take answers that only the buyer can give.
FOR_THE_BUYER = frozenset({Kind.PAID_NOT_SEEN, Kind.PAY_AGAIN, Kind.BUY_AGAIN, Kind.DELIVER_AGAIN, Kind.REPLACE_CODE})
NOTHING_TYPED: Mapping[str, str] = {}


@dataclass(frozen=True)
class Doing:
    """What is about to be done; `of` the refund or request it is about."""

    act: Act
    of: int | None = None


@dataclass(frozen=True)
class Gathered:
    """What the file of an order doesn't hold: what other steps know of it."""

    shown: Shown
    resubmissions: Sequence[Resubmission]
    cases: Sequence[CaseLine]

    @property
    def offers(self) -> Sequence[Offer]:
        """What staff can apply for without the buyer's answers."""
        return [offer for offer in self.shown.offers if offer.kind in FOR_THE_BUYER]


async def show_order(
    desk: Desk,
    order_id: OrderId,
    *,
    doing: Doing | Act | None = None,
    refusal: Refusal | None = None,
    secrets: Secrets = NO_SECRETS,
    form: Mapping[str, str] = NOTHING_TYPED,
) -> Response[str]:
    """The whole page, with the form of what is about to be done, and with what an action has just come to.

    Raises OrderMissing.
    """
    about = doing if isinstance(doing, Doing) else Doing(doing) if doing else None
    file = await look_at_order(db=desk.db, keyring=desk.keyring, order_id=order_id, looker=desk.looker)
    # What was typed is shown again with what was wrong with it.
    form = await typed(desk.request) if refusal else form
    async with desk.db.reading() as connection:
        more = {"handlers": await list_order_handlers(connection), "macros": await list_macros(connection)}
    return show(
        desk.request, "console/order/page.html", status=refusal.status if refusal else 200, refusal=refusal, form=form,
        doing=about, codes=secrets.codes, contact=secrets.contact, account=secrets.account, **more,
        **_shown(desk, file, await _gather(desk, order_id)),
    )  # fmt: skip


async def show_live(desk: Desk, order_id: OrderId) -> Response[str]:
    """The piece that changes. The look was noted when the page was opened. Raises OrderMissing."""
    async with desk.db.reading() as connection:
        file = await read_order_file(connection, desk.keyring, order_id, now=desk.db.clock.now())
    return show(desk.request, "console/order/live.html", **_shown(desk, file, await _gather(desk, order_id)))


async def show_form(desk: Desk, order_id: OrderId, doing: Doing) -> Response[str]:
    """The form alone, for the script. Raises OrderMissing."""
    async with desk.db.reading() as connection:
        file = await read_order_file(connection, desk.keyring, order_id, now=desk.db.clock.now())
        macros = await list_macros(connection)
    shown = _shown(desk, file, await _gather(desk, order_id))
    return show(desk.request, "console/order/act.html", doing=doing, macros=macros, **shown)


def words_of_macro(desk: Desk, file: OrderFile, macro: Macro) -> str:
    """A macro with this order's values; a place for something only a case has stays empty."""
    words = visit_of(desk.request.scope).words
    order = file.facts
    values = {
        "order_no": printed(order.id),
        "product": f"{order.product_name} {order.face_value}",
        "state": words(STATE_NAMES[order.state]),
        "kind": "",
        "staff": desk.looker.staff.login,
        "site": order.site_name or "",
    }
    return filled_in(macro, values)


def standing_of(file: OrderFile, gathered: Gathered, login: str) -> Standing:
    """The order as the table of acts sees it, through the eyes of this member of staff."""
    delivery, newest = file.delivery, gathered.shown.newest
    attempts = delivery.attempts if delivery else ()
    waiting = [request for request in file.requests if request.is_open]
    mine = sum(request.is_of(login) for request in waiting)
    return Standing(
        state=file.facts.state,
        held_back=file.facts.held_back,
        was_paid=bool(file.receipts),
        left_fen=file.left_fen,
        cards=len(file.cards),
        has_account=file.facts.account is not None,
        delivery=delivery.state if delivery else None,
        live_attempts=sum(attempt.is_live for attempt in attempts),
        open_attempts=sum(attempt.is_open for attempt in attempts),
        askable_attempts=sum(attempt.is_open and attempt.ask_at is not None for attempt in attempts),
        is_held=delivery is not None and delivery.is_held,
        corrections_left=0 if file.is_merchants or file.refunds else BY_STAFF_MAX - file.corrections_asked,
        resubmission=newest.state if newest is not None and newest.is_open else None,
        offers=len(gathered.offers),
        has_open_case=any(line.case.closed_at is None for line in gathered.cases),
        stuck_refunds=sum(refund.is_stuck for refund in file.refunds),
        others_requests=len(waiting) - mine,
        own_requests=mine,
    )


def _links(file: OrderFile, gathered: Gathered) -> dict[Act, str]:
    """Where each act is done: in the form on the order's page unless it has a place of its own."""
    base = f"/console/orders/{printed(file.facts.id)}"
    links = {act: f"{base}/do/{act}" for act in Act}
    links[Act.RELEASE] = f"/console/risk/orders/{printed(file.facts.id)}"
    links |= {Act.REVEAL: "#cards", Act.SHOW_ACCOUNT: "#account", Act.SHOW_CONTACT: "#buyer"}
    attempts = file.delivery.attempts if file.delivery else ()
    for attempt in (one for one in attempts if one.is_open):
        links |= dict.fromkeys((Act.SETTLE_DELIVERY, Act.ASK_SUPPLIER), f"{EXCEPTIONS}/{attempt.id}")
    if attempts:
        links[Act.ROUTE_AGAIN] = f"{EXCEPTIONS}/{attempts[-1].id}"
    newest = gathered.shown.newest
    if newest is not None:
        links[Act.DECIDE_RESUBMISSION] = f"{RESUBMISSIONS}/{newest.id}"
    # Of several, any: each has its own link further down.
    for line in (one for one in gathered.cases if one.case.closed_at is None):
        links[Act.ANSWER_CASE] = f"{CASES}/{line.case.id}"
    for request in (one for one in file.requests if one.is_open):
        links[Act.APPROVE_REFUND] = f"/console/refunds#request-{request.id}"
    for refund in (one for one in file.refunds if one.is_stuck):
        links[Act.SETTLE_REFUND] = f"{base}/do/{Act.SETTLE_REFUND}?of={refund.id}"
    return links


async def _gather(desk: Desk, order_id: OrderId) -> Gathered:
    rules = desk.request.app.state.resubmission_rules
    return Gathered(
        shown=await show_resubmission(db=desk.db, rules=rules, order_id=order_id),
        resubmissions=await history(desk.db, order_id),
        cases=await cases_of_order(desk.db, order_id),
    )


def _shown(desk: Desk, file: OrderFile, gathered: Gathered) -> dict[str, Any]:
    staff = desk.looker.staff
    return {
        "file": file,
        "order": file.facts,
        "steps": next_steps(standing_of(file, gathered, staff.login), staff.role),
        "links": _links(file, gathered),
        "offers": gathered.offers,
        "resubmissions": gathered.resubmissions,
        "order_cases": gathered.cases,
        "refund_rules": desk.request.app.state.refund_rules,
        "cases": case_wording,
        "wording": order_wording,
        "now": desk.db.clock.now(),
    }
