"""Resubmissions that the rules left to a person: the queue, one of them with what speaks against it, and a word."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from kameng.desk.orders import order_subject
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.resubmission.decide import NothingToDecide, decide_resubmission
from kameng.resubmission.left_to_staff import ResubmissionMissing, list_left, read_left
from kameng.resubmission.put_right import MoneyGoesBack
from kameng.resubmission.resubmission import ResubmissionState
from kameng.risk.scorecard import RULE_NAMES
from kameng.staff.audit import note
from kameng.staff.roles import Permission
from kameng.web.console import case_wording
from kameng.web.console.door import Desk, needs
from kameng.web.console.pages import RESUBMISSIONS, back_to, show, typed

ID_MAX = 2**63 - 1
_SHOWN: tuple[type[Refusal], ...] = (InvalidInput, NothingToDecide, MoneyGoesBack)


@get("/resubmissions", guards=[needs(Permission.ORDER_LOOK)])
async def resubmissions_page(desk: NamedDependency[Desk]) -> Response[str]:
    lines = await list_left(desk.db)
    return show(desk.request, "console/resubmissions/list.html", lines=lines, cases=case_wording)


@get("/resubmissions/{resubmission_id:int}", guards=[needs(Permission.ORDER_LOOK)])
async def resubmission_page(desk: NamedDependency[Desk], resubmission_id: FromPath[int]) -> Response[str]:
    return await _show(desk, resubmission_id)


@post("/resubmissions/{resubmission_id:int}/decide", guards=[needs(Permission.RESUBMISSION_DECIDE)], status_code=200)
async def decide(desk: NamedDependency[Desk], resubmission_id: FromPath[int]) -> Response[Any]:
    """`allow` is yes or no, with a reason that the log keeps."""
    form = await typed(desk.request)
    try:
        async with desk.db.transaction() as tx:
            file = await read_left(tx.connection, desk.keyring, _known(resubmission_id))
            if file.line.one.state is not ResubmissionState.WITH_STAFF:
                raise NothingToDecide
            order_id, allow, reason = file.line.one.order_id, form.get("allow") == "yes", form.get("reason", "")
            one = await decide_resubmission(tx, order_id=order_id, allow=allow, actor=desk.actor, reason=reason)
            # Whatever waits for this order waits under another number by now.
            if one.id != resubmission_id:
                raise NothingToDecide
            what = "resubmission:allowed" if allow else "resubmission:denied"
            await note(tx, desk.note(what, order_subject(order_id), kind=one.kind, state=one.state, reason=reason))
    except _SHOWN as refusal:
        return await _show(desk, resubmission_id, refusal=refusal, form=form)
    return back_to(f"{RESUBMISSIONS}/{resubmission_id}", done=_done(one.state, allow=allow))


async def _show(
    desk: Desk, resubmission_id: int, *, refusal: Refusal | None = None, form: dict[str, str] | None = None
) -> Response[str]:
    """Raises ResubmissionMissing."""
    async with desk.db.transaction() as tx:
        file = await read_left(tx.connection, desk.keyring, _known(resubmission_id))
        await note(
            tx, desk.note("resubmission:looked_at", order_subject(file.line.one.order_id), kind=file.line.one.kind)
        )
    return show(
        desk.request, "console/resubmissions/page.html", status=refusal.status if refusal else 200, file=file,
        one=file.line.one, rules_named=RULE_NAMES, cases=case_wording, refusal=refusal, form=form or {},
    )  # fmt: skip


def _done(state: ResubmissionState, *, allow: bool) -> str:
    if not allow:
        return "resubmission_denied"
    return "case_short" if state is ResubmissionState.WITH_STAFF else "resubmission_allowed"


def _known(resubmission_id: int) -> int:
    """Raises ResubmissionMissing for what can be none."""
    if resubmission_id > ID_MAX:
        raise ResubmissionMissing
    return resubmission_id
