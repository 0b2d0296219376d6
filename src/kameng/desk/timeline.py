"""One story out of many: what happened to an order, what gateways and suppliers said, and what staff did and saw."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from kameng.desk.delivery import DeliveryAttempt
from kameng.desk.order_file import RawNotice, Source, TimelineLine
from kameng.orders.handling import OrderNote
from kameng.orders.lifecycle import ActorKind, OrderState
from kameng.risk.scores import KeptScore

Rows = Iterable[Mapping[str, Any]]


@dataclass(frozen=True)
class Sources:
    """Everything a story is told from; rows as the store gives them."""

    events: Rows
    notices: Sequence[RawNotice] = ()
    looks: Rows = ()
    attempts: Sequence[DeliveryAttempt] = ()
    cases: Rows = ()
    resubmissions: Rows = ()
    scores: Sequence[KeptScore] = ()
    notes: Sequence[OrderNote] = field(default=(), repr=False)


def timeline_of(sources: Sources) -> list[TimelineLine]:
    """Oldest first; at the same moment, what caused a change stands before it."""
    lines = [
        *map(_of_notice, sources.notices),
        *(line for attempt in sources.attempts for line in _of_attempt(attempt)),
        *map(_of_score, sources.scores),
        *map(_of_event, sources.events),
        *map(_of_case, sources.cases),
        *(line for row in sources.resubmissions for line in _of_resubmission(row)),
        *map(_of_note, sources.notes),
        *map(_of_look, sources.looks),
    ]
    return sorted(lines, key=attrgetter("at"))


def _of_event(row: Mapping[str, Any]) -> TimelineLine:
    return TimelineLine(
        at=row["at"],
        source=Source.EVENT,
        actor=ActorKind(row["actor_kind"]),
        actor_id=row["actor_id"],
        what=row["event"],
        state=OrderState(row["to_state"]) if row["to_state"] != row["from_state"] else None,
        reason=row["reason"],
        facts=row["facts"],
    )


def _of_notice(notice: RawNotice) -> TimelineLine:
    facts = {"genuine": notice.genuine, "times": notice.times, "notice": notice.id}
    return TimelineLine(
        notice.first_at, Source.NOTICE, ActorKind.GATEWAY, notice.gateway_name, "notice", None, None, facts
    )


def _of_look(row: Mapping[str, Any]) -> TimelineLine:
    facts = dict(row["facts"])
    reason = facts.pop("reason", None)
    if row["address"] is not None:
        facts["address"] = str(row["address"])
    return TimelineLine(row["at"], Source.LOOK, ActorKind.STAFF, row["login"], row["action"], None, reason, facts)


def _of_attempt(attempt: DeliveryAttempt) -> Iterator[TimelineLine]:
    facts = {"number": attempt.number}
    for said in attempt.answers:
        # A person's word about an attempt is written down among the supplier's.
        actor = ActorKind.STAFF if said.asked_by == "staff" else ActorKind.SUPPLIER
        who = None if actor is ActorKind.STAFF else attempt.supplier_name
        yield TimelineLine(said.at, Source.SUPPLIER, actor, who, said.said, None, None, facts, said.words or None)
    for one in attempt.callbacks:
        seen = {**facts, "genuine": one.genuine, "times": one.times}
        yield TimelineLine(
            one.first_at, Source.CALLBACK, ActorKind.SUPPLIER, attempt.supplier_name, "callback", None, None, seen
        )


def _of_score(score: KeptScore) -> TimelineLine:
    facts = {"points": score.points}
    return TimelineLine(score.at, Source.RISK, ActorKind.SYSTEM, None, score.verdict, None, None, facts)


def _of_case(row: Mapping[str, Any]) -> TimelineLine:
    facts = {"case": row["case_id"]}
    return TimelineLine(
        row["at"], Source.CASE, ActorKind(row["actor_kind"]), row["actor_id"], row["event"], None, None, facts
    )


def _of_resubmission(row: Mapping[str, Any]) -> Iterator[TimelineLine]:
    who = ActorKind(row["actor_kind"]), row["actor_id"]
    facts = {"resubmission": row["kind"]}
    reason = row["reason"] or None
    yield TimelineLine(row["applied_at"], Source.RESUBMISSION, *who, "applied", None, reason, facts)
    if row["ended_at"] is not None:
        facts = {**facts, "why": row["why"]}
        yield TimelineLine(
            row["ended_at"], Source.RESUBMISSION, ActorKind.SYSTEM, None, row["state"], None, None, facts
        )


def _of_note(one: OrderNote) -> TimelineLine:
    return TimelineLine(one.at, Source.NOTE, ActorKind.STAFF, one.login, "note", None, None, {}, one.words)
