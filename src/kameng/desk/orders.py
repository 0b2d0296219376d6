"""The staff's desk 客服台: lists of orders, and all about one. Every look goes into the audit log as it happens."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import asyncpg

from kameng.desk import store
from kameng.desk.delivery import delivery_of_order
from kameng.desk.order_file import (
    Attempt,
    CardHeld,
    OrderFacts,
    OrderFile,
    OrderLine,
    RawNotice,
    Receipt,
    Refund,
)
from kameng.desk.refunds import left_to_ask_for, requests_of
from kameng.desk.timeline import Sources, timeline_of
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Connection, Database
from kameng.orders import number
from kameng.orders.contact import unseal_contact
from kameng.orders.handling import handling_of, notes_of
from kameng.orders.lifecycle import OrderState
from kameng.orders.lock import OrderMissing
from kameng.orders.number import OrderId
from kameng.payment.parts import read_parts
from kameng.risk.guard import order_subject as guarded
from kameng.risk.score_order import Stage
from kameng.risk.scores import scores_of
from kameng.staff.audit import Note, note
from kameng.staff.member import Staff
from kameng.tracking.masked_account import masked_account

LINES_MAX = 100
NOTICES_MAX = 50
LOOKS_MAX = 200
TYPED_CHARACTERS_MAX = 254
VERSION_CHARACTERS = 16
DAY = timedelta(days=1)
# What proves a notify genuine is of no use to a reader, and could be to a forger.
UNSHOWN_FIELDS = frozenset({"sign", "sign_type"})

UNSETTLED = (
    OrderState.PAID,
    OrderState.UNDER_REVIEW,
    OrderState.DELIVERING,
    OrderState.EXCEPTION,
    OrderState.RESUBMITTING,
    OrderState.REFUNDING,
)


@dataclass(frozen=True)
class Looker:
    """The member of staff at the desk, and from which address."""

    staff: Staff
    address: str | None


def order_subject(order_id: OrderId) -> str:
    """How the audit log names an order."""
    return f"order:{number.printed(order_id)}"


async def list_newest(db: Database) -> list[OrderLine]:
    async with db.reading() as connection:
        return _lines(await connection.fetch(store.ORDERS_NEWEST, LINES_MAX))


async def list_unsettled(db: Database, state: OrderState, *, waiting: timedelta = timedelta(0)) -> list[OrderLine]:
    """Orders that have been in this unsettled state for at least so long, the longest waiting first."""
    async with db.reading() as connection:
        since = db.clock.now() - waiting
        return _lines(await connection.fetch(store.ORDERS_UNSETTLED, state, since, LINES_MAX))


async def look_at_order(*, db: Database, keyring: Keyring, order_id: OrderId, looker: Looker) -> OrderFile:
    """The whole file of an order; the look is in the log, and in the file's own timeline from the next one on.

    Raises OrderMissing.
    """
    async with db.transaction() as tx:
        file = await read_order_file(tx.connection, keyring, order_id, now=tx.now)
        await note(tx, Note(looker.staff, "order:looked_at", order_subject(order_id), {}, looker.address))
    return file


async def order_version(connection: Connection, order_id: OrderId) -> str:
    """Changes with anything that the file shows but a look. Raises OrderMissing."""
    told: str | None = await connection.fetchval(store.VERSION, order_id, order_subject(order_id))
    if told is None:
        raise OrderMissing
    return sha256(told.encode()).hexdigest()[:VERSION_CHARACTERS]


async def read_order_file(connection: Connection, keyring: Keyring, order_id: OrderId, *, now: datetime) -> OrderFile:
    """The same again for a page that stands open, whose look was noted when it was opened. Raises OrderMissing."""
    version = await order_version(connection, order_id)
    row = await connection.fetchrow(store.ORDER, order_id)
    if row is None:
        raise OrderMissing
    notices = [_notice(dict(n)) for n in await connection.fetch(store.NOTICES, order_id, NOTICES_MAX)]
    delivery = await delivery_of_order(connection, order_id)
    refunds = await refunds_of(connection, order_id)
    scores = [score for score in await scores_of(connection, order_id) if score.stage is not Stage.REMINDED]
    notes = await notes_of(connection, keyring, order_id)
    besides = await connection.fetchrow(store.BESIDES, order_id, guarded(order_id), now - DAY)
    assert besides is not None, "a statement of counts gives one row"
    sources = Sources(
        events=await _rows(connection, store.EVENTS, order_id),
        notices=notices,
        looks=await _rows(connection, store.LOOKS, order_subject(order_id), LOOKS_MAX),
        attempts=delivery.attempts if delivery else (),
        cases=await _rows(connection, store.CASE_EVENTS, order_id),
        resubmissions=await _rows(connection, store.RESUBMISSIONS, order_id),
        scores=scores,
        notes=notes,
    )
    return OrderFile(
        facts=_facts(dict(row), keyring),
        attempts=[Attempt(**one) for one in await _rows(connection, store.ATTEMPTS, order_id)],
        receipts=[Receipt(**one) for one in await _rows(connection, store.RECEIPTS, order_id)],
        refunds=refunds,
        other_parts={one.id: await read_parts(connection, one.id) for one in refunds if one.is_stuck},
        requests=await requests_of(connection, order_id),
        left_fen=await left_to_ask_for(connection, order_id),
        notices=notices,
        cards=[CardHeld(**one) for one in await _rows(connection, store.CARDS, order_id)],
        delivery=delivery,
        scores=scores,
        notes=notes,
        handling=await handling_of(connection, order_id),
        timeline=timeline_of(sources),
        version=version,
        **dict(besides),
    )


async def _rows(connection: Connection, statement: str, *values: object) -> list[dict[str, Any]]:
    return [dict(row) for row in await connection.fetch(statement, *values)]


async def refunds_of(connection: Connection, order_id: OrderId) -> list[Refund]:
    """Every refund of an order, oldest first."""
    return [Refund(**dict(r)) for r in await connection.fetch(store.REFUNDS, order_id)]


def _facts(row: dict[str, Any], keyring: Keyring) -> OrderFacts:
    order_id = OrderId(row["id"])
    contact = unseal_contact(keyring, order_id, row.pop("contact_sealed"))
    address = row.pop("client_address")
    account = masked_account(keyring, order_id, row)
    for name in ("account_sealed", "operator", "province"):
        del row[name]
    shaped = {**row, "id": order_id, "state": OrderState(row["state"]), "account": account}
    return OrderFacts(**shaped, contact_masked=contact.masked, client_address=str(address) if address else None)


def _notice(row: dict[str, Any]) -> RawNotice:
    fields = {name: str(value) for name, value in row["fields"].items() if name not in UNSHOWN_FIELDS}
    return RawNotice(**{**row, "fields": fields})


def _lines(rows: Iterable[asyncpg.Record]) -> list[OrderLine]:
    return [OrderLine(**{**dict(row), "id": OrderId(row["id"]), "state": OrderState(row["state"])}) for row in rows]


@dataclass(frozen=True)
class HeldReceipt:
    """Money that is too little; a person decides."""

    id: int
    gateway_name: str
    gateway_trade_no: str
    amount_fen: int
    received_at: datetime
    order_ids: list[OrderId]


async def list_held_receipts(db: Database) -> list[HeldReceipt]:
    """The longest waiting first."""
    async with db.reading() as connection:
        return [HeldReceipt(**dict(r)) for r in await connection.fetch(store.HELD_RECEIPTS, LINES_MAX)]


async def list_unsettled_refunds(db: Database) -> list[Refund]:
    """The longest waiting first."""
    async with db.reading() as connection:
        return [Refund(**dict(r)) for r in await connection.fetch(store.REFUNDS_UNSETTLED, LINES_MAX)]
