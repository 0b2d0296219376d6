"""Between money and goods: an order that something speaks against waits for its buyer's proof, or for a person."""

from kameng.kernel.database import Transaction
from kameng.orders.lifecycle import SYSTEM, HeldForReview, PaymentConfirmed, ProofAsked
from kameng.orders.order import Order
from kameng.orders.weigh import decide_by, weigh_again
from kameng.risk.score_order import Payment, Stage
from kameng.risk.scorecard import Verdict


async def hold_back(tx: Transaction, order: Order, paid: PaymentConfirmed) -> ProofAsked | HeldForReview | None:
    """None for an order that may go out, and of almost all of them nothing is asked of the database."""
    payment = Payment(is_late=bool(paid.facts.get("late")), is_other_amount="owed_fen" in paid.facts)
    if order.risk == 0 and payment == Payment():
        return None
    judged = await weigh_again(tx, order, Stage.PAID, payment=payment)
    facts = {"decide_by": decide_by(tx, judged).isoformat()}
    match judged.score.verdict:
        case Verdict.LOW:
            return None
        case Verdict.MIDDLE:
            return ProofAsked(SYSTEM, facts=facts)
        case Verdict.HIGH:
            return HeldForReview(SYSTEM, facts=facts)
