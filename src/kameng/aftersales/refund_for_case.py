"""Staff send money back for a case: the request goes the way of all refunds, and the case follows it."""

from dataclasses import dataclass

from kameng.aftersales.case import Case, CaseRules, case_subject
from kameng.aftersales.remedies import begin, case_to_remedy
from kameng.aftersales.remedy import Begun, RemedyKind, RemedyStage
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.orders.lifecycle import Actor, ActorKind, OrderState
from kameng.payment.ask_refund import RefundWish, ask_refund
from kameng.payment.attempt import RefundCause
from kameng.payment.request import RefundRequest, RefundRules, RequestState
from kameng.staff.member import Staff


@dataclass(frozen=True)
class CaseRefund:
    """`words` are for the buyer, `reason` for those who have to agree. `amount_fen` None: all that is left. `left_fen`,
    `order_state` and `replaced` are what the asker saw: how much was left, how the order stood, and how many of its
    codes had been exchanged. `seen` as in StaffAnswer."""

    case_id: int
    staff: Staff
    cause: RefundCause
    reason: str
    words: str
    seen: int
    amount_fen: int | None = None
    left_fen: int | None = None
    order_state: OrderState | None = None
    replaced: int = 0


async def refund_for_case(
    *, db: Database, keyring: Keyring, rules: CaseRules, limits: RefundRules, refund: CaseRefund
) -> tuple[Case, RefundRequest]:
    """To where the money came from: the gateway, or a merchant's balance.

    Raises InvalidInput, CaseMissing, CaseMoved, AnsweredMeanwhile, RemedyUnderWay and what `ask_refund` raises.
    """
    async with db.transaction() as tx:
        case = await case_to_remedy(tx, refund.case_id, seen=refund.seen)
        wish = RefundWish(
            case.order_id, refund.cause, refund.reason, Actor(ActorKind.STAFF, refund.staff.login),
            amount_fen=refund.amount_fen, left_fen=refund.left_fen, reference=case_subject(case.id),
            order_state=refund.order_state, replaced=refund.replaced,
        )  # fmt: skip
        request = await ask_refund(tx, rules=limits, wish=wish)
        stage = RemedyStage.SENDING if request.state is RequestState.APPROVED else RemedyStage.WAITING
        begun = Begun(RemedyKind.REFUND, stage, request.id)
        case = await begin(tx, (keyring, rules), case, staff=refund.staff, words=refund.words, begun=begun)
    return case, request
