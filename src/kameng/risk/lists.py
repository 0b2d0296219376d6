"""Lists 名单: whom staff let through, keep out or want to look at closely, until when and why.

A subject is on one list at a time and stands there under its keyed hash; people see a label that doesn't identify it.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from kameng.kernel.database import Connection, Transaction
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.text import Words
from kameng.risk import list_store
from kameng.risk.scorecard import Listed
from kameng.risk.subjects import SubjectKind

REASON_MAX = 300
SHOWN_MAX = 500
EVERY_SITE = 0
_TELLS_TOO_MUCH = re.compile(r"\d{7,}|@|\d{1,3}(\.\d{1,3}){3}")


@dataclass(frozen=True)
class Subject:
    """Who is meant. `label` is what people see of it: 138****, 203.0.*.*"""

    kind: SubjectKind
    index: bytes
    label: str


@dataclass(frozen=True)
class Entry:
    id: int
    list: Listed
    subject_kind: SubjectKind
    label: str
    reason: str
    listed_by: int | None
    listed_at: datetime
    until: datetime | None


class ListedMeanwhile(Refusal):
    """Somebody else put the same subject on a list at the same moment."""

    code: ClassVar[str] = "listed_meanwhile"
    words: ClassVar[Words] = Words("刚刚有人修改了这个名单，请刷新后重试")


async def put_on_list(
    tx: Transaction, on: Listed, subject: Subject, *, reason: str, until: datetime | None, staff_id: int | None
) -> int:
    """Put a subject on a list, off any other; the entry's id. In the caller's transaction, which also audits it.

    Raises InvalidInput (reason, until), ListedMeanwhile.
    """
    reason = reason.strip()
    if not 1 <= len(reason) <= REASON_MAX:
        raise InvalidInput(fields={"reason": Words("请写明原因，最多 300 字")})
    if _TELLS_TOO_MUCH.search(reason):
        raise InvalidInput(fields={"reason": Words("请不要在原因里写手机号、邮箱、账号或 IP")})
    if until is not None and until <= tx.now:
        raise InvalidInput(fields={"until": Words("到期时间应在现在之后")})
    entry_id = await list_store.put(
        tx, on=on, kind=subject.kind, subject=subject.index, label=subject.label, reason=reason, staff_id=staff_id,
        until=until,
    )  # fmt: skip
    if entry_id is None:
        raise ListedMeanwhile
    return entry_id


async def take_off_list(tx: Transaction, entry_id: int, *, staff_id: int | None) -> bool:
    """False when it is on no list any more."""
    return await list_store.remove(tx, entry_id, staff_id)


async def list_entries(connection: Connection, now: datetime) -> list[Entry]:
    """Those that hold at this moment, newest first."""
    return [
        Entry(**{**dict(row), "list": Listed(row["list"]), "subject_kind": SubjectKind(row["subject_kind"])})
        for row in await list_store.entries(connection, now, at_most=SHOWN_MAX)
    ]
