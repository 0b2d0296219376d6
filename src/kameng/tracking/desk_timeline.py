"""One story out of three: what happened to an order, what gateways sent, and which staff looked."""

from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import Any

from kameng.orders.lifecycle import ActorKind, OrderState
from kameng.tracking.desk_order import RawNotice, Source, TimelineLine


def timeline_of(
    events: Iterable[Mapping[str, Any]], notices: Iterable[RawNotice], looks: Iterable[Mapping[str, Any]]
) -> list[TimelineLine]:
    """Oldest first; at the same moment, what caused a change stands before it."""
    lines = [*map(_of_notice, notices), *map(_of_event, events), *map(_of_look, looks)]
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
