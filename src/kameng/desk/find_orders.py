"""One box 一个搜索框: whatever staff have in hand of an order leads to it. Each key is looked for by an index of its
own.

What was typed may be a contact or a code. It is in no address, no log and no audit entry; those say only by which key
how many orders were found.
"""

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hmac import compare_digest

from kameng.desk import search_store
from kameng.desk.order_file import OrderLine
from kameng.desk.orders import TYPED_CHARACTERS_MAX, Looker
from kameng.desk.tail_window import TailWindow, tail_window_of
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Connection, Database
from kameng.kernel.errors import InvalidInput
from kameng.kernel.text import digits_of, narrowed
from kameng.orders import number
from kameng.orders.account import account_index
from kameng.orders.contact import Contact, contact_of, second_factor_index, whole_index
from kameng.orders.lifecycle import OrderState
from kameng.orders.number import OrderId
from kameng.staff.audit import Note, note
from kameng.stock.find_by_code import find_by_code

LINES_MAX = 100
#: How many orders of a day are compared with a tail; a shop with more gives an amount besides.
COMPARED_MAX = 60_000
ATTEMPT_DIGITS = 18
#: The order's number and which attempt it is: what a supplier knows an order by.
_ATTEMPT_NUMBER = re.compile(r"\d{20}-\d{1,4}")
_CASE_NUMBER = re.compile(r"(?:#|case[: #]?|工单\s*#?)?(\d{1,9})", re.IGNORECASE)
Keys = AsyncIterator[tuple["FoundBy", Sequence[int]]]


class FoundBy(StrEnum):
    NUMBER = "number"
    CORRECTED_NUMBER = "corrected_number"
    ATTEMPT = "attempt"
    REFERENCE = "reference"
    TRADE_NO = "trade_no"
    SUPPLIER_NO = "supplier_no"
    MERCHANT_NO = "merchant_no"
    CASE = "case"
    CONTACT = "contact"
    CONTACT_TAIL = "contact_tail"
    ACCOUNT = "account"
    CODE = "code"
    CODE_TAIL = "code_tail"


#: Nothing else is looked for once one of these has found an order: nothing else looks like them.
_SURE = frozenset({FoundBy.NUMBER, FoundBy.ATTEMPT})


@dataclass(frozen=True)
class FoundOrder:
    """`by`: every key that led to it."""

    line: OrderLine
    by: Sequence[FoundBy]


async def find_orders(*, db: Database, keyring: Keyring, typed: str, looker: Looker) -> list[FoundOrder]:
    """The newest first, a hundred at most. By order number (one slip corrected), the number of a delivery attempt, our
    payment reference, the gateway's, a supplier's or a merchant's number, a case's number, the whole contact, the
    contact's tail with day or amount, the whole account that is topped up, and a code or at least its last six
    characters."""
    typed = narrowed(typed[:TYPED_CHARACTERS_MAX])
    async with db.transaction() as tx:
        by: dict[int, list[FoundBy]] = {}
        async for key, order_ids in _keys(tx.connection, keyring, typed, tx.now):
            for order_id in order_ids:
                by.setdefault(order_id, []).append(key)
            if order_ids and key in _SURE:
                break
        newest = sorted(by, reverse=True)[:LINES_MAX]
        rows = await tx.connection.fetch(search_store.LINES, newest) if newest else []
        found = [FoundOrder(_line(dict(row)), by[row["id"]]) for row in rows]
        facts = {"by": ",".join(sorted({key for one in found for key in one.by})), "orders": len(found)}
        await note(tx, Note(looker.staff, "order:searched", "orders", facts, looker.address))
    return found


async def _keys(connection: Connection, keyring: Keyring, typed: str, now: datetime) -> Keys:
    """Each key that this could be, with the orders it leads to."""
    if _ATTEMPT_NUMBER.fullmatch(typed):
        yield FoundBy.ATTEMPT, await _ids(connection, search_store.BY_ATTEMPT, typed)
    if numbers := number.candidates(typed):
        key = FoundBy.CORRECTED_NUMBER if number.read(typed) is None else FoundBy.NUMBER
        yield key, await _ids(connection, search_store.BY_NUMBER, numbers)
    if window := tail_window_of(typed, now=now):
        yield FoundBy.CONTACT_TAIL, await _of_tail(connection, keyring, window)
    if (attempt_id := _attempt_of(typed)) is not None:
        yield FoundBy.REFERENCE, await _ids(connection, search_store.BY_REFERENCE, attempt_id)
    contact = _contact_of(typed)
    if contact is not None:
        index = whole_index(keyring, contact)
        yield FoundBy.CONTACT, await _ids(connection, search_store.BY_CONTACT, index, LINES_MAX)
    account = account_index(keyring, contact.text if contact else "".join(typed.split()))
    yield FoundBy.ACCOUNT, await _ids(connection, search_store.BY_ACCOUNT, account, LINES_MAX)
    if "@" not in typed:
        for other, statement in _OTHERS_NUMBERS:
            yield other, await _ids(connection, statement, typed, LINES_MAX)
        owners = await find_by_code(connection, keyring, typed)
        yield FoundBy.CODE, owners.whole
        yield FoundBy.CODE_TAIL, owners.tail
    if case := _CASE_NUMBER.fullmatch(typed):
        yield FoundBy.CASE, await _ids(connection, search_store.BY_CASE, int(case[1]))


_OTHERS_NUMBERS = (
    (FoundBy.TRADE_NO, search_store.BY_TRADE_NO),
    (FoundBy.SUPPLIER_NO, search_store.BY_SUPPLIER_NO),
    (FoundBy.MERCHANT_NO, search_store.BY_MERCHANT_NO),
)


async def _ids(connection: Connection, statement: str, *values: object) -> list[int]:
    return [row[0] for row in await connection.fetch(statement, *values)]


async def _of_tail(connection: Connection, keyring: Keyring, window: TailWindow) -> list[int]:
    rows = await connection.fetch(
        search_store.IN_WINDOW, number.floor(window.since), number.floor(window.until), window.amount_fen, COMPARED_MAX
    )
    return [
        row["id"]
        for row in rows
        if compare_digest(row["second_factor"], second_factor_index(keyring, OrderId(row["id"]), window.tail))
    ]


def _contact_of(typed: str) -> Contact | None:
    try:
        return contact_of(typed)
    except InvalidInput:
        return None


def _attempt_of(typed: str) -> int | None:
    """Our own reference at a gateway: 'P' and the attempt's digits."""
    digits = digits_of(typed)
    return int(digits) if typed[:1] in ("P", "p") and len(digits) == ATTEMPT_DIGITS else None


def _line(row: dict[str, object]) -> OrderLine:
    return OrderLine(**{**row, "id": OrderId(row["id"]), "state": OrderState(row["state"])})  # type: ignore[arg-type]
