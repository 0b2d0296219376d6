"""An order is weighed: when it is placed, again when it is paid, and once more when its buyer has proved it theirs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from msgspec.structs import replace

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Transaction
from kameng.risk import score_store
from kameng.risk.guard import address_subject
from kameng.risk.scorecard import (
    DEFAULT,
    WEIGHTS,
    Listed,
    Reason,
    Rule,
    Score,
    Scorecard,
    Thresholds,
    Weight,
    score,
)
from kameng.risk.signals import Signals, count_of, local_hour, signals_of, told, windows_of, with_counts
from kameng.risk.subjects import COUNTED, SubjectKind, Subjects, read, subjects_of_address, written

POINTS_MAX = 32_767


class Stage(StrEnum):
    """When it was weighed. REMINDED: nobody had decided in time, and staff were told again. RESUBMITTED: its buyer asks
    for it to be put right."""

    PLACED = "placed"
    PAID = "paid"
    PROVEN = "proven"
    REMINDED = "reminded"
    RESUBMITTED = "resubmitted"


@dataclass(frozen=True)
class Wanted:
    """An order about to be placed. `subjects` hold at least the contact; `since` are the first order keys of a year
    ago and of a day ago."""

    site_id: int
    sku_id: int
    amount_fen: int
    is_codes: bool
    address: str | None
    subjects: Subjects
    since: tuple[int, int]


@dataclass(frozen=True)
class Judged:
    """A score with what it was made from. `list_entry`: the entry of a list that decided or was counted in."""

    score: Score
    signals: Signals
    subjects: Subjects = field(default_factory=dict)
    listed: Listed | None = None
    list_entry: int | None = None
    thresholds: Thresholds = field(default_factory=Thresholds)

    @property
    def points(self) -> int:
        """As the order keeps them: never below nought."""
        return min(max(self.score.points, 0), POINTS_MAX)

    @property
    def is_worth_keeping(self) -> bool:
        return self.points > 0 or self.listed is not None

    @property
    def values(self) -> tuple[int, str, list[list[object]], dict[str, Any], dict[str, str]]:
        """Points, verdict, reasons, signals and subjects as they are stored."""
        reasons: list[list[object]] = [[reason.rule, reason.seen, reason.points] for reason in self.score.reasons]
        return self.score.points, self.score.verdict, reasons, told(self.signals), written(self.subjects)


async def score_order(tx: Transaction, keyring: Keyring, wanted: Wanted) -> Judged:
    """Count the order and weigh it, in one statement that needs no transaction around it."""
    subjects = {**wanted.subjects, **subjects_of_address(keyring, wanted.address)}
    row = await score_store.count_and_read(
        tx.connection,
        counted=[(kind, subjects[kind]) for kind in COUNTED if kind in subjects],
        subjects=list(subjects.values()),
        contact=subjects[SubjectKind.CONTACT],
        amount_fen=wanted.amount_fen,
        sku_id=wanted.sku_id,
        site_id=wanted.site_id,
        lookups=address_subject(wanted.address) if wanted.address and SubjectKind.ADDRESS in subjects else None,
        since=wanted.since,
        windows=windows_of(tx.now),
        now=tx.now,
    )
    signals = Signals(
        amount_fen=wanted.amount_fen,
        usual_fen=row["usual_fen"] or 0,
        is_codes=wanted.is_codes,
        local_hour=local_hour(tx.now),
        lookup_failures=row["lookup_failures"],
    )
    return _judged(row, signals, subjects, tx.now)


@dataclass(frozen=True)
class Payment:
    """What is odd about how an order was paid."""

    is_late: bool = False
    is_other_amount: bool = False


async def score_again(
    tx: Transaction, order_id: int, *, since: tuple[int, int], payment: Payment | None = None
) -> Judged:
    """Weigh an order anew with what has been counted since and, once it is paid, with how. `since`: see Wanted."""
    row = await score_store.read_again(tx.connection, order_id, since=since, now=tx.now)
    assert row is not None, "weigh only orders there are"
    signals = signals_of(row["signals"] or {})
    if row["signals"] is None:
        # Nothing spoke against it then; of goods and account nothing was kept.
        signals = Signals(amount_fen=row["amount_fen"], is_codes=False, local_hour=local_hour(row["placed_at"]))
    signals = replace(signals, ways_tried=row["ways_tried"])
    if payment is not None:
        signals = replace(signals, paid_late=payment.is_late, paid_other_amount=payment.is_other_amount)
    return _judged(dict(row), signals, read(row["subjects"] or {}), tx.now)


async def keep(tx: Transaction, order_id: int, stage: Stage, judged: Judged, *, decide_by: datetime | None) -> None:
    """Write a verdict down."""
    await score_store.keep(tx, order_id, stage, judged.values, decide_by)


def _judged(row: Mapping[str, Any], signals: Signals, subjects: Subjects, now: datetime) -> Judged:
    listed, list_entry = _listed(row["listed"])
    signals = replace(
        signals,
        is_new=row["known"] == 0,
        settled=row["settled"],
        refunded=row["refunded"],
        disputed=row["disputed"],
        dropped=row["dropped"],
        watched=listed is Listed.WATCH,
    )
    counts = {kind: count_of(stored) for kind, stored in row["counts"].items()}
    signals = with_counts(signals, counts, now)
    card = card_of(row["weights"], row["thresholds"])
    return Judged(score(signals, card, listed=listed), signals, subjects, listed, list_entry, card.thresholds)


def _listed(rows: list[Any]) -> tuple[Listed | None, int | None]:
    """The entry for the most particular subject decides."""
    order = list(SubjectKind)
    entries = sorted(rows, key=lambda row: order.index(SubjectKind(row[0])))
    return (Listed(entries[0][1]), entries[0][2]) if entries else (None, None)


def card_of(weights: list[Any], thresholds: list[int] | None) -> Scorecard:
    """The scorecard of a site: our own weights, then what holds for every site, then what holds for this one."""
    if not weights and thresholds is None:
        return DEFAULT
    own = {Rule(rule): Weight(mark, points, times) for rule, mark, points, times in weights if rule in set(Rule)}
    if thresholds is None:
        return Scorecard({**WEIGHTS, **own})
    middle, high, seconds = thresholds
    return Scorecard({**WEIGHTS, **own}, Thresholds(middle, high, timedelta(seconds=seconds)))


def reasons_of(stored: list[Any]) -> tuple[Reason, ...]:
    """From a jsonb column; a rule that is no more is left out."""
    return tuple(Reason(Rule(rule), seen, points) for rule, seen, points in stored if rule in set(Rule))
