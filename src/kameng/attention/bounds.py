"""How long anything may stay in one state before a person has to look: one table, which an operator can change."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from kameng.attention import store
from kameng.kernel.database import Connection, Transaction
from kameng.kernel.errors import InvalidInput
from kameng.kernel.text import Words
from kameng.staff.roles import Role


class Thing(StrEnum):
    """What can stand still: an order, or something that is done about one."""

    ORDER = "order"
    RESUBMISSION = "resubmission"
    REFUND = "refund"
    REFUND_REQUEST = "refund_request"
    CASE = "case"


THING_NAMES: Mapping[Thing, Words] = {
    Thing.ORDER: Words("订单"),
    Thing.RESUBMISSION: Words("补交"),
    Thing.REFUND: Words("退款"),
    Thing.REFUND_REQUEST: Words("退款申请"),
    Thing.CASE: Words("售后工单"),
}


@dataclass(frozen=True)
class Place:
    """A state of a machine, and where that matters the event that it was entered by ('' for any other)."""

    thing: Thing
    state: str
    event: str = ""


@dataclass(frozen=True)
class Bound:
    """`bound` holds where nothing is learned. Where `at_most` is set, what 95 of 100 such deliveries take holds in its
    place, but never less than LEARNED_MIN nor more than `at_most`. `promise`: within this its buyer hears more."""

    bound: timedelta
    role: Role
    promise: timedelta = timedelta(minutes=30)
    at_most: timedelta | None = None


#: However fast goods usually arrive, nobody is called for less.
LEARNED_MIN = timedelta(minutes=10)

_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)
_DELIVERY = Bound(30 * _MINUTE, Role.CUSTOMER_SERVICE, at_most=2 * _HOUR)

# Of what its buyer is waited for, the clock begins when the buyer's time is over.
BOUNDS: Mapping[Place, Bound] = {
    Place(Thing.ORDER, "awaiting_payment"): Bound(10 * _MINUTE, Role.OPERATOR),
    Place(Thing.ORDER, "under_review"): Bound(_HOUR, Role.FINANCE),
    Place(Thing.ORDER, "under_review", "proof_asked"): Bound(_HOUR, Role.FINANCE),
    Place(Thing.ORDER, "paid"): Bound(5 * _MINUTE, Role.OPERATOR),
    Place(Thing.ORDER, "delivering"): _DELIVERY,
    Place(Thing.ORDER, "resubmitting"): _DELIVERY,
    Place(Thing.ORDER, "exception"): Bound(30 * _MINUTE, Role.CUSTOMER_SERVICE),
    Place(Thing.ORDER, "exception", "correction_asked"): Bound(25 * _HOUR, Role.CUSTOMER_SERVICE),
    Place(Thing.ORDER, "refunding"): Bound(2 * _HOUR, Role.FINANCE, promise=_HOUR),
    Place(Thing.RESUBMISSION, "applied"): Bound(10 * _MINUTE, Role.CUSTOMER_SERVICE),
    Place(Thing.RESUBMISSION, "waiting"): Bound(20 * _MINUTE, Role.CUSTOMER_SERVICE),
    Place(Thing.RESUBMISSION, "asked"): Bound(25 * _HOUR, Role.CUSTOMER_SERVICE),
    Place(Thing.RESUBMISSION, "under_way"): Bound(3 * _HOUR, Role.CUSTOMER_SERVICE),
    Place(Thing.RESUBMISSION, "with_staff"): Bound(30 * _MINUTE, Role.CUSTOMER_SERVICE),
    Place(Thing.REFUND, "intended"): Bound(_HOUR, Role.FINANCE, promise=_HOUR),
    Place(Thing.REFUND, "calling"): Bound(_HOUR, Role.FINANCE, promise=_HOUR),
    Place(Thing.REFUND, "in_doubt"): Bound(2 * _HOUR, Role.FINANCE, promise=_HOUR),
    Place(Thing.REFUND, "refused"): Bound(2 * _HOUR, Role.FINANCE, promise=_HOUR),
    Place(Thing.REFUND_REQUEST, "waiting"): Bound(4 * _HOUR, Role.FINANCE, promise=_HOUR),
    Place(Thing.REFUND_REQUEST, "agreed_once"): Bound(4 * _HOUR, Role.FINANCE, promise=_HOUR),
    # A case has promises of its own: these begin when one is broken, or when it should have closed by itself.
    Place(Thing.CASE, "open"): Bound(5 * _MINUTE, Role.CUSTOMER_SERVICE),
    Place(Thing.CASE, "answered"): Bound(5 * _MINUTE, Role.CUSTOMER_SERVICE),
    Place(Thing.CASE, "reopened"): Bound(5 * _MINUTE, Role.CUSTOMER_SERVICE),
    Place(Thing.CASE, "waiting_for_supplier"): Bound(5 * _MINUTE, Role.CUSTOMER_SERVICE),
    Place(Thing.CASE, "waiting_for_buyer"): Bound(_HOUR, Role.OPERATOR),
    Place(Thing.CASE, "solved"): Bound(_HOUR, Role.OPERATOR),
}


class PlaceUnknown(InvalidInput):
    """Nothing stands in such a state, or for good."""

    def __init__(self) -> None:
        super().__init__(fields={"state": Words("没有这个状态，或它不需要时限")})


async def read_bounds(connection: Connection) -> dict[Place, Bound]:
    """As they hold at this moment."""
    bounds = dict(BOUNDS)
    for row in await store.bounds_set(connection):
        place = Place(Thing(row["thing"]), row["state"], row["event"])
        if place in bounds:
            was = bounds[place]
            bounds[place] = Bound(row["bound"], was.role, was.promise, row["at_most"] if was.at_most else None)
    return bounds


async def set_bound(
    tx: Transaction, place: Place, bound: timedelta | None, *, at_most: timedelta | None = None
) -> None:
    """None for what it is by itself. `at_most` is for deliveries alone: elsewhere nothing is learned.

    Raises PlaceUnknown, InvalidInput (bound, at_most).
    """
    was = BOUNDS.get(place)
    if was is None:
        raise PlaceUnknown
    if bound is None:
        await store.drop_bound(tx, (place.thing, place.state, place.event))
        return
    if bound <= timedelta():
        raise InvalidInput(fields={"bound": Words("时限应大于 0")})
    if was.at_most is None and at_most is not None:
        raise InvalidInput(fields={"at_most": Words("只有发货中的状态才有上限")})
    if was.at_most is not None:
        at_most = at_most or max(was.at_most, bound)
        if at_most < bound:
            raise InvalidInput(fields={"at_most": Words("上限不能小于时限")})
    await store.save_bound(tx, (place.thing, place.state, place.event), bound, at_most)
