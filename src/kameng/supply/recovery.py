"""How long a trouble still lasts, as past ones say. Pure."""

from collections.abc import Sequence
from datetime import timedelta
from enum import IntEnum
from statistics import median

#: Fewer past troubles than this that lasted so long say nothing.
PAST_MIN = 3
#: A trouble of which nothing is known lasts half an hour, and then half as long again as it has lasted.
UNKNOWN_LASTS = timedelta(minutes=30)
REST_MIN = timedelta(minutes=5)


class Closeness(IntEnum):
    """How much a past trouble has to do with this one."""

    SAME_PLACE = 0
    SAME_SUPPLIER = 1
    SAME_OPERATOR = 2
    ANY = 3


def expected_rest(past: Sequence[tuple[Closeness, timedelta]], *, elapsed: timedelta) -> timedelta:
    """The median of what remained of those that lasted longer than this one has, from the closest ones there are
    enough of. At least five minutes: nobody is told that it is over now."""
    for closeness in Closeness:
        longer = [
            (lasted - elapsed).total_seconds() for close, lasted in past if close <= closeness and lasted > elapsed
        ]
        if len(longer) >= PAST_MIN:
            return max(REST_MIN, timedelta(seconds=median(longer)))
    return max(REST_MIN, UNKNOWN_LASTS - elapsed, elapsed / 2)
