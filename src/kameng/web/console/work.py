"""The work page 待办: every queue on one page, followed live, taken and planned from the keyboard."""

from hashlib import blake2b
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect
from litestar.status_codes import HTTP_204_NO_CONTENT, HTTP_303_SEE_OTHER

from kameng.aftersales.case import CaseMissing, CaseMoved, case_subject
from kameng.aftersales.queue import list_handlers
from kameng.aftersales.set_follow_up import set_follow_up as set_case_follow_up
from kameng.aftersales.take_case import TakenByAnother, take_case
from kameng.aftersales.take_case import Taking as CaseTaking
from kameng.attention.claim import Item, ItemGone, ItemTaken, Queue, Taking, set_follow_up, take, take_whole_order
from kameng.desk.orders import order_subject
from kameng.fulfilment.decide_attempt import AttemptMissing, AttemptNotInDoubt, AttemptTaken, take_attempt
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.orders.follow_up_order import follow_up_order
from kameng.orders.handling import OrderTakenByAnother
from kameng.orders.number import OrderId
from kameng.staff.audit import NotedDatabase
from kameng.staff.member import StaffMissing
from kameng.staff.roles import NotPermitted, Permission, may
from kameng.web.console import work_lines
from kameng.web.console.door import Desk, needs
from kameng.web.console.fields import moment_typed, whole_number
from kameng.web.console.pages import show, typed
from kameng.web.console.work_lines import LOOKS, TAKES, Line, WorkQueue, count_queues, lines_of

LOOK = [needs(Permission.ORDER_LOOK)]
HANDLE = [needs(Permission.ORDER_HANDLE)]
PATH = "/console/queues"
ID_MAX = 2**63 - 1
_SHOWN: tuple[type[Refusal], ...] = (
    InvalidInput, ItemTaken, ItemGone, TakenByAnother, CaseMoved, CaseMissing, StaffMissing, AttemptTaken,
    AttemptNotInDoubt, AttemptMissing, OrderTakenByAnother,
)  # fmt: skip


@get("/queues", guards=LOOK)
async def work_page(desk: NamedDependency[Desk]) -> Response[Any]:
    """The script asks for the same address and says what it has; it gets nothing while that is as it was."""
    queue = _asked(desk)
    if not desk.request.headers.get("hx-request"):
        return await _show(desk, queue)
    board = await _board(desk, queue)
    if board["seen"] == desk.request.query_params.get("seen"):
        return Response(None, status_code=HTTP_204_NO_CONTENT)
    return show(desk.request, "console/work/board.html", **board, is_piece=True)


@get("/queues/{queue:str}/{item:int}", guards=LOOK)
async def item_page(desk: NamedDependency[Desk], queue: FromPath[str], item: FromPath[int]) -> Response[Any]:
    """Whose it is and when it is looked at again; what it is about stands on its own page."""
    return await _show_item(desk, _queue(desk, queue), item)


@post("/queues/{queue:str}/{item:int}/take", guards=HANDLE, status_code=200)
async def take_item(desk: NamedDependency[Desk], queue: FromPath[str], item: FromPath[int]) -> Response[Any] | Redirect:
    """For oneself, or for whoever `to` names; `to` nobody hands it back."""
    wanted, form = _queue(desk, queue), await typed(desk.request)
    _may_take(desk, wanted)
    me = desk.looker.staff
    to, was = whole_number(form.get("to", str(me.id))), whole_number(form.get("instead_of", ""))
    try:
        line = await _line(desk, wanted, item)
        noted = _noted(desk, line, "taken", to=me.login if to == me.id else to)
        if wanted is WorkQueue.DOUBT:
            await take_attempt(db=noted, attempt_id=item, staff_id=me.id, only_free=True)
        elif wanted is WorkQueue.CASES:
            await take_case(db=noted, taking=CaseTaking(item, me, to, was))
        elif wanted is WorkQueue.FOLLOWED:
            async with noted.transaction() as tx:
                await take_whole_order(tx, order_id=OrderId(item), by=me, to=to, instead_of=was)
        else:
            await take(db=noted, taking=Taking(Item(Queue(wanted), item, line.since), me, to, was))
    except _SHOWN as refusal:
        return await _show(desk, wanted, refusal=refusal)
    return _back(wanted, item, "work_taken" if to == me.id else "work_given")


@post("/queues/{queue:str}/{item:int}/follow-up", guards=HANDLE, status_code=200)
async def follow_up(desk: NamedDependency[Desk], queue: FromPath[str], item: FromPath[int]) -> Response[Any] | Redirect:
    wanted, form = _queue(desk, queue), await typed(desk.request)
    _may_take(desk, wanted)
    try:
        line = await _line(desk, wanted, item)
        at = moment_typed(form, "follow_up")
        noted = _noted(desk, line, "follow_up_set", at=at)
        if wanted is WorkQueue.CASES:
            await set_case_follow_up(db=noted, case_id=item, by=desk.looker.staff, at=at)
        elif wanted is WorkQueue.DOUBT:
            raise ItemGone
        elif wanted is WorkQueue.FOLLOWED:
            async with noted.transaction() as tx:
                await follow_up_order(tx, order_id=OrderId(item), at=at)
        else:
            await set_follow_up(db=noted, item=Item(Queue(wanted), item, line.since), at=at)
    except ItemGone as refusal:
        return await _show(desk, wanted, refusal=refusal)
    except _SHOWN as refusal:
        return await _show_item(desk, wanted, item, refusal=refusal)
    return _back(wanted, item, "work_follow_up")


async def _show(desk: Desk, queue: WorkQueue, *, refusal: Refusal | None = None) -> Response[Any]:
    return show(
        desk.request, "console/work/page.html", status=refusal.status if refusal else 200, refusal=refusal,
        is_piece=False, **await _board(desk, queue),
    )  # fmt: skip


async def _show_item(desk: Desk, queue: WorkQueue, item: int, *, refusal: Refusal | None = None) -> Response[Any]:
    try:
        line = await _line(desk, queue, item)
    except ItemGone as gone:
        return await _show(desk, queue, refusal=gone)
    return show(
        desk.request, "console/work/item.html", status=refusal.status if refusal else 200, refusal=refusal, line=line,
        handlers=await list_handlers(desk.db), work=work_lines, may_take=may(desk.looker.staff.role, TAKES[queue]),
    )  # fmt: skip


async def _board(desk: Desk, queue: WorkQueue) -> dict[str, Any]:
    """What the page shows, and a mark that changes when any of it does, or a minute has gone by."""
    role = desk.looker.staff.role
    counts = {one: count for one, count in (await count_queues(desk.db)).items() if may(role, LOOKS[one])}
    lines = await lines_of(desk.db, queue)
    minute = desk.db.clock.now().replace(second=0, microsecond=0)
    seen = blake2b(repr((counts, lines, minute)).encode(), digest_size=8).hexdigest()
    return {
        "queue": queue, "counts": counts, "lines": lines, "seen": seen, "work": work_lines,
        "may_take": may(role, TAKES[queue]), "total": sum(counts.values()),
    }  # fmt: skip


async def _line(desk: Desk, queue: WorkQueue, item: int) -> Line:
    """Raises ItemGone."""
    found = next((line for line in await lines_of(desk.db, queue) if line.item == item), None)
    if found is None:
        raise ItemGone
    return found


def _asked(desk: Desk) -> WorkQueue:
    """The one that was asked for; by itself the first this role may see."""
    asked = desk.request.query_params.get("queue", "")
    return _queue(desk, asked) if asked in set(WorkQueue) else WorkQueue.STUCK


def _queue(desk: Desk, name: str) -> WorkQueue:
    """Raises NotPermitted, NotFoundException."""
    if name not in set(WorkQueue):
        raise NotFoundException
    queue = WorkQueue(name)
    if not may(desk.looker.staff.role, LOOKS[queue]):
        raise NotPermitted
    return queue


def _may_take(desk: Desk, queue: WorkQueue) -> None:
    if not may(desk.looker.staff.role, TAKES[queue]):
        raise NotPermitted


def _noted(desk: Desk, line: Line, what: str, **facts: object) -> NotedDatabase:
    if line.queue is WorkQueue.CASES:
        subject = case_subject(line.item)
    else:
        subject = order_subject(line.order_id) if line.order_id is not None else f"attempt:{line.item}"
    return desk.noted(f"work:{what}", subject, queue=line.queue, **facts)


def _back(queue: WorkQueue, item: int, done: str) -> Redirect:
    return Redirect(f"{PATH}?queue={queue}&done={done}#open-{queue}-{item}", status_code=HTTP_303_SEE_OTHER)
