"""Agreeing to batches that somebody else asked for."""

from typing import Any

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from kameng.batches.agree import approve_batch, decline_batch
from kameng.batches.batch import BatchState
from kameng.kernel.database import Transaction
from kameng.staff.roles import Permission
from kameng.web.console.batch_forms import carried, word_of
from kameng.web.console.door import Desk, needs
from kameng.web.console.pages import typed

APPROVE = [needs(Permission.BATCH_APPROVE)]


@post("/batches/{batch_id:int}/approve", guards=APPROVE, status_code=200)
async def approve(desk: NamedDependency[Desk], batch_id: FromPath[int]) -> Response[Any]:
    reason = (await typed(desk.request)).get("reason", "")

    async def act(tx: Transaction) -> BatchState:
        return await approve_batch(tx, batch_id=batch_id, word=word_of(desk, reason))

    return await carried(desk, batch_id, act, done="batch_approved")


@post("/batches/{batch_id:int}/decline", guards=APPROVE, status_code=200)
async def decline(desk: NamedDependency[Desk], batch_id: FromPath[int]) -> Response[Any]:
    reason = (await typed(desk.request)).get("reason", "")

    async def act(tx: Transaction) -> BatchState:
        return await decline_batch(tx, batch_id=batch_id, word=word_of(desk, reason))

    return await carried(desk, batch_id, act, done="batch_declined")
