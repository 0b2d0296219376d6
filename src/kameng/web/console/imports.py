"""Bringing codes in: a dry run that writes nothing, then the import of the very same content, watched while it runs."""

import asyncio
import base64
import io
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from kameng.kernel.crypto import Unreadable
from kameng.kernel.database import Database
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.text import Words
from kameng.staff.audit import note
from kameng.staff.roles import Permission
from kameng.stock.batches import find_batch
from kameng.stock.card import BatchState
from kameng.stock.code_format import UnsafeFormat
from kameng.stock.lines import UnreadableFile, kind_of
from kameng.stock.open_batch import SkuMissing, content_index_of
from kameng.stock.plan_import import Plan, plan_import
from kameng.stock.stage_upload import UPLOAD_BYTES_MAX, UploadEmpty, UploadTooLarge, stage_upload
from kameng.web.console.door import AnyRequest, Desk, needs
from kameng.web.console.pages import back_to, show, typed
from kameng.web.console.stock import skus_sold

IMPORT = [needs(Permission.STOCK_IMPORT)]
PURPOSE_CHECKED = "checked card file"
CHECKED_FOR = timedelta(hours=1)
# Fields and boundaries around the file.
BODY_BYTES_MAX = UPLOAD_BYTES_MAX + 64 * 1024
PASTED = "pasted.txt"
BATCH_ID_MAX = 2**31 - 1
_SHOWN = (InvalidInput, UploadEmpty, UploadTooLarge, UnreadableFile, UnsafeFormat, SkuMissing)


class NotChecked(Refusal):
    """The content is not the one the dry run saw, or that was too long ago."""

    code: ClassVar[str] = "not_checked"
    status: ClassVar[int] = 409
    words: ClassVar[Words] = Words("内容与试导入时不一致，或试导入已超过一小时，请重新试导入")


class Checked(msgspec.Struct):
    """What a dry run leaves in the form, sealed: which content it saw, for which sku, when."""

    sku_id: int
    content: bytes
    at: datetime


@dataclass(frozen=True)
class Upload:
    sku_id: int
    name: str
    content: bytes


@get("/stock/import", guards=IMPORT)
async def import_page(desk: NamedDependency[Desk]) -> Response[str]:
    return await _form(desk, form={"sku": desk.request.query_params.get("sku", "")})


@post("/stock/check", guards=IMPORT, status_code=200, request_max_body_size=BODY_BYTES_MAX)
async def check(desk: NamedDependency[Desk]) -> Response[str]:
    """The dry run: what would become of each line. Nothing is stored."""
    form = await typed(desk.request)
    try:
        upload = await _upload(desk.request, form)
        kind = kind_of(upload.name, upload.content[:4])
        file = io.BytesIO(upload.content)
        plan = await plan_import(db=desk.db, keyring=desk.keyring, sku_id=upload.sku_id, file=file, kind=kind)
    except _SHOWN as refusal:
        return await _form(desk, form=form, refusal=refusal)
    async with desk.db.transaction() as tx:
        await note(tx, desk.note("stock:checked", f"sku:{upload.sku_id}", name=upload.name, lines=plan.lines_total))
    token = _sealed(desk, Checked(upload.sku_id, await _content_index(desk, upload), desk.db.clock.now()))
    return await _form(desk, form=form, plan=plan, token=token, upload=upload)


@post("/stock/import", guards=IMPORT, status_code=200, request_max_body_size=BODY_BYTES_MAX)
async def import_upload(desk: NamedDependency[Desk]) -> Response[Any]:
    form = await typed(desk.request)
    try:
        upload = await _upload(desk.request, form)
        await _must_be_checked(desk, upload, form.get("checked", ""))
        noted = desk.noted("stock:imported", f"sku:{upload.sku_id}", name=upload.name, bytes=len(upload.content))
        batch_id = await stage_upload(
            db=noted, keyring=desk.keyring, sku_id=upload.sku_id, name=upload.name,
            content=upload.content, staff_id=desk.looker.staff.id,
        )  # fmt: skip
    except (*_SHOWN, NotChecked) as refusal:
        return await _form(desk, form=form, refusal=refusal)
    return back_to(f"/console/stock/batches/{batch_id}")


@get("/stock/batches/{batch_id:int}", guards=[needs(Permission.STOCK_LOOK)])
async def batch_page(request: AnyRequest, db: NamedDependency[Database], batch_id: FromPath[int]) -> Response[str]:
    """The progress of an import; the script asks for the same address and takes the part that changes."""
    async with db.reading() as connection:
        batch = await find_batch(connection, batch_id) if batch_id <= BATCH_ID_MAX else None
    if batch is None:
        raise NotFoundException
    ware = next(((p, s) for p, s in await skus_sold(db) if s.id == batch.sku_id), None)
    running = batch.state in (BatchState.WAITING, BatchState.IMPORTING)
    name = "console/stock/progress.html" if request.headers.get("hx-request") else "console/stock/batch.html"
    return show(request, name, batch=batch, ware=ware, running=running)


async def _form(
    desk: Desk,
    *,
    form: dict[str, str],
    plan: Plan | None = None,
    token: str = "",
    upload: Upload | None = None,
    refusal: Refusal | None = None,
) -> Response[str]:
    """The whole page, or only what came of the dry run when the script asks: the chosen file stays in the form."""
    is_fragment = bool(desk.request.headers.get("hx-request"))
    name = "console/stock/outcome.html" if is_fragment else "console/stock/import.html"
    # The script puts only good answers into the page.
    status = 200 if refusal is None or is_fragment else refusal.status
    shown = {"sku": form.get("sku", "")}
    return show(
        desk.request, name, status=status, wares=await skus_sold(desk.db), form=shown, plan=plan, token=token,
        upload=upload, is_fragment=is_fragment, refusal=refusal,
    )  # fmt: skip


async def _upload(request: AnyRequest, form: dict[str, str]) -> Upload:
    """The file, or else what was pasted."""
    sku = form.get("sku", "")
    if not sku.isdecimal() or len(sku) > 9:
        raise InvalidInput(fields={"sku": Words("请选择面值")})
    file = (await request.form()).get("file")
    if isinstance(file, UploadFile) and file.filename:
        content = await file.read()
        if not content:
            raise UploadEmpty
        return Upload(int(sku), file.filename, content)
    pasted = form.get("codes", "")
    if not pasted:
        raise InvalidInput(fields={"file": Words("请选择文件，或在下面粘贴卡密")})
    return Upload(int(sku), PASTED, pasted.encode())


def _sealed(desk: Desk, checked: Checked) -> str:
    bound_to = str(desk.looker.staff.id).encode()
    sealed = desk.keyring.seal(msgspec.json.encode(checked), purpose=PURPOSE_CHECKED, bound_to=bound_to)
    return base64.urlsafe_b64encode(sealed).decode()


async def _must_be_checked(desk: Desk, upload: Upload, token: str) -> None:
    """Raises NotChecked."""
    try:
        sealed, bound_to = base64.urlsafe_b64decode(token), str(desk.looker.staff.id).encode()
        plain = desk.keyring.unseal(sealed, purpose=PURPOSE_CHECKED, bound_to=bound_to)
    except (ValueError, Unreadable) as error:
        raise NotChecked from error
    checked = msgspec.json.decode(plain, type=Checked)
    is_fresh = desk.db.clock.now() - checked.at < CHECKED_FOR
    if not is_fresh or (checked.sku_id, checked.content) != (upload.sku_id, await _content_index(desk, upload)):
        raise NotChecked


async def _content_index(desk: Desk, upload: Upload) -> bytes:
    return await asyncio.to_thread(content_index_of, desk.keyring, io.BytesIO(upload.content))
