"""A delivery attempt 发货尝试: one supplier asked once, under one number, for a part or all of what is owed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from kameng.catalogue.filling import Delivers
from kameng.kernel.lifecycle import Lifecycle
from kameng.orders.number import OrderId, printed
from kameng.supply.answer import Accepted, Delivered, Failed, InDoubt, NotFound, Partly, Refused


class AttemptState(StrEnum):
    CALLING = "calling"
    PLACED = "placed"
    IN_DOUBT = "in_doubt"
    DELIVERED = "delivered"
    PARTLY = "partly"
    FAILED = "failed"
    REFUSED = "refused"


class DeliveryState(StrEnum):
    """What is owed by suppliers: being worked at, all there, at its end without it, or before a person."""

    OPEN = "open"
    DONE = "done"
    GIVEN_UP = "given_up"
    STUCK = "stuck"


class AskedBy(StrEnum):
    """On what occasion a supplier, or a person in its place, said something."""

    PLACE = "place"
    QUERY = "query"
    CALLBACK = "callback"
    CANCEL = "cancel"
    COMPLAINT = "complaint"
    STAFF = "staff"


#: Something may still come of these: what they ask for is not asked for again.
LIVE = frozenset({AttemptState.CALLING, AttemptState.PLACED, AttemptState.IN_DOUBT})

#: It was ordered there: the supplier has less left by that.
ORDERED = frozenset({AttemptState.PLACED, AttemptState.DELIVERED, AttemptState.PARTLY})


class Unproven(InDoubt):
    """It says delivered and shows nothing for it. Not just a question without an answer."""


Answer = Accepted | Refused | InDoubt | NotFound | Delivered | Failed | Partly

_A = AttemptState

#: What a supplier says is what happens. NotFound on a young order is no answer yet, see `settle`.
ATTEMPT_LIFECYCLE = Lifecycle[AttemptState](
    {
        (_A.CALLING, Accepted): _A.PLACED,
        (_A.CALLING, Refused): _A.REFUSED,
        (_A.CALLING, InDoubt): _A.IN_DOUBT,
        (_A.IN_DOUBT, Accepted): _A.PLACED,
        (_A.IN_DOUBT, InDoubt): _A.IN_DOUBT,
        (_A.IN_DOUBT, Refused): _A.REFUSED,
        (_A.PLACED, Accepted): _A.PLACED,
        # A question that found no answer takes nothing back of what was known.
        (_A.PLACED, InDoubt): _A.PLACED,
        # It was accepted, and now nobody knows of it.
        (_A.PLACED, NotFound): _A.IN_DOUBT,
        **{(state, Unproven): _A.IN_DOUBT for state in LIVE},
        (_A.CALLING, NotFound): _A.FAILED,
        (_A.IN_DOUBT, NotFound): _A.FAILED,
        **{(state, Delivered): _A.DELIVERED for state in LIVE},
        **{(state, Partly): _A.PARTLY for state in LIVE},
        **{(state, Failed): _A.FAILED for state in LIVE},
    }
)

#: A call begins within this after its attempt was written down, or never: by the time a supplier may be believed that
#: it has never heard of a number, nothing is on its way to it any more.
CALL_BEGINS = timedelta(seconds=15)
#: Whatever hangs longer is in doubt.
CALL_MAX = timedelta(seconds=35)
#: Longer than a call can take: nobody asks about an attempt while its call is still on its way.
CALL_TAKES = timedelta(seconds=45)
#: When a question about an attempt is taken for lost.
QUESTION_TAKES = timedelta(seconds=45)
#: In doubt for so long and asked so often: a person has to look. It is asked on all the same.
DOUBT_MAX = timedelta(minutes=15)
DOUBT_ASKS_MAX = 6
DOUBT_ASK_EVERY = timedelta(minutes=10)
#: An order that was accepted and has not come to an end by now is somebody's business. Operators take their time with
#: top-ups; codes lie ready, or the supplier writes them out by hand.
PLACED_MAX = {Delivers.TOP_UP: timedelta(hours=24), Delivers.CODES: timedelta(hours=2)}
#: How long an order waits for a route that is closed only for now.
PATIENCE = timedelta(minutes=30)
LOOK_AGAIN_AFTER = timedelta(seconds=15)
#: How long an order stands in line at suppliers with as many calls in flight as they may have, and how often it looks.
PATIENCE_IN_LINE = timedelta(hours=2)
BUSY_FOR = timedelta(seconds=1)
#: A supplier that has never heard of an order may be asked anew, but not for ever.
UNHEARD_MAX = 3


@dataclass(frozen=True)
class Attempt:
    """As it stands; money in fen, `asked_for` and `delivered` in the delivery's measure. `field_names`: our form's
    names under the supplier's, as they were when it was planned."""

    id: int
    delivery_id: int
    order_id: OrderId | None
    n: int
    sku_id: int
    route_id: int
    supplier_id: int
    goods: str
    number: str
    quantity: int
    face_fen: int | None
    asked_for: int
    delivered: int
    state: AttemptState
    cost_max_fen: int
    supplier_no: str | None
    operator: str | None
    province: str | None
    called_at: datetime
    placed_at: datetime | None
    doubted_at: datetime | None
    ask_at: datetime | None
    asks: int
    words: str
    reason: str | None
    cost_fen: int | None
    refund_fen: int | None
    field_names: Mapping[str, str]

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    @property
    def was_unheard(self) -> bool:
        """It failed because the supplier has never heard of it, and for no reason of the supplier's."""
        return self.state is AttemptState.FAILED and self.reason is None


@dataclass(frozen=True)
class NewAttempt:
    """An attempt about to be made."""

    delivery_id: int
    order_id: int | None
    n: int
    sku_id: int
    route_id: int
    supplier_id: int
    goods: str
    number: str
    quantity: int
    face_fen: int | None
    asked_for: int
    chosen: Mapping[str, Any]
    cost_max_fen: int
    operator: str | None
    province: str | None


@dataclass(frozen=True)
class Written:
    """What an answer changes in an attempt. `said` names the answer, `words` are the supplier's."""

    state: AttemptState
    delivered: int
    cost_fen: int | None
    refund_fen: int | None
    supplier_no: str | None
    receipt: str
    reason: str | None
    words: str
    ask_at: datetime | None
    asked_by: AskedBy
    said: str
    is_news: bool


def attempt_of(row: Mapping[str, Any]) -> Attempt:
    values = {name: row[name] for name in Attempt.__dataclass_fields__}
    return Attempt(**{**values, "state": AttemptState(row["state"])})


def number_of(order_id: OrderId | None, delivery_id: int, n: int) -> str:
    """What the supplier knows an attempt by: the printed order number and n; `V…` for our own vault."""
    return f"{printed(order_id)}-{n}" if order_id is not None else f"V{delivery_id}-{n}"
