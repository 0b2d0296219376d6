"""Macros 常用语: what staff write again and again."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from kameng.aftersales.macros import PLACES, MacroMissing, drop_macro, list_macros, save_macro
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.staff.audit import note
from kameng.staff.roles import Permission
from kameng.web.console.door import Desk, needs
from kameng.web.console.fields import number_typed
from kameng.web.console.pages import back_to, show, typed

PATH = "/console/macros"
EDIT = [needs(Permission.MACRO_EDIT)]
MACRO_ID_MAX = 2**31 - 1


@get("/macros", guards=EDIT)
async def macros_page(desk: NamedDependency[Desk]) -> Response[str]:
    return await _page(desk)


@post("/macros", guards=EDIT, status_code=200)
async def save(desk: NamedDependency[Desk]) -> Response[Any]:
    """Of the same name is written over."""
    form = await typed(desk.request)
    try:
        position = number_typed(form, "position", otherwise=0)
        async with desk.db.transaction() as tx:
            macro_id = await save_macro(
                tx, name=form.get("name", ""), words=form.get("words", ""), position=position
            )  # fmt: skip
            await note(tx, desk.note("macro:saved", f"macro:{macro_id}", name=form.get("name", "")))
    except InvalidInput as refusal:
        return await _page(desk, refusal=refusal, form=form)
    return back_to(PATH, done="saved")


@post("/macros/{macro_id:int}/drop", guards=EDIT, status_code=200)
async def drop(desk: NamedDependency[Desk], macro_id: FromPath[int]) -> Response[Any]:
    if macro_id > MACRO_ID_MAX:
        raise MacroMissing
    async with desk.db.transaction() as tx:
        name = await drop_macro(tx, macro_id)
        await note(tx, desk.note("macro:dropped", f"macro:{macro_id}", name=name))
    return back_to(PATH, done="macro_dropped")


async def _page(desk: Desk, *, refusal: Refusal | None = None, form: dict[str, str] | None = None) -> Response[str]:
    async with desk.db.reading() as connection:
        macros = await list_macros(connection)
    status = refusal.status if refusal else 200
    return show(
        desk.request, "console/cases/macros.html", status=status, macros=macros, places=PLACES, refusal=refusal,
        form=form or {},
    )  # fmt: skip
