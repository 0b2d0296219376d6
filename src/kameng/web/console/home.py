"""The first page: what matters at this moment."""

from litestar import Response, get
from litestar.di import NamedDependency

from kameng.desk.numbers import count_now
from kameng.kernel.database import Database
from kameng.staff.member import Staff
from kameng.staff.roles import Permission, may
from kameng.web.console.door import AnyRequest
from kameng.web.console.pages import show
from kameng.web.console.stock import low_stock


@get("/")
async def home(request: AnyRequest, db: NamedDependency[Database], staff: NamedDependency[Staff]) -> Response[str]:
    low = await low_stock(db) if may(staff.role, Permission.STOCK_LOOK) else []
    return show(request, "console/home.html", numbers=await count_now(db), low=low)
