"""The queue of after-sales cases, and one of them with its order's facts beside it; both follow what others do."""

from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, Parameter
from litestar.status_codes import HTTP_204_NO_CONTENT

from kameng.aftersales.case import KIND_NAMES, CaseMissing, case_subject
from kameng.aftersales.conversation import case_version, find_picture
from kameng.aftersales.macros import Macro, MacroMissing, filled_in, list_macros
from kameng.aftersales.picture import MEDIA_TYPE
from kameng.aftersales.queue import CaseFile, Filter, count_cases, list_cases, list_handlers, read_file
from kameng.desk.delivery import DeliveryAttempt, delivery_of_order
from kameng.kernel.errors import Refusal
from kameng.orders.lifecycle import STATE_NAMES
from kameng.orders.number import printed
from kameng.staff.audit import note
from kameng.staff.roles import Permission
from kameng.supply.suppliers import Suppliers, SupplierUnknown
from kameng.web.console import case_wording
from kameng.web.console.door import Desk, needs
from kameng.web.console.pages import CASES, show
from kameng.web.console.remedy_form import remedy_form
from kameng.web.design.visit import visit_of

LOOK = [needs(Permission.CASE_LOOK)]
HANDLE = [needs(Permission.CASE_HANDLE)]
CASE_ID_MAX = 2**31 - 1
PICTURE_HEADERS = {
    "Cache-Control": "private, no-store",
    "Content-Disposition": "inline",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}


@get("/cases", guards=LOOK)
async def cases_page(desk: NamedDependency[Desk]) -> Response[str]:
    """The script asks for the same address and takes the list alone."""
    asked, me = desk.request.query_params.get("show", ""), desk.looker.staff.id
    wanted = Filter(asked) if asked in set(Filter) else Filter.UNDER_WAY
    name = "console/cases/list.html" if desk.request.headers.get("hx-request") else "console/cases/queue.html"
    return show(
        desk.request, name, wanted=wanted, lines=await list_cases(desk.db, wanted, staff_id=me),
        counts=await count_cases(desk.db, staff_id=me), filters=list(Filter), cases=case_wording,
    )  # fmt: skip


@get("/cases/{case_id:int}", guards=LOOK)
async def case_page(
    desk: NamedDependency[Desk], suppliers: NamedDependency[Suppliers], case_id: FromPath[int]
) -> Response[str]:
    return await show_case(desk, suppliers, case_id)


@get("/cases/{case_id:int}/live", guards=LOOK)
async def case_live(
    desk: NamedDependency[Desk], case_id: FromPath[int], seen: int = Parameter(default=0, ge=0, le=2**62)
) -> Response[Any]:
    """What changes of a page that stands open; nothing while it is as it was seen."""
    if await case_version(desk.db, _known(case_id)) <= seen:
        return Response(None, status_code=HTTP_204_NO_CONTENT)
    async with desk.db.reading() as connection:
        file = await read_file(connection, desk.keyring, case_id)
    return show(desk.request, "console/cases/live.html", file=file, case=file.case, cases=case_wording)


@get("/cases/{case_id:int}/pictures/{picture_id:int}", guards=LOOK)
async def case_picture(
    desk: NamedDependency[Desk], case_id: FromPath[int], picture_id: FromPath[int]
) -> Response[bytes]:
    """A part of the page that was noted when it was opened."""
    if picture_id >= 2**63:
        raise NotFoundException
    async with desk.db.reading() as connection:
        file = await read_file(connection, desk.keyring, _known(case_id))
    order_id = file.case.order_id
    content = await find_picture(db=desk.db, keyring=desk.keyring, order_id=order_id, picture_id=picture_id)
    return Response(content, media_type=MEDIA_TYPE, headers=PICTURE_HEADERS)


@get("/cases/{case_id:int}/macros/{macro_id:int}", guards=HANDLE)
async def case_macro(
    desk: NamedDependency[Desk], suppliers: NamedDependency[Suppliers], case_id: FromPath[int], macro_id: FromPath[int]
) -> Response[Any]:
    """Its words with this case's values in them: the field alone for the script, or the whole page."""
    if not desk.request.headers.get("hx-request"):
        return await show_case(desk, suppliers, case_id, macro_id=macro_id)
    async with desk.db.reading() as connection:
        file = await read_file(connection, desk.keyring, _known(case_id))
        words = _said_by(desk, file, _macro(await list_macros(connection), macro_id))
    return show(desk.request, "console/cases/words.html", form={"words": words})


async def show_case(
    desk: Desk,
    suppliers: Suppliers,
    case_id: int,
    *,
    refusal: Refusal | None = None,
    form: dict[str, str] | None = None,
    macro_id: int | None = None,
) -> Response[Any]:
    """The whole page, and its line in the log. Raises CaseMissing, MacroMissing."""
    async with desk.db.transaction() as tx:
        file = await read_file(tx.connection, desk.keyring, _known(case_id))
        macros = await list_macros(tx.connection)
        await note(tx, desk.note("case:looked_at", case_subject(case_id)))
    form = form or {}
    if macro_id is not None:
        form = {"words": _said_by(desk, file, _macro(macros, macro_id))}
    return show(
        desk.request, "console/cases/page.html", status=refusal.status if refusal else 200, file=file, case=file.case,
        complainable=await complainable(desk, suppliers, case_id), macros=macros, form=form, refusal=refusal,
        handlers=await list_handlers(desk.db), cases=case_wording, can=await remedy_form(desk.db, file),
    )  # fmt: skip


def to_case(case_id: int) -> str:
    return f"{CASES}/{case_id}"


async def complainable(desk: Desk, suppliers: Suppliers, case_id: int) -> list[DeliveryAttempt]:
    """Attempts for the case's order whose suppliers take complaints. Raises CaseMissing."""
    async with desk.db.reading() as connection:
        file = await read_file(connection, desk.keyring, _known(case_id))
        delivery = await delivery_of_order(connection, file.case.order_id)
    attempts = delivery.attempts if delivery is not None else []
    return [attempt for attempt in attempts if await _takes_complaints(suppliers, attempt)]


async def _takes_complaints(suppliers: Suppliers, attempt: DeliveryAttempt) -> bool:
    if attempt.state == "calling":
        return False
    try:
        return (await suppliers.with_id(attempt.supplier_id)).supplier.abilities.complains
    except SupplierUnknown:
        return False


def _said_by(desk: Desk, file: CaseFile, macro: Macro) -> str:
    words = visit_of(desk.request.scope).words
    values = {
        "order_no": printed(file.case.order_id),
        "product": f"{file.line.product_name} {file.line.face_value}",
        "state": words(STATE_NAMES[file.line.order_state]),
        "kind": words(KIND_NAMES[file.case.kind]),
        "staff": desk.looker.staff.login,
        "site": file.line.site or "",
    }
    return filled_in(macro, values)


def _macro(macros: list[Macro], macro_id: int) -> Macro:
    """Raises MacroMissing."""
    found = next((macro for macro in macros if macro.id == macro_id), None)
    if found is None:
        raise MacroMissing
    return found


def _known(case_id: int) -> int:
    """Raises CaseMissing for what can be none."""
    if case_id > CASE_ID_MAX:
        raise CaseMissing
    return case_id
