"""Suppliers: how each is doing, and the form that its protocol asks to be filled. Keys go in and never out."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol, runtime_checkable

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from kameng.desk.suppliers import SupplierDay, supplier_days
from kameng.kernel.database import Database
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.text import Words
from kameng.staff.audit import note
from kameng.staff.roles import Permission, may
from kameng.supply.add_supplier import SupplierDraft, add_supplier, config_of
from kameng.supply.list_suppliers import SupplierLine, list_suppliers
from kameng.supply.suppliers import Suppliers, SupplierUnknown
from kameng.supply.switch_supplier import read_goods_soon, switch_supplier
from kameng.supply.troubles import open_troubles
from kameng.web.console.door import Desk, needs
from kameng.web.console.fields import fen_typed, number_typed, reason_typed
from kameng.web.console.options import Options, changed, merged, must_bring_secrets, typed_config, without_secrets
from kameng.web.console.pages import back_to, clean, show, typed

PATH = "/console/suppliers"
LOOK = [needs(Permission.SUPPLIER_LOOK)]
EDIT = [needs(Permission.SUPPLIER_EDIT)]
SWITCH = [needs(Permission.SUPPLIER_SWITCH)]


@runtime_checkable
class SupplierForm(Protocol):
    """What a supplier protocol asks to be configured with."""

    @property
    def label(self) -> Words: ...
    @property
    def options(self) -> Options: ...


SupplierForms = Mapping[str, SupplierForm]


@get("/suppliers", guards=LOOK)
async def suppliers_page(
    desk: NamedDependency[Desk], supply_protocols: NamedDependency[SupplierForms]
) -> Response[str]:
    async with desk.db.reading() as connection:
        lines = await list_suppliers(connection)
        in_trouble = Counter(trouble.place.supplier_id for trouble in await open_troubles(connection))
    return show(
        desk.request, "console/supply/suppliers.html", suppliers=lines, days=await supplier_days(desk.db),
        in_trouble=in_trouble, protocols=supply_protocols, nothing=SupplierDay(),
    )  # fmt: skip


@get("/suppliers/new/{protocol:str}", guards=EDIT)
async def new_supplier_page(
    desk: NamedDependency[Desk], supply_protocols: NamedDependency[SupplierForms], protocol: FromPath[str]
) -> Response[str]:
    return _form_page(desk, _form_of(supply_protocols, protocol), SupplierDraft("", "", protocol, {}))


@get("/suppliers/{code:str}", guards=LOOK)
async def supplier_page(
    desk: NamedDependency[Desk], supply_protocols: NamedDependency[SupplierForms], code: FromPath[str]
) -> Response[str]:
    return await show_supplier(desk, supply_protocols, code)


@post("/suppliers", guards=EDIT, status_code=200)
async def add(
    desk: NamedDependency[Desk], suppliers: NamedDependency[Suppliers], supply_protocols: NamedDependency[SupplierForms]
) -> Response[Any]:
    entered = await typed(desk.request)
    form = _form_of(supply_protocols, entered.get("protocol", ""))
    draft = SupplierDraft(
        entered.get("code", ""), entered.get("name", ""), entered["protocol"], typed_config(form.options, entered)
    )
    try:
        async with desk.db.reading() as connection:
            if draft.code in {line.code for line in await list_suppliers(connection)}:
                raise InvalidInput(fields={"code": Words("已有货源用了这个代号")})
        draft = replace(_typed(draft, entered), enabled="enabled" in entered)
        await _save(desk, suppliers, form, draft)
    except InvalidInput as refusal:
        return _form_page(desk, form, draft, refusal=refusal)
    return back_to(f"{PATH}/{draft.code}", done="added")


@post("/suppliers/{code:str}", guards=EDIT, status_code=200)
async def change(
    desk: NamedDependency[Desk],
    suppliers: NamedDependency[Suppliers],
    supply_protocols: NamedDependency[SupplierForms],
    code: FromPath[str],
) -> Response[Any]:
    line = await supplier_line(desk.db, code)
    form = _form_of(supply_protocols, line.protocol)
    entered = await typed(desk.request)
    draft = replace(_draft_of(line), name=entered.get("name", ""), config=typed_config(form.options, entered))
    try:
        draft = _typed(draft, entered)
        await _save(desk, suppliers, form, draft)
    except InvalidInput as refusal:
        return await show_supplier(desk, supply_protocols, code, draft=draft, refusal=refusal)
    return back_to(f"{PATH}/{code}", done="saved")


@post("/suppliers/{code:str}/enable", guards=SWITCH, status_code=200)
async def enable(desk: NamedDependency[Desk], code: FromPath[str]) -> Response[Any]:
    async with desk.db.transaction() as tx:
        await switch_supplier(tx, clean(code), enabled=True)
        await note(tx, desk.note("supplier:enabled", f"supplier:{code}"))
    return back_to(f"{PATH}/{code}", done="supplier_enabled")


@post("/suppliers/{code:str}/disable", guards=SWITCH, status_code=200)
async def disable(
    desk: NamedDependency[Desk], supply_protocols: NamedDependency[SupplierForms], code: FromPath[str]
) -> Response[Any]:
    try:
        reason = reason_typed(await typed(desk.request))
        async with desk.db.transaction() as tx:
            await switch_supplier(tx, clean(code), enabled=False)
            await note(tx, desk.note("supplier:disabled", f"supplier:{code}", reason=reason))
    except InvalidInput as refusal:
        return await show_supplier(desk, supply_protocols, code, refusal=refusal)
    return back_to(f"{PATH}/{code}", done="supplier_disabled")


@post("/suppliers/{code:str}/read", guards=SWITCH, status_code=200)
async def read_now(desk: NamedDependency[Desk], code: FromPath[str]) -> Response[Any]:
    async with desk.db.transaction() as tx:
        await read_goods_soon(tx, clean(code))
        await note(tx, desk.note("supplier:read", f"supplier:{code}"))
    return back_to(f"{PATH}/{code}", done="reading")


async def show_supplier(
    desk: Desk,
    protocols: SupplierForms,
    code: str,
    *,
    draft: SupplierDraft | None = None,
    refusal: Refusal | None = None,
) -> Response[str]:
    """One supplier; whoever may change it sees the form too, without what is secret in it."""
    line = await supplier_line(desk.db, code)
    form = protocols.get(line.protocol)
    if draft is None and form is not None and may(desk.looker.staff.role, Permission.SUPPLIER_EDIT):
        async with desk.db.transaction() as tx:
            draft = replace(_draft_of(line), config=await config_of(tx, desk.keyring, line.code))
    async with desk.db.reading() as connection:
        troubles = [one for one in await open_troubles(connection) if one.place.supplier_id == line.id]
    return show(
        desk.request, "console/supply/supplier.html", status=refusal.status if refusal else 200, supplier=line,
        protocol=form, draft=_shown(form, draft) if form and draft else None, is_new=False, refusal=refusal,
        day=(await supplier_days(desk.db)).get(line.id, SupplierDay()), troubles=troubles,
    )  # fmt: skip


def _form_page(
    desk: Desk, form: SupplierForm, draft: SupplierDraft, *, refusal: Refusal | None = None
) -> Response[str]:
    return show(
        desk.request, "console/supply/new_supplier.html", status=refusal.status if refusal else 200, protocol=form,
        draft=_shown(form, draft), is_new=True, refusal=refusal,
    )  # fmt: skip


def _shown(form: SupplierForm, draft: SupplierDraft) -> SupplierDraft:
    """Secrets are taken out before anything is rendered."""
    return replace(draft, config=without_secrets(form.options, draft.config))


async def _save(desk: Desk, suppliers: Suppliers, form: SupplierForm, draft: SupplierDraft) -> None:
    """A secret left empty keeps its present value. The log says which fields changed, never to what."""
    async with desk.db.transaction() as tx:
        before = await config_of(tx, desk.keyring, draft.code)
        must_bring_secrets(form.options, before, draft.config)
        config = merged(before, draft.config)
        await add_supplier(tx, desk.keyring, suppliers.makers, replace(draft, config=config))
        facts = {"name": draft.name, "enabled": draft.enabled, "changed": changed(form.options, before, config),
                 "limit_fen": draft.balance_low_fen}  # fmt: skip
        await note(tx, desk.note("supplier:saved", f"supplier:{draft.code}", **facts))


def _typed(draft: SupplierDraft, entered: Mapping[str, str]) -> SupplierDraft:
    """Raises InvalidInput."""
    return replace(
        draft,
        position=number_typed(entered, "position", otherwise=0),
        calls_at_once=number_typed(entered, "calls_at_once", otherwise=0),
        balance_low_fen=fen_typed(entered, "balance_low") or 0,
    )


def _draft_of(line: SupplierLine) -> SupplierDraft:
    return SupplierDraft(
        line.code, line.name, line.protocol, {}, enabled=line.enabled, position=line.position,
        calls_at_once=line.calls_at_once, balance_low_fen=line.balance_low_fen,
    )  # fmt: skip


async def supplier_line(db: Database, code: str) -> SupplierLine:
    """Raises SupplierUnknown."""
    async with db.reading() as connection:
        for line in await list_suppliers(connection):
            if line.code == code:
                return line
    raise SupplierUnknown


def _form_of(protocols: SupplierForms, protocol: str) -> SupplierForm:
    """Raises InvalidInput."""
    if protocol not in protocols:
        raise InvalidInput(fields={"protocol": Words("没有这种协议")})
    return protocols[protocol]
