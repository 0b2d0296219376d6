"""Looking at batches: all of them, and one with how far it is."""

from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from kameng.batches.batch import BatchState, ItemState
from kameng.batches.look import list_batches, list_waiting_batches, show_batch
from kameng.kernel.errors import Refusal
from kameng.payment.request import RefundRules
from kameng.staff.roles import Permission
from kameng.web.console import batch_wording
from kameng.web.console.door import Desk, needs
from kameng.web.console.fields import whole_number
from kameng.web.console.pages import show, typed

BATCHES = "/console/batches"
LOOK = [needs(Permission.BATCH_LOOK)]


@get("/batches", guards=LOOK)
async def batches_page(desk: NamedDependency[Desk]) -> Response[str]:
    before = number_asked(desk, "before")
    found = await list_batches(desk.db, before=before or None)
    waiting = await list_waiting_batches(desk.db) if not before else []
    return show(desk.request, "console/batches/list.html", found=found, waiting=waiting, words_of=batch_wording)


@get("/batches/{batch_id:int}", guards=LOOK)
async def batch_page(desk: NamedDependency[Desk], batch_id: FromPath[int]) -> Response[Any]:
    """The whole page; the script asks for the same address and takes the part that changes."""
    return await show_one(desk, batch_id, is_fragment=bool(desk.request.headers.get("hx-request")))


async def show_one(
    desk: Desk, batch_id: int, *, refusal: Refusal | None = None, is_fragment: bool = False
) -> Response[Any]:
    rules: RefundRules = desk.request.app.state.refund_rules
    wanted = desk.request.query_params.get("state", "")
    state = ItemState(wanted) if wanted in set(ItemState) else None
    after = number_asked(desk, "after")
    shown = await show_batch(desk.db, batch_id, rules=rules, state=state, after=after)
    name = "console/batches/progress.html" if is_fragment else "console/batches/page.html"
    answer = show(
        desk.request, name, status=refusal.status if refusal else 200, shown=shown, batch=shown.batch, rules=rules,
        state=state, after=after, running=shown.batch.state is BatchState.RUNNING, words_of=batch_wording,
        refusal=refusal, form=await typed(desk.request) if refusal else {},
    )  # fmt: skip
    if is_fragment and shown.batch.state is not BatchState.RUNNING:
        # What can be done about it has changed: the page is loaded anew, once.
        answer.headers["HX-Refresh"] = "true"
    return answer


def number_asked(desk: Desk, name: str) -> int:
    """A number of the query; 0 when there is none."""
    return whole_number(desk.request.query_params.get(name, "")) or 0
