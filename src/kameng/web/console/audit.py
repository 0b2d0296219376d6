"""The audit log, to be read."""

from litestar import Response, get
from litestar.di import NamedDependency

from kameng.kernel.database import Database
from kameng.staff.audit import PAGE, read_audit
from kameng.staff.roles import Permission
from kameng.web.console.door import AnyRequest, needs
from kameng.web.console.pages import clean, show

_ID_DIGITS_MAX = 18


@get("/audit", guards=[needs(Permission.AUDIT_LOOK)])
async def audit_page(request: AnyRequest, db: NamedDependency[Database]) -> Response[str]:
    query = request.query_params
    login, subject, before = (clean(query.get(name, "")) for name in ("login", "subject", "before"))
    before_id = int(before) if before.isdecimal() and len(before) <= _ID_DIGITS_MAX else None
    lines = await read_audit(db, login=login, subject=subject, before=before_id)
    form = {"login": login, "subject": subject}
    return show(request, "console/audit.html", lines=lines, has_more=len(lines) == PAGE, form=form)
