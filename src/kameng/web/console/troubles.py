"""Troubles with suppliers: what is open, what there was, and the word of a person who knows better."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from kameng.catalogue.phone_segment import Operator
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.text import Words
from kameng.staff.roles import Permission
from kameng.supply.declare_trouble import (
    TroubleDraft,
    TroubleMissing,
    TroubleOpenAlready,
    declare_trouble,
    end_trouble,
)
from kameng.supply.list_suppliers import list_suppliers
from kameng.supply.troubles import Place, TroubleKind, trouble_history
from kameng.web.console.door import Desk, needs
from kameng.web.console.fields import moment_typed, reason_typed
from kameng.web.console.pages import back_to, show, typed

PATH = "/console/troubles"
EDIT = [needs(Permission.TROUBLE_EDIT)]
LOOK_BACK = timedelta(days=14)
TROUBLE_ID_MAX = 2**63 - 1
PROVINCE_MAX = 20


@get("/troubles", guards=[needs(Permission.TROUBLE_LOOK)])
async def troubles_page(desk: NamedDependency[Desk]) -> Response[str]:
    return await _page(desk)


@post("/troubles", guards=EDIT, status_code=200)
async def declare(desk: NamedDependency[Desk]) -> Response[Any]:
    form = await typed(desk.request)
    try:
        draft, code = await _draft(desk, form)
        facts = {"trouble_kind": draft.kind, "operator": draft.place.operator, "province": draft.place.province,
                 "reason": draft.why}  # fmt: skip
        await declare_trouble(db=desk.noted("trouble:declared", f"supplier:{code}", **facts), draft=draft)
    except (InvalidInput, TroubleOpenAlready) as refusal:
        return await _page(desk, form=form, refusal=refusal)
    return back_to(PATH, done="trouble_declared")


@post("/troubles/{trouble_id:int}/end", guards=EDIT, status_code=200)
async def end(desk: NamedDependency[Desk], trouble_id: FromPath[int]) -> Response[Any]:
    try:
        if trouble_id > TROUBLE_ID_MAX:
            raise TroubleMissing
        reason = reason_typed(await typed(desk.request))
        noted = desk.noted("trouble:ended", f"trouble:{trouble_id}", reason=reason)
        await end_trouble(db=noted, trouble_id=trouble_id, login=desk.looker.staff.login)
    except InvalidInput as refusal:
        return await _page(desk, refusal=refusal)
    return back_to(PATH, done="trouble_ended")


async def _page(desk: Desk, *, form: Mapping[str, str] | None = None, refusal: Refusal | None = None) -> Response[str]:
    async with desk.db.reading() as connection:
        history = await trouble_history(connection, since=desk.db.clock.now() - LOOK_BACK)
        suppliers = {line.id: line for line in await list_suppliers(connection)}
    return show(
        desk.request, "console/troubles.html", status=refusal.status if refusal else 200, suppliers=suppliers,
        open=[one for one in history if one.closed_at is None], past=[one for one in history if one.closed_at],
        form=dict(form or {}), refusal=refusal,
    )  # fmt: skip


async def _draft(desk: Desk, form: Mapping[str, str]) -> tuple[TroubleDraft, str]:
    """With the supplier's code. Raises InvalidInput."""
    async with desk.db.reading() as connection:
        suppliers = {line.code: line for line in await list_suppliers(connection)}
    supplier = suppliers.get(form.get("supplier", ""))
    if supplier is None:
        raise InvalidInput(fields={"supplier": Words("请选择货源")})
    kind, operator, province = (form.get(name, "") for name in ("kind", "operator", "province"))
    if kind not in set(TroubleKind):
        raise InvalidInput(fields={"kind": Words("请选择故障类型")})
    if operator not in {"", *Operator}:
        raise InvalidInput(fields={"operator": Words("没有这个运营商")})
    if len(province) > PROVINCE_MAX:
        raise InvalidInput(fields={"province": Words("省份太长")})
    draft = TroubleDraft(
        Place(supplier.id, operator, province), TroubleKind(kind), desk.looker.staff.login,
        expected_until=moment_typed(form, "expected_until"), why=reason_typed(form),
    )  # fmt: skip
    return draft, supplier.code
