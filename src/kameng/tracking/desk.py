"""The staff's desk 客服台: finding orders and looking at one. Every look goes into the audit log as it happens."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import asyncpg

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Connection, Database
from kameng.kernel.errors import InvalidInput
from kameng.kernel.text import digits_of, narrowed
from kameng.orders import number
from kameng.orders.account import account_index
from kameng.orders.contact import contact_of, unseal_contact, whole_index
from kameng.orders.lifecycle import LIFECYCLE, AcceptedByStaff, OrderState, Revealed
from kameng.orders.lock import OrderMissing
from kameng.orders.number import OrderId
from kameng.payment.request import ASKED_IN
from kameng.staff.audit import Note, note
from kameng.staff.member import Staff
from kameng.tracking import desk_store
from kameng.tracking.desk_delivery import delivery_of_order
from kameng.tracking.desk_order import (
    Attempt,
    CardHeld,
    NextAction,
    OrderFacts,
    OrderFile,
    OrderLine,
    RawNotice,
    Receipt,
    Refund,
)
from kameng.tracking.desk_refunds import left_to_ask_for, requests_of
from kameng.tracking.desk_timeline import timeline_of
from kameng.tracking.masked_account import masked_account

LINES_MAX = 100
NOTICES_MAX = 50
LOOKS_MAX = 200
TYPED_CHARACTERS_MAX = 254
ATTEMPT_DIGITS = 18
#: The order's number and which attempt it is: what a supplier knows an order by.
_ATTEMPT_NUMBER = re.compile(r"\d{20}-\d{1,4}")
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

_ACTIONS = {
    NextAction.ACCEPT: AcceptedByStaff,
    NextAction.REVEAL: Revealed,
}


class FoundBy(StrEnum):
    NUMBER = "number"
    CORRECTED_NUMBER = "corrected_number"
    CONTACT = "contact"
    TRADE_NO = "trade_no"
    ATTEMPT = "attempt"


@dataclass(frozen=True)
class Found:
    by: FoundBy
    orders: list[OrderLine]


@dataclass(frozen=True)
class Looker:
    """The member of staff at the desk, and from which address."""

    staff: Staff
    address: str | None


def order_subject(order_id: OrderId) -> str:
    """How the audit log names an order."""
    return f"order:{number.printed(order_id)}"


async def find_orders(*, db: Database, keyring: Keyring, typed: str, looker: Looker) -> Found:
    """Orders by number (one slip corrected), whole contact, whole account that was topped up, a delivery attempt's
    number, gateway trade number, supplier's number or payment reference; newest first."""
    typed = narrowed(typed[:TYPED_CHARACTERS_MAX])
    async with db.transaction() as tx:
        found = await _find(tx.connection, keyring, typed)
        # What was typed may be a contact, so the log says only in which way it was used.
        facts = {"by": found.by, "orders": len(found.orders)}
        await note(tx, Note(looker.staff, "order:searched", "orders", facts, looker.address))
    return found


async def _find(connection: Connection, keyring: Keyring, typed: str) -> Found:
    if _ATTEMPT_NUMBER.fullmatch(typed):
        rows = await connection.fetch(desk_store.ORDERS_BY_TRADE_NO, typed, None, LINES_MAX)
        if rows:
            return Found(FoundBy.ATTEMPT, _lines(rows))
    keys = number.candidates(typed)
    rows = await connection.fetch(desk_store.ORDERS_BY_NUMBER, keys) if keys else []
    if rows:
        exact = number.read(typed) is not None
        return Found(FoundBy.NUMBER if exact else FoundBy.CORRECTED_NUMBER, _lines(rows))
    try:
        contact = contact_of(typed)
    except InvalidInput:
        contact = None
    by_contact = whole_index(keyring, contact) if contact else None
    by_account = account_index(keyring, contact.text if contact else "".join(typed.split()))
    rows = await connection.fetch(desk_store.ORDERS_BY_CONTACT_OR_ACCOUNT, by_contact, by_account, LINES_MAX)
    if rows or contact:
        return Found(FoundBy.CONTACT, _lines(rows))
    rows = await connection.fetch(desk_store.ORDERS_BY_TRADE_NO, typed, _attempt_of(typed), LINES_MAX)
    return Found(FoundBy.TRADE_NO, _lines(rows))


def _attempt_of(typed: str) -> int | None:
    """Our own reference at a gateway: 'P' and the attempt's digits."""
    digits = digits_of(typed)
    return int(digits) if typed[:1] in ("P", "p") and len(digits) == ATTEMPT_DIGITS else None


async def list_newest(db: Database) -> list[OrderLine]:
    async with db.reading() as connection:
        return _lines(await connection.fetch(desk_store.ORDERS_NEWEST, LINES_MAX))


async def list_unsettled(db: Database, state: OrderState, *, waiting: timedelta = timedelta(0)) -> list[OrderLine]:
    """Orders that have been in this unsettled state for at least so long, the longest waiting first."""
    async with db.reading() as connection:
        since = db.clock.now() - waiting
        return _lines(await connection.fetch(desk_store.ORDERS_UNSETTLED, state, since, LINES_MAX))


async def look_at_order(*, db: Database, keyring: Keyring, order_id: OrderId, looker: Looker) -> OrderFile:
    """The whole file of an order; the look is in the log, and in the file's own timeline from the next one on.

    Raises OrderMissing.
    """
    async with db.transaction() as tx:
        file = await _read_file(tx.connection, keyring, order_id)
        await note(tx, Note(looker.staff, "order:looked_at", order_subject(order_id), {}, looker.address))
    return file


async def _read_file(connection: Connection, keyring: Keyring, order_id: OrderId) -> OrderFile:
    row = await connection.fetchrow(desk_store.ORDER, order_id)
    if row is None:
        raise OrderMissing
    facts = _facts(dict(row), keyring)
    notices = [_notice(dict(n)) for n in await connection.fetch(desk_store.NOTICES, order_id, NOTICES_MAX)]
    events = await connection.fetch(desk_store.EVENTS, order_id)
    left_fen = await left_to_ask_for(connection, order_id)
    looks = await connection.fetch(desk_store.LOOKS, order_subject(order_id), LOOKS_MAX)
    return OrderFile(
        facts=facts,
        attempts=[Attempt(**dict(a)) for a in await connection.fetch(desk_store.ATTEMPTS, order_id)],
        receipts=[Receipt(**dict(r)) for r in await connection.fetch(desk_store.RECEIPTS, order_id)],
        refunds=await refunds_of(connection, order_id),
        requests=await requests_of(connection, order_id),
        left_fen=left_fen,
        notices=notices,
        cards=[CardHeld(**dict(c)) for c in await connection.fetch(desk_store.CARDS, order_id)],
        delivery=await delivery_of_order(connection, order_id),
        timeline=timeline_of(map(dict, events), notices, map(dict, looks)),
        actions=_actions(facts.state, left_fen),
    )


def _actions(state: OrderState, left_fen: int) -> frozenset[NextAction]:
    actions = {action for action, event in _ACTIONS.items() if LIFECYCLE.allows(state, event)}
    return frozenset(actions | ({NextAction.REFUND} if state in ASKED_IN and left_fen > 0 else set()))


async def refunds_of(connection: Connection, order_id: OrderId) -> list[Refund]:
    """Every refund of an order, oldest first."""
    return [Refund(**dict(r)) for r in await connection.fetch(desk_store.REFUNDS, order_id)]


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
        return [HeldReceipt(**dict(r)) for r in await connection.fetch(desk_store.HELD_RECEIPTS, LINES_MAX)]


async def list_unsettled_refunds(db: Database) -> list[Refund]:
    """The longest waiting first."""
    async with db.reading() as connection:
        return [Refund(**dict(r)) for r in await connection.fetch(desk_store.REFUNDS_UNSETTLED, LINES_MAX)]
