"""One-step lookup 查单: order number and last four digits of the phone, or the whole contact."""

import asyncio
import time
from dataclasses import dataclass
from datetime import timedelta

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.text import Words, digits_of, narrowed
from kameng.orders.contact import (
    TAIL_DIGITS,
    Contact,
    contact_of,
    second_factor_index,
    second_factor_of,
    whole_index,
)
from kameng.orders.number import OrderId, candidates, read
from kameng.risk.guard import GuardRules, count_failure, tell_of_scanning
from kameng.tracking import queries
from kameng.tracking.access import Access, grant
from kameng.tracking.guarded import budgets_of, let_through, scanning_told
from kameng.tracking.view import OrderView, view_of, with_outlook

# Every miss takes this long, whatever was wrong: longer than any of the ways to miss takes by itself.
MISS_TAKES = timedelta(milliseconds=60)


class LookupMissed(Refusal):
    """No such order, or it is somebody else's: the same answer for both."""

    code = "lookup_missed"
    status = 404
    words = Words("没有查到订单。请核对订单号，以及下单时填写的手机号后四位或邮箱")


class WholeContactNeeded(Refusal):
    """This order was tried too often today: the tail alone doesn't open it any more."""

    code = "whole_contact_needed"
    status = 403
    words = Words("这个订单号的查询失败次数较多，为了安全，请填写下单时的完整手机号或邮箱")


@dataclass(frozen=True)
class LookupAsk:
    """What was typed, and from where. `proof` is a solved ALTCHA challenge, if one was asked for."""

    number: str
    second_factor: str
    address: str
    proof: str | None = None


@dataclass(frozen=True)
class Found:
    """The order, whether its number had to be corrected, and a token for coming back to it."""

    view: OrderView
    corrected: bool
    access: Access
    token: str


async def lookup(*, db: Database, keyring: Keyring, rules: GuardRules, ask: LookupAsk) -> Found:
    """One statement when all is well, and one or two more for an order that suppliers are delivering.

    Raises InvalidInput, LookupMissed, ProofNeeded, SlowDown, WholeContactNeeded.
    """
    started = time.monotonic()
    order_ids, second_factor, whole = _read(ask)
    now = db.clock.now()
    factors = [(order_id, second_factor_index(keyring, order_id, second_factor)) for order_id in order_ids]
    budgets = budgets_of(rules, ask.address, order_ids, now)
    async with scanning_told(db, rules), db.reading() as connection:
        rows = await queries.lookup(connection, factors, budgets)
        standing = await let_through(
            connection, keyring, rules, rows[0]["failures"],
            address=ask.address, order_ids=order_ids, proof=ask.proof, now=now,
        )  # fmt: skip
        if whole is None and standing.whole_contact_needed:
            raise WholeContactNeeded(fields={"second_factor": WholeContactNeeded.words})
        matches = [row for row in rows if row["id"] is not None]
        if whole is not None:
            index = whole_index(keyring, whole)
            matches = [row for row in matches if row["contact_index"] == index]
        if len(matches) != 1:
            # Before the connection is given to the next in line: a thousand tries at once must not all be looked
            # at before the first is counted.
            failures = await count_failure(connection, budgets)
    if len(matches) != 1:
        await tell_of_scanning(db, rules, failures)
        await asyncio.sleep(MISS_TAKES.total_seconds() - (time.monotonic() - started))
        raise LookupMissed
    view = await with_outlook(db, view_of(keyring, dict(matches[0]), now))
    access = Access.VIEWER if whole is None else Access.OWNER
    return Found(
        view=view,
        corrected=read(ask.number) != view.order_id,
        access=access,
        token=grant(keyring, view.order_id, access, now),
    )


def _read(ask: LookupAsk) -> tuple[list[OrderId], str, Contact | None]:
    """The numbers that may be meant, the second factor as it is indexed, and the whole contact if it was typed."""
    order_ids = candidates(ask.number)
    second_factor = second_factor_of(ask.second_factor)
    fields: dict[str, Words] = {}
    if not ask.number.strip():
        fields["order_no"] = Words("请填写订单号")
    elif not order_ids:
        fields["order_no"] = Words("订单号不对：应为 20 位数字，请对照订单页或短信检查")
    if not ask.second_factor.strip():
        fields["second_factor"] = Words("请填写手机号后四位，或下单时的邮箱")
    elif second_factor is None:
        fields["second_factor"] = Words("请填写手机号后四位、完整手机号，或完整邮箱")
    if fields or second_factor is None:
        raise InvalidInput(fields=fields)
    return order_ids, second_factor, _whole_of(ask)


def _whole_of(ask: LookupAsk) -> Contact | None:
    """The whole contact, if more than the tail of a phone number was typed. Raises InvalidInput beside its field."""
    if "@" not in narrowed(ask.second_factor) and len(digits_of(ask.second_factor)) <= TAIL_DIGITS:
        return None
    try:
        return contact_of(ask.second_factor)
    except InvalidInput as wrong:
        raise InvalidInput(fields={"second_factor": wrong.fields["contact"]}) from None
