"""The owner's list of who works here."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.text import Words
from kameng.staff.add_staff import LoginTaken, add_staff
from kameng.staff.change_staff import LastOwner, change_role, list_staff, set_enabled
from kameng.staff.member import StaffListed, StaffMissing
from kameng.staff.reset import reset_password, reset_totp
from kameng.staff.roles import Permission, Role
from kameng.web.console.door import Desk, needs
from kameng.web.console.pages import back_to, show, typed

PATH = "/console/staff"
EDIT = [needs(Permission.STAFF_EDIT)]


@get("/staff", guards=EDIT)
async def staff_page(desk: NamedDependency[Desk]) -> Response[str]:
    return await _page(desk)


@post("/staff", guards=EDIT, status_code=200)
async def add(desk: NamedDependency[Desk]) -> Response[Any]:
    form = await typed(desk.request)
    login = form.get("login", "").lower()
    try:
        role = _role_of(form)
        noted = desk.noted("staff:added", f"staff:{login}", role=role)
        await add_staff(db=noted, login=login, password=form.get("password", ""), role=role)
    except (InvalidInput, LoginTaken) as refusal:
        shown = {name: value for name, value in form.items() if name != "password"}
        return await _page(desk, refusal=refusal, form=shown)
    return back_to(PATH, done="added")


@post("/staff/{staff_id:int}/role", guards=EDIT, status_code=200)
async def set_role(desk: NamedDependency[Desk], staff_id: FromPath[int]) -> Response[Any]:
    member = await _member(desk, staff_id)
    try:
        role = _role_of(await typed(desk.request))
        noted = desk.noted("staff:role_changed", f"staff:{member.login}", before=member.role, role=role)
        await change_role(db=noted, staff_id=staff_id, role=role)
    except (InvalidInput, LastOwner) as refusal:
        return await _page(desk, refusal=refusal)
    return back_to(PATH, done="role_changed")


@post("/staff/{staff_id:int}/disable", guards=EDIT, status_code=200)
async def disable(desk: NamedDependency[Desk], staff_id: FromPath[int]) -> Response[Any]:
    member = await _member(desk, staff_id)
    try:
        noted = desk.noted("staff:disabled", f"staff:{member.login}")
        await set_enabled(db=noted, staff_id=staff_id, enabled=False)
    except LastOwner as refusal:
        return await _page(desk, refusal=refusal)
    return back_to(PATH, done="disabled")


@post("/staff/{staff_id:int}/enable", guards=EDIT, status_code=303)
async def enable(desk: NamedDependency[Desk], staff_id: FromPath[int]) -> Response[Any]:
    member = await _member(desk, staff_id)
    await set_enabled(db=desk.noted("staff:enabled", f"staff:{member.login}"), staff_id=staff_id, enabled=True)
    return back_to(PATH, done="enabled")


@post("/staff/{staff_id:int}/password", guards=EDIT, status_code=200)
async def set_password(desk: NamedDependency[Desk], staff_id: FromPath[int]) -> Response[Any]:
    member = await _member(desk, staff_id)
    try:
        noted = desk.noted("staff:password_reset", f"staff:{member.login}")
        await reset_password(db=noted, login=member.login, password=(await typed(desk.request)).get("password", ""))
    except InvalidInput as refusal:
        return await _page(desk, refusal=refusal, of=staff_id)
    return back_to(PATH, done="password_reset")


@post("/staff/{staff_id:int}/totp", guards=EDIT, status_code=303)
async def unbind_totp(desk: NamedDependency[Desk], staff_id: FromPath[int]) -> Response[Any]:
    member = await _member(desk, staff_id)
    await reset_totp(db=desk.noted("staff:totp_reset", f"staff:{member.login}"), login=member.login)
    return back_to(PATH, done="totp_reset")


async def _page(
    desk: Desk,
    *,
    refusal: Refusal | None = None,
    form: dict[str, str] | None = None,
    of: int | None = None,
) -> Response[str]:
    """`of` is the member whose own form was refused."""
    members = await list_staff(desk.db)
    status = refusal.status if refusal else 200
    return show(
        desk.request, "console/staff.html", status=status, members=members, refusal=refusal, form=form or {}, of=of
    )


async def _member(desk: Desk, staff_id: int) -> StaffListed:
    for member in await list_staff(desk.db):
        if member.id == staff_id:
            return member
    raise StaffMissing


def _role_of(form: dict[str, str]) -> Role:
    try:
        return Role(form.get("role", ""))
    except ValueError as error:
        raise InvalidInput(fields={"role": Words("请选择角色")}) from error
