"""The buyer proves an order theirs that was held back for it, and it goes on at once.

The proof is the whole contact, typed again. A code sent to that contact will stand in the same place.
"""

from dataclasses import dataclass, field

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database, Transaction
from kameng.kernel.errors import Refusal
from kameng.kernel.text import Words
from kameng.orders.advance import advance
from kameng.orders.lifecycle import BUYER, SYSTEM, HeldForReview, OrderState, ProofGiven
from kameng.orders.lock import lock_order
from kameng.orders.number import OrderId
from kameng.orders.order import Order
from kameng.orders.weigh import decide_by, weigh_again
from kameng.risk.guard import GuardRules
from kameng.risk.score_order import Stage
from kameng.risk.scorecard import Verdict
from kameng.risk.scores import latest_score
from kameng.tracking.whole_contact import Claim, check_whole_contact


class NothingToProve(Refusal):
    """It was proved before, a person decides about it, or nobody ever asked."""

    code = "nothing_to_prove"
    words = Words("这个订单现在不需要验证，请刷新查看最新状态")


@dataclass(frozen=True)
class ProveAsk:
    """`contact` is what was typed, `proof` a solved challenge where one was asked for."""

    order_id: OrderId
    address: str
    contact: str = field(repr=False)
    proof: str | None = None


async def prove(*, db: Database, keyring: Keyring, rules: GuardRules, ask: ProveAsk) -> OrderState:
    """Release the order, unless by now too much speaks against it: then a person has to look.

    Raises ContactNeeded, InvalidInput (contact), NothingToProve, OrderMissing, ProofNeeded, SlowDown.
    """
    claim = Claim(ask.order_id, ask.address, ask.contact or None, ask.proof)
    await check_whole_contact(db=db, keyring=keyring, rules=rules, claim=claim)
    async with db.transaction() as tx:
        order = await lock_order(tx, ask.order_id)
        if not await _waits_for_proof(tx, order):
            raise NothingToProve
        judged = await weigh_again(tx, order, Stage.PROVEN)
        if judged.score.verdict is Verdict.HIGH:
            facts = {"decide_by": decide_by(tx, judged).isoformat()}
            return await advance(tx, order, HeldForReview(SYSTEM, facts=facts))
        return await advance(tx, order, ProofGiven(BUYER, facts={"address": ask.address}))


async def _waits_for_proof(tx: Transaction, order: Order) -> bool:
    if order.state is not OrderState.UNDER_REVIEW:
        return False
    score = await latest_score(tx.connection, order.id)
    return score is not None and score.stage is Stage.PAID and score.verdict is Verdict.MIDDLE
