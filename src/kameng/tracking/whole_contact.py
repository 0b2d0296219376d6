"""The whole contact as a proof that an order is one's own, with the guard watching who tries."""

from dataclasses import dataclass, field

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.text import Words
from kameng.orders.contact import contact_of, whole_index
from kameng.orders.number import OrderId
from kameng.risk.guard import GuardRules, count_failure, tell_of_scanning
from kameng.tracking import queries
from kameng.tracking.guarded import budgets_of, let_through, scanning_told


class ContactNeeded(Refusal):
    """The tail opened the page; this needs the whole contact."""

    code = "contact_needed"
    status = 403
    words = Words("为了您的卡密安全，请填写下单时的完整手机号或邮箱")


@dataclass(frozen=True)
class Claim:
    """Somebody says that an order is theirs. `contact` is what was typed, `proof` a solved challenge if any."""

    order_id: OrderId
    address: str
    contact: str | None = field(default=None, repr=False)
    proof: str | None = None


async def check_whole_contact(*, db: Database, keyring: Keyring, rules: GuardRules, claim: Claim) -> None:
    """Returns when the contact is the order's. A wrong one is counted by the guard.

    Raises ContactNeeded, InvalidInput (contact), ProofNeeded, SlowDown.
    """
    if not claim.contact:
        raise ContactNeeded
    typed = whole_index(keyring, contact_of(claim.contact))
    now = db.clock.now()
    budgets = budgets_of(rules, claim.address, [claim.order_id], now)
    async with scanning_told(db, rules), db.reading() as connection:
        failures = await queries.failures(connection, budgets)
        await let_through(
            connection, keyring, rules, failures,
            address=claim.address, order_ids=[claim.order_id], proof=claim.proof, now=now,
        )  # fmt: skip
        right = await queries.contact_index(connection, claim.order_id) == typed
        if not right:
            failures = await count_failure(connection, budgets)
    if not right:
        await tell_of_scanning(db, rules, failures)
        raise InvalidInput(fields={"contact": Words("与下单时填写的不一致，请检查")})
