"""The sweep that sees what stands too long before its buyer asks, and who has not kept a promise about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from kameng.attention import store
from kameng.attention.bounds import LEARNED_MIN, Bound, Place, Thing, read_bounds
from kameng.kernel.database import Database, Transaction
from kameng.orders.advance import advance
from kameng.orders.lifecycle import SYSTEM, StoodTooLong
from kameng.orders.lock import lock_order
from kameng.orders.number import OrderId, printed
from kameng.risk.alarms import AlarmKind, raise_alarm
from kameng.staff.roles import Role

AT_A_TIME = 50
MINUTE = timedelta(minutes=1)

log = structlog.get_logger()


@dataclass(frozen=True)
class _Found:
    place: Place
    thing_id: int
    order_id: OrderId
    visit: int
    since: datetime


async def find_stuck(*, db: Database) -> int:
    """How many stood too long; each is found once a stay, whoever else looks at the same time."""
    async with db.transaction() as tx:
        await store.end_moved(tx)
    async with db.reading() as connection:
        bounds = await read_bounds(connection)
        orders = await store.find_orders(connection, db.clock.now(), _of_orders(bounds), at_most=AT_A_TIME)
        others = await store.find_others(connection, db.clock.now(), _of_others(bounds), at_most=AT_A_TIME)
    found = [_order(dict(row), bounds) for row in orders] + [_other(dict(row)) for row in others]
    for one in found:
        try:
            async with db.transaction() as tx:
                await _raise(tx, one, bounds[one.place])
        except Exception:
            # It is found again in the next round, and must not keep the others waiting.
            log.exception("stuck.not_raised", order=one.order_id)
    await _escalate(db, bounds)
    return max(len(orders), len(others))


async def _raise(tx: Transaction, one: _Found, bound: Bound) -> None:
    order = await lock_order(tx, one.order_id)
    if one.place.thing is Thing.ORDER and await store.visit(tx, one.order_id) != (one.place.state, one.visit):
        return
    values = (
        one.place.thing, one.thing_id, one.order_id, one.place.state, one.visit, one.since, tx.now, bound.role,
        tx.now + bound.promise,
    )  # fmt: skip
    if await store.raise_one(tx, values):
        facts = {"thing": one.place.thing, "state": one.place.state, "minutes": int((tx.now - one.since) / MINUTE)}
        await advance(tx, order, StoodTooLong(SYSTEM, facts=facts))


async def _escalate(db: Database, bounds: Mapping[Place, Bound]) -> None:
    """A promise has passed: what nobody has taken goes to the owner of the shop, and staff are alarmed either way."""
    async with db.transaction() as tx:
        for row in await store.lock_due(tx, at_most=AT_A_TIME):
            within = bounds[Place(Thing(row["thing"]), row["state"])].promise
            role = row["role"] if row["owner_id"] is not None else Role.OWNER
            await store.escalate(tx, row["id"], role=role, promise_at=tx.now + within)
            await raise_alarm(
                tx, AlarmKind.ORDER_STUCK, f"order:{row['order_id']}", order_no=printed(OrderId(row["order_id"])),
                thing=row["thing"], state=row["state"], minutes=int((tx.now - row["since"]) / MINUTE),
            )  # fmt: skip


def _of_orders(bounds: Mapping[Place, Bound]) -> Sequence[Sequence[Any]]:
    rows = [
        (place.state, place.event, min(bound.bound, LEARNED_MIN) if bound.at_most else bound.bound, bound.bound,
         bound.at_most)
        for place, bound in bounds.items() if place.thing is Thing.ORDER
    ]  # fmt: skip
    return list(map(list, zip(*rows, strict=True)))


def _of_others(bounds: Mapping[Place, Bound]) -> Sequence[Sequence[Any]]:
    rows = [
        (place.thing, place.state, bound.bound) for place, bound in bounds.items() if place.thing is not Thing.ORDER
    ]
    return list(map(list, zip(*rows, strict=True)))


def _order(row: Mapping[str, Any], bounds: Mapping[Place, Bound]) -> _Found:
    entered = Place(Thing.ORDER, row["state"], row["event"])
    place = entered if entered in bounds else Place(Thing.ORDER, row["state"])
    return _Found(place, row["order_id"], OrderId(row["order_id"]), row["visit"], row["since"])


def _other(row: Mapping[str, Any]) -> _Found:
    place = Place(Thing(row["thing"]), row["state"])
    return _Found(place, row["thing_id"], OrderId(row["order_id"]), row["visit"], row["since"])
