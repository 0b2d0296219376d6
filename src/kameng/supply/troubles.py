"""Troubles 故障 with suppliers: opened, looked into by probes, closed. In the caller's transaction.

What they do: a route whose supplier is failing or silent (for the order's operator and province) takes no orders but a
probe when one is due; a slow one is taken last. See `routing.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from kameng.kernel.database import Connection, Transaction
from kameng.supply import trouble_store
from kameng.supply.recovery import Closeness, expected_rest

#: So long after each probe that failed in a row until the next; the last pause repeats.
PROBE_AFTER = (
    timedelta(minutes=1),
    timedelta(minutes=2),
    timedelta(minutes=5),
    timedelta(minutes=10),
    timedelta(minutes=15),
)
#: Past troubles are learned from for half a year.
LEARN_FROM = timedelta(days=180)


class TroubleKind(StrEnum):
    FAILING = "failing"
    SLOW = "slow"
    SILENT = "silent"


#: So many probes in a row have to come through. Slow deliveries arrive in time now and then by themselves.
PROBES_TO_CLOSE: Mapping[TroubleKind, int] = {
    TroubleKind.FAILING: 3,
    TroubleKind.SILENT: 3,
    TroubleKind.SLOW: 8,
}


@dataclass(frozen=True)
class Place:
    """Whom it concerns: a supplier, all of it or for one operator, everywhere or in one province ('' is all)."""

    supplier_id: int
    operator: str = ""
    province: str = ""

    def covers(self, other: "Place") -> bool:
        """Whether trouble here is trouble there too."""
        return (
            self.supplier_id == other.supplier_id
            and self.operator in ("", other.operator)
            and self.province in ("", other.province)
        )


@dataclass(frozen=True)
class Trouble:
    """`expected_until` is moved on when it passes. `opened_by`: radar, or the login of a member of staff."""

    id: int
    place: Place
    kind: TroubleKind
    opened_at: datetime
    expected_until: datetime
    probe_at: datetime
    closed_at: datetime | None
    probes_through: int
    probes_failed: int
    opened_by: str
    evidence: Mapping[str, Any]


async def open_trouble(
    tx: Transaction,
    place: Place,
    kind: TroubleKind,
    *,
    evidence: Mapping[str, Any],
    opened_by: str = "radar",
    expected_until: datetime | None = None,
) -> int | None:
    """Its id; None when there is one open at this very place. Without `expected_until` past troubles say how long."""
    until = expected_until or tx.now + await _rest(tx, place, kind, elapsed=timedelta(0))
    return await trouble_store.open_trouble(
        tx, (place.supplier_id, place.operator, place.province, kind, tx.now, until, tx.now + PROBE_AFTER[0], evidence,
             opened_by),
    )  # fmt: skip


async def close_trouble(tx: Transaction, trouble_id: int, *, closed_by: str) -> bool:
    """False when it is closed already."""
    return await trouble_store.close_trouble(tx, trouble_id, closed_by=closed_by)


async def note_probe(tx: Transaction, trouble: Trouble, *, through: bool) -> Trouble:
    """What came of an order that was sent all the same. Enough that come through in a row close it."""
    in_row = trouble.probes_through + 1 if through else 0
    failed = 0 if through else trouble.probes_failed + 1
    # One that comes through is followed by another at once; each that doesn't puts the next one off further.
    probe_at = tx.now if through else tx.now + PROBE_AFTER[min(failed, len(PROBE_AFTER)) - 1]
    await trouble_store.note_probe(tx, trouble.id, probe_at=probe_at, through=in_row, failed=failed)
    if in_row >= PROBES_TO_CLOSE[trouble.kind]:
        await close_trouble(tx, trouble.id, closed_by="radar")
        return replace(trouble, closed_at=tx.now, probes_through=in_row)
    return replace(trouble, probe_at=probe_at, probes_through=in_row, probes_failed=failed)


async def soften_trouble(tx: Transaction, trouble: Trouble) -> Trouble:
    """It was silent, and now something arrives, though late."""
    await trouble_store.set_kind(tx, trouble.id, TroubleKind.SLOW)
    return replace(trouble, kind=TroubleKind.SLOW, evidence={})


async def worsen_trouble(tx: Transaction, trouble: Trouble, kind: TroubleKind) -> Trouble:
    """It was slow, and now it fails."""
    await trouble_store.set_kind(tx, trouble.id, kind)
    return replace(trouble, kind=kind, evidence={})


async def put_off_recoveries(tx: Transaction) -> int:
    """Troubles that outlast what was expected are expected to last longer; how many."""
    overdue = [_trouble(dict(row)) for row in await trouble_store.overdue_troubles(tx)]
    for trouble in overdue:
        rest = await _rest(tx, trouble.place, trouble.kind, elapsed=tx.now - trouble.opened_at)
        await trouble_store.expect_until(tx, trouble.id, tx.now + rest)
    return len(overdue)


async def open_troubles(connection: Connection) -> list[Trouble]:
    return [_trouble(dict(row)) for row in await trouble_store.open_troubles(connection)]


async def trouble_history(connection: Connection, *, since: datetime) -> list[Trouble]:
    """Open ones, and those that were open at some moment since then; the newest first."""
    return [_trouble(dict(row)) for row in await trouble_store.trouble_history(connection, since=since)]


async def _rest(tx: Transaction, place: Place, kind: TroubleKind, *, elapsed: timedelta) -> timedelta:
    past = await trouble_store.past_lengths(
        tx, kind, supplier_id=place.supplier_id, operator=place.operator, since=tx.now - LEARN_FROM
    )
    lengths = [(Closeness(row["closeness"]), row["lasted"]) for row in past]
    return expected_rest(lengths, elapsed=elapsed)


def _trouble(row: Mapping[str, Any]) -> Trouble:
    return Trouble(
        id=row["id"],
        place=Place(row["supplier_id"], row["operator"], row["province"]),
        kind=TroubleKind(row["kind"]),
        opened_at=row["opened_at"],
        expected_until=row["expected_until"],
        probe_at=row["probe_at"],
        closed_at=row["closed_at"],
        probes_through=row["probes_through"],
        probes_failed=row["probes_failed"],
        opened_by=row["opened_by"],
        evidence=row["evidence"],
    )
