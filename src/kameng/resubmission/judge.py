"""What speaks against a buyer who asks for an order to be put right: weighed anew each time, with its reasons kept."""

from kameng.kernel.database import Transaction
from kameng.kernel.errors import Refusal
from kameng.kernel.text import Words
from kameng.orders.lifecycle import Actor, ActorKind
from kameng.orders.order import Order
from kameng.orders.weigh import weigh_resubmission
from kameng.resubmission import store
from kameng.resubmission.resubmission import Kind, ResubmissionRules
from kameng.risk.score_order import Stage
from kameng.risk.scorecard import Verdict
from kameng.risk.scores import scores_of

#: What decides where goods go, or gives more of them. Looking for money gives nothing, and a new order is weighed by
#: itself.
WEIGHED = frozenset({Kind.DELIVER_AGAIN, Kind.CORRECT_ACCOUNT, Kind.REPLACE_CODE, Kind.CHANGE_GOODS})


class SecondProofNeeded(Refusal):
    """Something speaks against it: the whole contact, typed now, is asked for. The verdict is kept."""

    code = "second_proof_needed"
    status = 403
    words = Words("为了您的订单安全，这次补交请再填写一次下单时的完整手机号或邮箱")


async def judge(tx: Transaction, order: Order, kind: Kind, *, actor: Actor, has_proved: bool) -> Verdict:
    """LOW goes on, MIDDLE needs the buyer's second proof, HIGH a person. The caller holds the order.

    Whoever has typed the whole contact, now or when the order was paid, has given that proof.
    """
    if kind not in WEIGHED or actor.kind is not ActorKind.BUYER:
        return Verdict.LOW
    verdict = (await weigh_resubmission(tx, order)).score.verdict
    if verdict is Verdict.MIDDLE and kind is Kind.REPLACE_CODE:
        # A proof shows whose order it is, not that a code which was read doesn't work.
        return Verdict.HIGH
    if verdict is Verdict.MIDDLE and (has_proved or await _proved_before(tx, order)):
        return Verdict.LOW
    return verdict


async def exchanges_often(tx: Transaction, order: Order, rules: ResubmissionRules, *, actor: Actor) -> bool:
    """Whether this buyer's word was believed so often lately that a person looks first. The caller holds the order."""
    if actor.kind is not ActorKind.BUYER:
        return False
    since = tx.now - rules.exchanges_within
    return await store.count_exchanges(tx, order.id, since=since) >= rules.exchanges_max


async def _proved_before(tx: Transaction, order: Order) -> bool:
    return any(score.stage is Stage.PROVEN for score in await scores_of(tx.connection, order.id))
