"""Rules by which hot codes are bought ahead."""

from collections.abc import Mapping
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from kameng.catalogue.filling import Delivers
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.text import Words
from kameng.staff.audit import note
from kameng.staff.roles import Permission
from kameng.supply.restock import RestockRule, RuleMissing, drop_rule, list_rules, save_rule
from kameng.web.console.door import Desk, needs
from kameng.web.console.fields import fen_typed, number_typed
from kameng.web.console.pages import back_to, show, typed
from kameng.web.console.stock import skus_sold

PATH = "/console/restock"
EDIT = [needs(Permission.RESTOCK_EDIT)]
SKU_ID_MAX = 2**31 - 1


@get("/restock", guards=[needs(Permission.SUPPLIER_LOOK)])
async def restock_page(desk: NamedDependency[Desk]) -> Response[str]:
    return await _page(desk)


@post("/restock", guards=EDIT, status_code=200)
async def save(desk: NamedDependency[Desk]) -> Response[Any]:
    form = await typed(desk.request)
    try:
        rule = _rule(form)
        async with desk.db.transaction() as tx:
            await save_rule(tx, rule)
            facts = {"level_min": rule.level_min, "level_max": rule.level_max, "budget_fen": rule.budget_fen,
                     "enabled": rule.enabled}  # fmt: skip
            await note(tx, desk.note("restock:saved", f"sku:{rule.sku_id}", **facts))
    except InvalidInput as refusal:
        return await _page(desk, form=form, refusal=refusal)
    return back_to(PATH, done="saved")


@post("/restock/{sku_id:int}/drop", guards=EDIT, status_code=200)
async def drop(desk: NamedDependency[Desk], sku_id: FromPath[int]) -> Response[Any]:
    if sku_id > SKU_ID_MAX:
        raise RuleMissing
    async with desk.db.transaction() as tx:
        await drop_rule(tx, sku_id)
        await note(tx, desk.note("restock:dropped", f"sku:{sku_id}"))
    return back_to(PATH, done="restock_dropped")


def _rule(form: Mapping[str, str]) -> RestockRule:
    """Raises InvalidInput."""
    sku = number_typed(form, "sku", otherwise=0)
    if not 0 < sku <= SKU_ID_MAX:
        raise InvalidInput(fields={"sku": Words("请选择面值")})
    return RestockRule(
        sku, number_typed(form, "level_min", otherwise=0), number_typed(form, "level_max", otherwise=0),
        fen_typed(form, "budget") or 0, enabled="enabled" in form,
    )  # fmt: skip


async def _page(desk: Desk, *, form: Mapping[str, str] | None = None, refusal: Refusal | None = None) -> Response[str]:
    async with desk.db.reading() as connection:
        rules = await list_rules(connection)
    wares = [(product, sku) for product, sku in await skus_sold(desk.db) if product.delivers is Delivers.CODES]
    return show(
        desk.request, "console/restock.html", status=refusal.status if refusal else 200, rules=rules, wares=wares,
        form=dict(form or {}), refusal=refusal,
    )  # fmt: skip
