"""Secrets shown to staff: an order's codes, its buyer's contact, what it tops up. Each showing needs a reason and
stays in the log."""

from kameng.desk import store
from kameng.desk.orders import Looker, order_subject
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.kernel.errors import InvalidInput
from kameng.kernel.text import Words
from kameng.orders.account import MAIN, Answer, account_of
from kameng.orders.advance import advance
from kameng.orders.contact import Contact, unseal_contact
from kameng.orders.lifecycle import LIFECYCLE, Actor, ActorKind, Revealed
from kameng.orders.lock import OrderMissing, lock_order
from kameng.orders.number import OrderId
from kameng.staff.audit import Note, note
from kameng.stock.reveal import read_codes
from kameng.tracking.reveal import NothingToReveal

REASON_MAX = 300


async def reveal_codes(*, db: Database, keyring: Keyring, order_id: OrderId, looker: Looker, reason: str) -> list[str]:
    """The codes in clear. Raises OrderMissing, NothingToReveal, InvalidInput (field reason)."""
    reason = _checked(reason)
    async with db.transaction() as tx:
        order = await lock_order(tx, order_id)
        if not LIFECYCLE.allows(order.state, Revealed):
            raise NothingToReveal
        codes = await read_codes(tx.connection, keyring, order_id)
        facts = {"cards": len(codes), "address": looker.address}
        await advance(tx, order, Revealed(Actor(ActorKind.STAFF, looker.staff.login), reason=reason, facts=facts))
        facts = {"cards": len(codes), "reason": reason}
        await note(tx, Note(looker.staff, "order:revealed", order_subject(order_id), facts, looker.address))
    return codes


async def show_contact(*, db: Database, keyring: Keyring, order_id: OrderId, looker: Looker, reason: str) -> Contact:
    """The buyer's contact in clear. Raises OrderMissing, InvalidInput (field reason)."""
    reason = _checked(reason)
    async with db.transaction() as tx:
        sealed = await tx.connection.fetchval(store.CONTACT_SEALED, order_id)
        if sealed is None:
            raise OrderMissing
        contact = unseal_contact(keyring, order_id, sealed)
        facts = {"reason": reason}
        await note(tx, Note(looker.staff, "order:contact_shown", order_subject(order_id), facts, looker.address))
    return contact


async def show_account(
    *, db: Database, keyring: Keyring, order_id: OrderId, looker: Looker, reason: str
) -> list[Answer]:
    """What the order tops up, in clear, the account itself first. Raises NothingToReveal, InvalidInput (reason)."""
    reason = _checked(reason)
    async with db.transaction() as tx:
        account = await account_of(tx.connection, keyring, order_id)
        if account is None:
            raise NothingToReveal
        facts = {"reason": reason}
        await note(tx, Note(looker.staff, "order:account_shown", order_subject(order_id), facts, looker.address))
    return sorted(account.answers, key=lambda answer: answer.name != MAIN)


def _checked(reason: str) -> str:
    reason = reason.strip()
    if not 1 <= len(reason) <= REASON_MAX:
        raise InvalidInput(fields={"reason": Words("请写明原因，最多 300 字")})
    return reason
