"""A member of staff declares a trouble, or ends one, by hand."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from kameng.kernel.database import Database
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.text import Words
from kameng.supply import troubles
from kameng.supply.troubles import Place, TroubleKind

BY_HAND = "staff"


class TroubleOpenAlready(Refusal):
    code: ClassVar[str] = "trouble_open_already"
    words: ClassVar[Words] = Words("这条线路已有未关闭的故障")


class TroubleMissing(Refusal):
    code: ClassVar[str] = "trouble_missing"
    status: ClassVar[int] = 404
    words: ClassVar[Words] = Words("没有这条故障，或它已经关闭")


@dataclass(frozen=True)
class TroubleDraft:
    """`expected_until` None: as past troubles say. `login`: who declares it."""

    place: Place
    kind: TroubleKind
    login: str
    expected_until: datetime | None = None
    why: str = ""


async def declare_trouble(*, db: Database, draft: TroubleDraft) -> int:
    """Its id. From now on its routes are avoided as after the radar's word, probes included. The caller writes the
    audit log (`NotedDatabase`). Raises TroubleOpenAlready, InvalidInput."""
    async with db.transaction() as tx:
        if draft.expected_until is not None and draft.expected_until <= tx.now:
            raise InvalidInput(fields={"expected_until": Words("预计恢复时间应晚于现在")})
        trouble_id = await troubles.open_trouble(
            tx, draft.place, draft.kind, evidence={"why": draft.why} if draft.why else {},
            opened_by=f"{BY_HAND}:{draft.login}", expected_until=draft.expected_until,
        )  # fmt: skip
        # Within the transaction, so that nothing is noted of what did not happen.
        if trouble_id is None:
            raise TroubleOpenAlready
    return trouble_id


async def end_trouble(*, db: Database, trouble_id: int, login: str) -> None:
    """Its routes take orders again at once. Raises TroubleMissing."""
    async with db.transaction() as tx:
        if not await troubles.close_trouble(tx, trouble_id, closed_by=f"{BY_HAND}:{login}"):
            raise TroubleMissing
