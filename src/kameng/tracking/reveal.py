"""The buyer reads the codes: from the browser that ordered, or after typing the whole contact."""

from dataclasses import dataclass

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.kernel.errors import Refusal
from kameng.kernel.text import Words
from kameng.orders.advance import advance
from kameng.orders.lifecycle import BUYER, LIFECYCLE, Revealed
from kameng.orders.lock import lock_order
from kameng.orders.number import OrderId
from kameng.risk.guard import GuardRules
from kameng.stock.reveal import read_codes
from kameng.tracking.access import Access
from kameng.tracking.whole_contact import Claim, check_whole_contact


class NothingToReveal(Refusal):
    code = "nothing_to_reveal"
    words = Words("订单还没有发货，暂时没有可显示的卡密")


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
        claim = Claim(ask.order_id, ask.address, ask.contact, ask.proof)
        await check_whole_contact(db=db, keyring=keyring, rules=rules, claim=claim)
    async with db.transaction() as tx:
        order = await lock_order(tx, ask.order_id)
        if not LIFECYCLE.allows(order.state, Revealed):
            raise NothingToReveal
        codes = await read_codes(tx.connection, keyring, order.id)
        await advance(tx, order, Revealed(BUYER, facts={"cards": len(codes), "address": ask.address}))
        return codes
