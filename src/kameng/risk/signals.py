"""What is known of an order before anybody weighs it. Numbers only: nothing here names a person."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from msgspec.structs import asdict, replace

from kameng.kernel.clock import SHANGHAI

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
#: Whoever ordered longer ago than this is new again.
REMEMBERED = timedelta(days=365)


class Signals(msgspec.Struct, frozen=True):
    """Counts are of this order and those before it; amounts in fen. `…_hour` and `…_day` slide.

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


class Windows(msgspec.Struct, frozen=True):
    """A number in the present window of some length and in the one before."""

    since: datetime
    length: timedelta
    present: int
    before: int

    def at(self, now: datetime) -> int:
        """As if the window slid: the one before counts as far as it reaches into the time up to now."""
        passed = (now - self.since) / self.length
        if passed < 1:
            return self.present + int(self.before * (1 - passed))
        return int(self.present * (2 - passed)) if passed < 2 else 0


class Count(msgspec.Struct, frozen=True):
    """What was counted of one subject."""

    orders: Windows
    newcomers: Windows
    fen: Windows
    day_orders: Windows
    day_newcomers: Windows


def count_of(stored: Sequence[int]) -> Count:
    """From a row of `risk_velocity`, its times in seconds since 1970."""
    hour_from, *hourly, day_from, orders, orders_before, newcomers, newcomers_before = stored
    hour, day = datetime.fromtimestamp(hour_from, UTC), datetime.fromtimestamp(day_from, UTC)
    return Count(
        orders=Windows(hour, HOUR, hourly[0], hourly[1]),
        newcomers=Windows(hour, HOUR, hourly[2], hourly[3]),
        fen=Windows(hour, HOUR, hourly[4], hourly[5]),
        day_orders=Windows(day, DAY, orders, orders_before),
        day_newcomers=Windows(day, DAY, newcomers, newcomers_before),
    )


def windows_of(moment: datetime) -> tuple[datetime, datetime]:
    """When its hour and its day began."""
    hour = moment.replace(minute=0, second=0, microsecond=0)
    return hour, hour.replace(hour=0)


def local_hour(moment: datetime) -> int:
    return moment.astimezone(SHANGHAI).hour


def with_counts(signals: Signals, counts: Mapping[str, Count], now: datetime) -> Signals:
    """The same with what has been counted by now, where that is more."""
    contact, account, device, network = (counts.get(kind) for kind in ("contact", "account", "device", "network"))
    signals = replace(
        signals,
        contact_hour=max(signals.contact_hour, contact.orders.at(now) if contact else 0),
        account_day=max(signals.account_day, account.day_orders.at(now) if account else 0),
        device_newcomers_day=max(signals.device_newcomers_day, device.day_newcomers.at(now) if device else 0),
        network_newcomers_hour=max(signals.network_newcomers_hour, network.newcomers.at(now) if network else 0),
    )
    if network and network.orders.at(now) > signals.network_hour:
        return replace(signals, network_hour=network.orders.at(now), network_hour_fen=network.fen.at(now))
    return signals


def signals_of(stored: Mapping[str, Any]) -> Signals:
    """From a jsonb column; what it doesn't know, or no longer means anything, is left out."""
    return Signals(**{name: value for name, value in stored.items() if name in _NOTHING})


def told(signals: Signals) -> dict[str, Any]:
    """For a jsonb column: what differs from an order nothing is known of."""
    return {name: value for name, value in asdict(signals).items() if value != _NOTHING[name]}


_NOTHING = asdict(Signals())
