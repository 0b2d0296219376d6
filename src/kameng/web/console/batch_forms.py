"""Drawing up a batch, confirming it, and holding it in hand: for each action doors of its own, with its permission."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from kameng.batches.batch import PERMISSIONS, Action, BatchMissing, BatchState
from kameng.batches.choose import STATES, Filter, read_pasted
from kameng.batches.confirm import confirm_batch
from kameng.batches.draw_up import Wish, draw_up
from kameng.batches.move import Word
from kameng.batches.steer import break_off_batch, go_on_with_batch, stop_batch
from kameng.kernel.database import Transaction
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.text import Words
from kameng.orders.lifecycle import OrderState
from kameng.supply.list_suppliers import list_suppliers
from kameng.web.console import batch_wording
from kameng.web.console.batches import BATCHES, show_one
from kameng.web.console.door import Desk, needs
from kameng.web.console.fields import moment_typed
from kameng.web.console.pages import back_to, show, typed
from kameng.web.console.stock import skus_sold

#: Ten thousand numbers, their breaks as browsers write them.
BODY_BYTES_MAX = 512 * 1024
SINCE = timedelta(days=7)
Steering = Callable[..., Awaitable[BatchState]]
_STEERED: Mapping[str, tuple[Steering, str]] = {
    "stop": (stop_batch, "batch_stopped"),
    "go-on": (go_on_with_batch, "batch_gone_on"),
    "break-off": (break_off_batch, "batch_broken_off"),
}


def doors_of(action: Action) -> list[HTTPRouteHandler]:
    """Every door of one action."""
    guards = [needs(PERMISSIONS[action])]

    @get(f"/batches/{action}/new", guards=guards)
    async def new_page(desk: NamedDependency[Desk]) -> Response[Any]:
        return await _form(desk, action, {"state": STATES[action][0]})

    @post(f"/batches/{action}/draw-up", guards=guards, status_code=200, request_max_body_size=BODY_BYTES_MAX)
    async def draw(desk: NamedDependency[Desk]) -> Response[Any]:
        return await _draw(desk, action)

    @post(f"/batches/{action}/{{batch_id:int}}/confirm", guards=guards, status_code=200)
    async def confirm(desk: NamedDependency[Desk], batch_id: FromPath[int]) -> Response[Any]:
        return await _confirm(desk, batch_id)

    return [new_page, draw, confirm, *(_steering_door(action, verb) for verb in _STEERED)]


def _steering_door(action: Action, verb: str) -> HTTPRouteHandler:
    steer_batch, done = _STEERED[verb]

    @post(f"/batches/{action}/{{batch_id:int}}/{verb}", guards=[needs(PERMISSIONS[action])], status_code=200)
    async def steer(desk: NamedDependency[Desk], batch_id: FromPath[int]) -> Response[Any]:
        async def act(tx: Transaction) -> BatchState:
            return await steer_batch(tx, batch_id=batch_id, word=word_of(desk))

        return await carried(desk, batch_id, act, done=done)

    return steer


async def carried(
    desk: Desk, batch_id: int, act: Callable[[Transaction], Awaitable[BatchState]], *, done: str
) -> Response[Any]:
    """Back to the batch's page, or the page with why not."""
    try:
        async with desk.db.transaction() as tx:
            await act(tx)
    except BatchMissing:
        raise
    except Refusal as refusal:
        return await show_one(desk, batch_id, refusal=refusal)
    return back_to(f"{BATCHES}/{batch_id}", done=done)


def word_of(desk: Desk, reason: str = "") -> Word:
    return Word(desk.looker.staff, reason, desk.looker.address)


async def _draw(desk: Desk, action: Action) -> Response[Any]:
    form = await typed(desk.request)
    try:
        orders = read_pasted(form["numbers"]) if form.get("numbers") else _filter(form, desk.db.clock.now())
        wish = Wish(action, orders, desk.looker.staff, desk.looker.address)
        batch_id = await draw_up(db=desk.db, rules=desk.request.app.state.resubmission_rules, wish=wish)
    except InvalidInput as refusal:
        return await _form(desk, action, form, refusal)
    return back_to(f"{BATCHES}/{batch_id}")


async def _confirm(desk: Desk, batch_id: int) -> Response[Any]:
    form, rules = await typed(desk.request), desk.request.app.state.refund_rules

    async def act(tx: Transaction) -> BatchState:
        word = word_of(desk, form.get("reason", ""))
        return await confirm_batch(tx, batch_id=batch_id, word=word, rules=rules, cause=form.get("cause"))

    return await carried(desk, batch_id, act, done="batch_confirmed")


async def _form(desk: Desk, action: Action, form: dict[str, str], refusal: Refusal | None = None) -> Response[Any]:
    products = {product.slug: product.name for product, _ in await skus_sold(desk.db)}
    async with desk.db.reading() as connection:
        suppliers = await list_suppliers(connection)
    since = (desk.db.clock.now() - SINCE).date().isoformat()
    # Numbers that could not be read may be anything: they are not shown again.
    shown = {name: text for name, text in form.items() if name != "numbers"}
    return show(
        desk.request, "console/batches/new.html", status=refusal.status if refusal else 200, action=action,
        states=STATES[action], products=products, suppliers=suppliers, form={"since": since, **shown},
        words_of=batch_wording, refusal=refusal,
    )  # fmt: skip


def _filter(form: Mapping[str, str], now: datetime) -> Filter:
    """Raises InvalidInput (fields state, since, until)."""
    state, since = form.get("state", ""), moment_typed(form, "since")
    if state not in set(OrderState):
        raise InvalidInput(fields={"state": Words("请选择订单状态，或粘贴订单号")})
    if since is None:
        raise InvalidInput(fields={"since": Words("请填写起止时间，最长 92 天")})
    # An order placed in this very second is one of them.
    until = moment_typed(form, "until") or now + timedelta(seconds=1)
    return Filter(
        OrderState(state), since, until, form.get("product", ""), form.get("supplier", ""), form.get("why", "")
    )  # fmt: skip


BATCH_DOORS = [door for action in Action for door in doors_of(action)]
