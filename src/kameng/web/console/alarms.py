"""Alarms: what a person should look at, and the mark that somebody did."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect

from kameng.kernel.database import Database
from kameng.risk.alarms import list_alarms, mark_seen
from kameng.staff.audit import note
from kameng.staff.roles import Permission
from kameng.web.console.door import AnyRequest, Desk, needs
from kameng.web.console.pages import back_to, show

ALARM_ID_MAX = 2**63 - 1


@get("/alarms", guards=[needs(Permission.ALARM_LOOK)])
async def alarms_page(request: AnyRequest, db: NamedDependency[Database]) -> Response[str]:
    with_seen = bool(request.query_params.get("all"))
    async with db.reading() as connection:
        alarms = await list_alarms(connection, with_seen=with_seen)
    return show(request, "console/alarms.html", alarms=alarms, with_seen=with_seen)


@post("/alarms/{alarm_id:int}/seen", guards=[needs(Permission.ALARM_ANSWER)], status_code=303)
async def answer_alarm(desk: NamedDependency[Desk], alarm_id: FromPath[int]) -> Redirect:
    if alarm_id > ALARM_ID_MAX:
        raise NotFoundException
    async with desk.db.transaction() as tx:
        if await mark_seen(tx, alarm_id, staff_id=desk.looker.staff.id):
            await note(tx, desk.note("alarm:seen", f"alarm:{alarm_id}"))
    return back_to("/console/alarms", done="seen")
