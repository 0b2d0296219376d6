"""Who is at work on an item of a queue: taken, given to somebody, left again, or to be looked at again at some time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from kameng.attention import store
from kameng.attention.bounds import Place, Thing, read_bounds
from kameng.kernel.database import Connection, Database, Transaction
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.text import Words
from kameng.orders.advance import advance
from kameng.orders.lifecycle import Actor, ActorKind, TakenInHand
from kameng.orders.lock import lock_order
from kameng.orders.number import OrderId
from kameng.orders.order import Order
from kameng.orders.take_order import hand_order_to, take_order
from kameng.staff.member import Staff, StaffMissing


class Queue(StrEnum):
    """Queues whose items have an owner here; of others their own machine knows it."""

    STUCK = "stuck"
    REVIEW = "review"
    REFUNDS = "refunds"
    RESUBMISSIONS = "resubmissions"


class ItemTaken(Refusal):
    """`login` has it since the page was opened."""

    code = "item_taken"
    words = Words("这一项刚刚由 %(login)s 接手了，没有改动")


class ItemGone(Refusal):
    """Somebody has dealt with it, or it went on by itself."""

    code = "item_gone"
    words = Words("这一项已经不在队列里：刚刚有人处理完，或订单自己有了进展")


@dataclass(frozen=True)
class Item:
    """`since` when it has stood in its queue: what was claimed before that is forgotten."""

    queue: Queue
    id: int
    since: datetime


@dataclass(frozen=True)
class Taking:
    """`to`: whose it shall be, None for nobody's; `instead_of`: whose it was when the page was opened."""

    item: Item
    by: Staff
    to: int | None
    instead_of: int | None


@dataclass(frozen=True)
class Claim:
    owner_id: int | None
    owner: str | None
    follow_up_at: datetime | None
    changed_at: datetime


async def take(*, db: Database, taking: Taking) -> str | None:
    """Of two who take it at once, one has it and the other is told; the login of whose it is now.

    Raises ItemTaken, ItemGone, StaffMissing.
    """
    item = taking.item
    async with db.transaction() as tx:
        login = None if taking.to is None else await store.enabled_staff(tx, taking.to)
        if taking.to is not None and login is None:
            raise StaffMissing
        stuck = await _hold(tx, item)
        if not await store.claim(tx, (item.queue, item.id, taking.to, taking.instead_of, item.since)):
            raise ItemTaken(login=await store.owner_of(tx, item.queue, item.id) or "–")
        if stuck is not None:
            await _promise(tx, stuck, by=taking.by, is_taken=taking.to is not None)
        if stuck is not None or item.queue is Queue.REVIEW:
            # Whoever opens the order's own page sees whose it is.
            await hand_order_to(tx, stuck.order.id if stuck is not None else OrderId(item.id), taking.to)
    return login


async def take_whole_order(
    tx: Transaction, *, order_id: OrderId, by: Staff, to: int | None, instead_of: int | None
) -> str | None:
    """The order, and with it what is stuck about it: its buyer is told that somebody is on it. The login of whose it is
    now; `instead_of`: whose it was when the page was opened.

    In the caller's transaction, which writes the audit entry. Raises OrderMissing, OrderTakenByAnother, StaffMissing.
    """
    login = await take_order(tx, order_id=order_id, to=to, instead_of=instead_of)
    row = await store.stuck_of(tx, order_id)
    if row is not None:
        await store.claim(tx, (Queue.STUCK, row["id"], to, row["owner_id"], row["found_at"]))
        await _promise(tx, _Stuck(dict(row), await lock_order(tx, order_id)), by=by, is_taken=to is not None)
    return login


async def set_follow_up(*, db: Database, item: Item, at: datetime | None) -> None:
    """When somebody wants to look again; None for no more. Of what is stuck its buyer is promised to hear more by then.

    Raises ItemGone, InvalidInput (follow_up).
    """
    async with db.transaction() as tx:
        if at is not None and at <= tx.now:
            raise InvalidInput(fields={"follow_up": Words("跟进时间应在现在之后")})
        stuck = await _hold(tx, item)
        await store.follow_up(tx, item.queue, item.id, at)
        if stuck is not None and at is not None:
            await store.promise(tx, item.id, at, is_taken=True)


async def claims_of(connection: Connection, queue: Queue, items: Sequence[int]) -> dict[int, Claim]:
    """By item; none of those that nobody has ever taken."""
    rows = await store.claims(connection, queue, items)
    return {row["item"]: Claim(row["owner_id"], row["owner"], row["follow_up_at"], row["changed_at"]) for row in rows}


@dataclass(frozen=True)
class _Stuck:
    """What is stuck and its order, both held until the transaction ends."""

    row: Mapping[str, Any]
    order: Order


async def _hold(tx: Transaction, item: Item) -> _Stuck | None:
    """None in other queues than that of what is stuck. Raises ItemGone."""
    if item.queue is not Queue.STUCK:
        return None
    order_id = await store.order_of(tx, item.id)
    if order_id is None:
        raise ItemGone
    order = await lock_order(tx, OrderId(order_id))
    row = await store.lock(tx, item.id)
    if row is None or row["ended_at"] is not None:
        raise ItemGone
    return _Stuck(dict(row), order)


async def _promise(tx: Transaction, stuck: _Stuck, *, by: Staff, is_taken: bool) -> None:
    """Its buyer is told that somebody is on it, and hears more within the time of its kind."""
    row = stuck.row
    within = (await read_bounds(tx.connection))[Place(Thing(row["thing"]), row["state"])].promise
    await store.promise(tx, row["id"], tx.now + within, is_taken=is_taken)
    if is_taken:
        await advance(tx, stuck.order, TakenInHand(Actor(ActorKind.STAFF, by.login)))
