"""An order is weighed for risk with what orders know: their contact, their account, and how old their numbers are."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database, Transaction
from kameng.orders import store
from kameng.orders.account import Account, account_index
from kameng.orders.contact import Contact, whole_index
from kameng.orders.number import floor
from kameng.orders.order import Order
from kameng.risk.alarms import AlarmKind, raise_alarm
from kameng.risk.learn_usual import LEARNED_FROM, learn_usual
from kameng.risk.score_order import Judged, Payment, Stage, Wanted, keep, score_again, score_order
from kameng.risk.scorecard import Verdict
from kameng.risk.scores import remind_of
from kameng.risk.signals import REMEMBERED
from kameng.risk.subjects import SubjectKind, subject_index

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Candidate:
    """An order that is about to be placed. `device` is what its buyer's browser is known by."""

    site_id: int
    sku_id: int
    amount_fen: int
    contact: Contact = field(repr=False)
    account: Account | None = field(default=None, repr=False)
    address: str | None = None
    device: str | None = None


async def weigh_new(tx: Transaction, keyring: Keyring, candidate: Candidate) -> Judged:
    """Count it and weigh it, in one statement that needs no transaction around it."""
    subjects = {SubjectKind.CONTACT: whole_index(keyring, candidate.contact)}
    if candidate.account is not None:
        subjects[SubjectKind.ACCOUNT] = account_index(keyring, candidate.account.main)
    if candidate.device:
        subjects[SubjectKind.DEVICE] = subject_index(keyring, SubjectKind.DEVICE, candidate.device)
    wanted = Wanted(
        site_id=candidate.site_id,
        sku_id=candidate.sku_id,
        amount_fen=candidate.amount_fen,
        is_codes=candidate.account is None,
        address=candidate.address,
        subjects=subjects,
        since=_since(tx.now),
    )
    return await score_order(tx, keyring, wanted)


async def weigh_again(tx: Transaction, order: Order, stage: Stage, *, payment: Payment | None = None) -> Judged:
    """Weigh an order the caller has locked, and keep the verdict. A person is told of HIGH.

    MIDDLE gives the buyer, HIGH gives staff until `decide_by`; a buyer who has proved it is asked for nothing more.
    """
    judged = await score_again(tx, order.id, since=_since(tx.now), payment=payment)
    verdict = judged.score.verdict
    waits = verdict is Verdict.HIGH or (verdict is Verdict.MIDDLE and stage is not Stage.PROVEN)
    await keep(tx, order.id, stage, judged, decide_by=decide_by(tx, judged) if waits else None)
    if waits:
        await store.hold_back(tx, order.id, judged.points)
    if verdict is Verdict.HIGH:
        reasons = [str(reason.rule) for reason in judged.score.reasons if reason.points > 0]
        await raise_alarm(tx, AlarmKind.ORDER_HELD, f"order:{order.id}", points=judged.points, reasons=reasons)
    return judged


async def weigh_resubmission(tx: Transaction, order: Order) -> Judged:
    """Weigh an order the caller has locked whose buyer asks for it to be put right, and keep a verdict that has
    reasons. Nothing is held back: what follows is for who puts it right."""
    judged = await score_again(tx, order.id, since=_since(tx.now))
    if judged.is_worth_keeping:
        await keep(tx, order.id, Stage.RESUBMITTED, judged, decide_by=None)
    return judged


async def remind(tx: Transaction, order: Order) -> None:
    """Staff had their time and did not decide: they are told again, and have twice as long."""
    score = await remind_of(tx, order.id)
    reasons = [str(reason.rule) for reason in score.reasons if reason.points > 0]
    await raise_alarm(tx, AlarmKind.ORDER_HELD, f"order:{order.id}", points=score.points, reasons=reasons, again=True)


def decide_by(tx: Transaction, judged: Judged) -> datetime:
    """When whoever is waited for must have answered."""
    return tx.now + judged.thresholds.decide_within


async def learn_usual_amounts(db: Database) -> None:
    """Every hour: see `risk/learn_usual.py`."""
    await learn_usual(db, since=floor(db.clock.now() - LEARNED_FROM))


def _since(now: datetime) -> tuple[int, int]:
    """The first order keys of a year and of a day ago, to the hour."""
    return _since_hour(now.replace(minute=0, second=0, microsecond=0))


@lru_cache(maxsize=8)
def _since_hour(hour: datetime) -> tuple[int, int]:
    return floor(hour - REMEMBERED), floor(hour - DAY)
