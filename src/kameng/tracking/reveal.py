"""The buyer reads the codes: from the browser that ordered, or after typing the whole contact."""

from dataclasses import dataclass

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.text import Words
from kameng.orders.advance import advance
from kameng.orders.contact import contact_of, whole_index
from kameng.orders.lifecycle import BUYER, LIFECYCLE, Revealed
from kameng.orders.lock import lock_order
from kameng.orders.number import OrderId
from kameng.risk.guard import GuardRules, count_failure, tell_of_scanning
from kameng.stock.reveal import read_codes
from kameng.tracking import queries
from kameng.tracking.access import Access
from kameng.tracking.guarded import budgets_of, let_through, scanning_told


class NothingToReveal(Refusal):
    code = "nothing_to_reveal"
    words = Words("订单还没有发货，暂时没有可显示的卡密")


class ContactNeeded(Refusal):
    """The tail opened the page; the codes need the whole contact."""

    code = "contact_needed"
    status = 403
    words = Words("为了您的卡密安全，请填写下单时的完整手机号或邮箱")


@dataclass(frozen=True)
class RevealAsk:
    """Who asks, with what in hand. `contact` is what was typed, if anything."""

    order_id: OrderId
    access: Access
    address: str
    contact: str | None = None
    proof: str | None = None


async def reveal(*, db: Database, keyring: Keyring, rules: GuardRules, ask: RevealAsk) -> list[str]:
    """The codes, one entry a card; the look is part of the order's story.

    Raises ContactNeeded, InvalidInput, NothingToReveal, ProofNeeded, SlowDown.
    """
    if ask.access is not Access.OWNER:
        await _check_contact(db, keyring, rules, ask)
    async with db.transaction() as tx:
        order = await lock_order(tx, ask.order_id)
        if not LIFECYCLE.allows(order.state, Revealed):
            raise NothingToReveal
        codes = await read_codes(tx.connection, keyring, order.id)
        await advance(tx, order, Revealed(BUYER, facts={"cards": len(codes), "address": ask.address}))
        return codes


async def _check_contact(db: Database, keyring: Keyring, rules: GuardRules, ask: RevealAsk) -> None:
    if not ask.contact:
        raise ContactNeeded
    typed = whole_index(keyring, contact_of(ask.contact))
    now = db.clock.now()
    budgets = budgets_of(rules, ask.address, [ask.order_id], now)
    async with scanning_told(db, rules), db.reading() as connection:
        failures = await queries.failures(connection, budgets)
        await let_through(
            connection, keyring, rules, failures,
            address=ask.address, order_ids=[ask.order_id], proof=ask.proof, now=now,
        )  # fmt: skip
        right = await queries.contact_index(connection, ask.order_id) == typed
        if not right:
            failures = await count_failure(connection, budgets)
    if not right:
        await tell_of_scanning(db, rules, failures)
        raise InvalidInput(fields={"contact": Words("与下单时填写的不一致，请检查")})
