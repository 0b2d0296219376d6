"""Budgets of failed lookups: per address, per order, and for the whole shop, shared by all web processes.

A failure costs one from each budget. While budgets are whole, nobody notices the guard. When one runs low, a proof of
work is asked for; when an address has used up its own, it waits; when an order has been tried too often, only its
whole contact opens it, so a scanner can't win by patience and can't lock the owner out either.
"""

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from kameng.kernel.database import Connection, Database
from kameng.risk import store
from kameng.risk.alarms import AlarmKind, raise_alarm

GLOBAL = "all"
ORDER = "order:"
# Before the subject of a count of requests that were sent away unanswered.
REFUSED = "refused:"


@dataclass(frozen=True)
class GuardRules:
    """Failures within one window before each measure; windows are fixed, not sliding."""

    window: timedelta = timedelta(minutes=10)
    order_window: timedelta = timedelta(days=1)
    address_proof_after: int = 5
    address_waits_after: int = 30
    order_proof_after: int = 3
    order_whole_contact_after: int = 12
    global_proof_after: int = 300
    alarm_after: int = 30

    def window_of(self, subject: str, now: datetime) -> datetime:
        """When the window of this subject's budget began."""
        span = self.order_window if subject.startswith(ORDER) else self.window
        seconds = int(span.total_seconds())
        return datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, UTC)


@dataclass(frozen=True)
class Standing:
    """What the guard makes of a request before its answer is looked at."""

    proof_needed: bool
    wait_s: int
    whole_contact_needed: frozenset[int]


def address_subject(address: str) -> str:
    """One budget an IPv4 address, one an IPv6 /64: a household, not a device."""
    parsed = ipaddress.ip_address(address)
    if parsed.version == 6:
        mapped = parsed.ipv4_mapped
        if mapped is None:
            return f"address:{ipaddress.ip_network((parsed, 64), strict=False)}"
        parsed = mapped
    return f"address:{parsed}"


def order_subject(order_id: int) -> str:
    return f"{ORDER}{order_id}"


def subjects_of(address: str, order_ids: Sequence[int]) -> list[str]:
    return [GLOBAL, address_subject(address), *(order_subject(order_id) for order_id in order_ids)]


def standing_of(
    rules: GuardRules, failures: Mapping[str, int], *, address: str, order_ids: Sequence[int], now: datetime
) -> Standing:
    """What is asked of this request, from the failures counted so far in the present windows."""
    own = address_subject(address)
    by_address = failures.get(own, 0)
    by_order = {order_id: failures.get(order_subject(order_id), 0) for order_id in order_ids}
    wait_s = 0
    if by_address >= rules.address_waits_after:
        wait_s = max(1, int((rules.window_of(own, now) + rules.window - now).total_seconds()))
    return Standing(
        proof_needed=by_address >= rules.address_proof_after
        or failures.get(GLOBAL, 0) >= rules.global_proof_after
        or any(count >= rules.order_proof_after for count in by_order.values()),
        wait_s=wait_s,
        whole_contact_needed=frozenset(
            order_id for order_id, count in by_order.items() if count >= rules.order_whole_contact_after
        ),
    )


async def count_failure(connection: Connection, budgets: Sequence[tuple[str, datetime]]) -> dict[str, int]:
    """Spend one from each budget; what is counted now, each count given out once."""
    return await store.spend(connection, budgets)


async def count_refusal(connection: Connection, rules: GuardRules, *, address: str, now: datetime) -> dict[str, int]:
    """Somebody was sent away before the question was looked at: no cost, but who goes on and on is scanning."""
    subjects = [REFUSED + GLOBAL, REFUSED + address_subject(address)]
    return await store.spend(connection, [(subject, rules.window_of(subject, now)) for subject in subjects])


async def tell_of_scanning(db: Database, rules: GuardRules, counted: Mapping[str, int]) -> None:
    """Raise the alarm when an address or the shop passes its mark. `counted` is what the counting gave."""
    for subject, count in counted.items():
        who = subject.removeprefix(REFUSED)
        mark = rules.global_proof_after if who == GLOBAL else rules.alarm_after
        # Once at the mark and then rarely: an alarm is for a person, and a scanner must not fill a table.
        if not who.startswith(ORDER) and count >= mark and count % rules.alarm_after == 0:
            async with db.transaction() as tx:
                await raise_alarm(tx, AlarmKind.LOOKUP_SCANNING, who, failures=count)


async def spend_proof(connection: Connection, digest: bytes, expires_at: datetime) -> bool:
    """False when this proof of work was spent before."""
    return await store.spend_proof(connection, digest, expires_at)


async def forget_old_windows(db: Database, rules: GuardRules) -> None:
    """Housekeeping: budgets of past windows and proofs past their time."""
    async with db.transaction() as tx:
        await store.forget(tx, budgets_before=tx.now - max(rules.window, rules.order_window) * 2)
