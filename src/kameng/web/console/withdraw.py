"""Cards are taken out of sale for good: those of a batch, or those whose last day has come."""

from typing import Any

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from kameng.kernel.errors import InvalidInput
from kameng.kernel.text import Words
from kameng.staff.roles import Permission
from kameng.stock.batches import find_batch
from kameng.stock.withdraw import withdraw_batch, withdraw_expired
from kameng.web.console.door import Desk, needs
from kameng.web.console.fields import reason_typed
from kameng.web.console.imports import BATCH_ID_MAX
from kameng.web.console.pages import back_to, typed

WITHDRAW = [needs(Permission.STOCK_WITHDRAW)]


@post("/stock/batches/{batch_id:int}/withdraw", guards=WITHDRAW, status_code=200)
async def withdraw_a_batch(desk: NamedDependency[Desk], batch_id: FromPath[int]) -> Response[Any]:
    async with desk.db.reading() as connection:
        batch = await find_batch(connection, batch_id) if batch_id <= BATCH_ID_MAX else None
    if batch is None:
        raise NotFoundException
    reason = await _confirmed(desk)
    await withdraw_batch(db=desk.noted("stock:withdrawn", f"batch:{batch_id}", reason=reason), batch_id=batch_id)
    return back_to("/console/stock", done="withdrawn")


@post("/stock/withdraw-expired", guards=WITHDRAW, status_code=200)
async def withdraw_what_expired(desk: NamedDependency[Desk]) -> Response[Any]:
    reason = await _confirmed(desk)
    await withdraw_expired(db=desk.noted("stock:withdrawn", "expired", reason=reason))
    return back_to("/console/stock", done="withdrawn")


async def _confirmed(desk: Desk) -> str:
    """The reason. Raises InvalidInput."""
    form = await typed(desk.request)
    if "confirmed" not in form:
        raise InvalidInput(fields={"confirmed": Words("请勾选确认：下架后不能恢复")})
    return reason_typed(form)
