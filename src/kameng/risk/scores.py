"""Verdicts as they were kept: of one order, and of all that wait for their buyer or for a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kameng.kernel.database import Connection, Transaction
from kameng.risk import score_store
from kameng.risk.score_order import Stage, reasons_of
from kameng.risk.scorecard import Reason, Verdict
from kameng.risk.signals import Signals, signals_of
from kameng.risk.subjects import Subjects, read

HELD_MAX = 200


@dataclass(frozen=True)
class KeptScore:
    """`decide_by`: when the buyer or staff must have answered; None where nobody is waited for."""

    order_id: int
    stage: Stage
    points: int
    verdict: Verdict
    reasons: tuple[Reason, ...]
    signals: Signals
    subjects: Subjects
    decide_by: datetime | None
    at: datetime


async def scores_of(connection: Connection, order_id: int) -> list[KeptScore]:
    """From the first to the newest. None are kept of an order that nothing spoke against."""
    return [_score(dict(row)) for row in await score_store.of_order(connection, order_id)]


async def latest_score(connection: Connection, order_id: int) -> KeptScore | None:
    row = await score_store.latest(connection, order_id)
    return _score(dict(row)) if row else None


async def list_held(connection: Connection) -> list[KeptScore]:
    """The queue 审核中: orders held back for risk, most urgent first; MIDDLE waits for its buyer, HIGH for staff."""
    return [_score(dict(row)) for row in await score_store.held(connection, at_most=HELD_MAX)]


async def remind_of(tx: Transaction, order_id: int) -> KeptScore:
    """The newest verdict once more, with twice the time it gave."""
    row = await score_store.latest(tx.connection, order_id)
    assert row is not None, "remind of what was held back"
    within = row["decide_by"] - row["at"]
    await score_store.remind(tx, order_id, Stage.REMINDED, tx.now + 2 * within)
    return _score(dict(row))


async def list_due(connection: Connection, now: datetime, *, at_most: int) -> list[int]:
    """Orders for which nobody has answered in time."""
    return await score_store.due(connection, now, at_most=at_most)


def _score(row: Mapping[str, Any]) -> KeptScore:
    return KeptScore(
        order_id=row["order_id"],
        stage=Stage(row["stage"]),
        points=row["points"],
        verdict=Verdict(row["verdict"]),
        reasons=reasons_of(row["reasons"]),
        signals=signals_of(row["signals"]),
        subjects=read(row["subjects"]),
        decide_by=row["decide_by"],
        at=row["at"],
    )
