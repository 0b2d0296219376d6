"""What is known of an order before anybody weighs it. Numbers only: nothing here names a person."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from kameng.kernel.clock import SHANGHAI

HOUR = timedelta(hours=1)
#: Whoever ordered longer ago than this is new again.
REMEMBERED = timedelta(days=365)


@dataclass(frozen=True)
class Signals:
    """Counts are of this order and those before it; amounts in fen. `…_hour` slides, `…_day` is the last 24 hours.

    `is_new`: the contact paid for nothing in the year up to yesterday. Of its last orders: `settled` were delivered a
    day ago or earlier and not sent back, `refunded` were refunded on somebody's word, `disputed` were refunded after
    their codes had been read, `dropped` were cancelled unpaid since yesterday. `lookup_failures`: the address's, in
    the last hour. A newcomer is a contact's first order ever.
    """

    amount_fen: int = 0
    usual_fen: int = 0
    is_codes: bool = True
    local_hour: int = 12
    is_new: bool = False
    settled: int = 0
    refunded: int = 0
    disputed: int = 0
    dropped: int = 0
    contact_hour: int = 0
    account_day: int = 0
    device_newcomers_day: int = 0
    network_newcomers_hour: int = 0
    network_hour: int = 0
    network_hour_fen: int = 0
    lookup_failures: int = 0
    watched: bool = False
    # Known once it is paid.
    paid_late: bool = False
    paid_other_amount: bool = False
    ways_tried: int = 0


@dataclass(frozen=True)
class Count:
    """Orders of one subject: in this hour's window, in the one before, and in the day up to now."""

    orders: tuple[int, int, int] = (0, 0, 0)
    newcomers: tuple[int, int, int] = (0, 0, 0)
    fen: tuple[int, int, int] = (0, 0, 0)

    def in_an_hour(self, what: tuple[int, int, int], now: datetime) -> int:
        """As if the window slid: the last one counts as far as it reaches into the hour before `now`."""
        passed = (now - window_of(now)) / HOUR
        return what[0] + int(what[1] * (1 - passed))


def window_of(moment: datetime) -> datetime:
    """When this hour's window began."""
    return moment.replace(minute=0, second=0, microsecond=0)


def local_hour(moment: datetime) -> int:
    return moment.astimezone(SHANGHAI).hour


def with_counts(signals: Signals, counts: Mapping[str, Count], now: datetime) -> Signals:
    """The same with what has been counted by now, where that is more."""
    contact, account, device, network = (
        counts.get(kind, Count()) for kind in ("contact", "account", "device", "network")
    )
    hour, hour_fen = network.in_an_hour(network.orders, now), network.in_an_hour(network.fen, now)
    fresh = {
        "contact_hour": contact.in_an_hour(contact.orders, now),
        "account_day": account.orders[2],
        "device_newcomers_day": device.newcomers[2],
        "network_newcomers_hour": network.in_an_hour(network.newcomers, now),
    }
    known = asdict(signals)
    more = {name: max(known[name], value) for name, value in fresh.items()}
    if hour > signals.network_hour:
        more |= {"network_hour": hour, "network_hour_fen": hour_fen}
    return replace(signals, **more)


def signals_of(stored: Mapping[str, Any]) -> Signals:
    """From a jsonb column; what it doesn't know, or no longer means anything, is left out."""
    known = asdict(Signals())
    return Signals(**{name: value for name, value in stored.items() if name in known})


def told(signals: Signals) -> dict[str, Any]:
    """For a jsonb column: what differs from an order nothing is known of."""
    nothing = asdict(Signals())
    return {name: value for name, value in asdict(signals).items() if value != nothing[name]}
