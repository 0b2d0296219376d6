"""A case whose codes were read, and what staff begin for it."""

from dataclasses import replace as changed

from kameng.aftersales.case import Case
from kameng.aftersales.follow_remedies import follow_remedies
from kameng.aftersales.refund_for_case import CaseRefund, refund_for_case
from kameng.aftersales.remedy import RemedyStage
from kameng.aftersales.replace_for_case import CaseReplacement, Replaced, replace_for_case
from kameng.checkout.place_order import CheckoutRules
from kameng.kernel.database import Transaction
from kameng.orders.lifecycle import Actor, ActorKind
from kameng.orders.number import OrderId
from kameng.payment.attempt import RefundCause
from kameng.payment.request import RefundRequest, RefundRules
from kameng.payment.sweep_refunds import sweep_refunds
from kameng.resubmission.desk import Desk
from kameng.resubmission.put_right import put_right
from kameng.resubmission.resubmission import ResubmissionRules
from kameng.tracking.access import Access
from kameng.tracking.reveal import RevealAsk, reveal
from tests.builders.cases import CaseDesk, a_case_desk
from tests.builders.shop import ADDRESS, PHONE, Shop, a_paid_order, a_stocked_sku

AN = Actor(ActorKind.STAFF, "an")
BOSS = Actor(ActorKind.STAFF, "boss")
AT_ONCE = RefundRules()
ASKING = RefundRules(approve_above_fen=1, two_above_fen=10**9)


async def a_read_case(shop: Shop, *, contact: str = PHONE) -> CaseDesk:
    """Its codes have been looked at, and are said not to work."""
    order = await a_paid_order(shop, await a_stocked_sku(shop), contact=contact)
    desk = await a_case_desk(shop, order_id=order.order_id)
    await read(shop, desk.order_id)
    return desk


async def read(shop: Shop, order_id: OrderId) -> list[str]:
    ask = RevealAsk(order_id, Access.OWNER, ADDRESS)
    return await reveal(db=shop.db, keyring=shop.keyring, rules=shop.guard, ask=ask)


async def refunded(
    desk: CaseDesk, fen: int | None = None, *, limits: RefundRules = AT_ONCE, **more: object
) -> tuple[Case, RefundRequest]:
    wish = CaseRefund(
        desk.case.id,
        desk.an,
        RefundCause.GOODS_FAULTY,
        "核实无效",
        "已为您申请退款",
        (await desk.file()).seen,
        amount_fen=fen,
    )
    wish = changed(wish, **more)  # type: ignore[arg-type]
    return await refund_for_case(**desk.tools(), limits=limits, refund=wish)


async def replaced(desk: CaseDesk, *places: int) -> tuple[Case, Replaced]:
    async def put(tx: Transaction, order_id: OrderId) -> Replaced:
        one = await put_right(tx, order_id=order_id, actor=AN, reason="核实无效", places=places)
        return Replaced(one.id, RemedyStage(one.state))

    wanted = CaseReplacement(desk.case.id, desk.an, "已为您换了新卡密", (await desk.file()).seen)
    return await replace_for_case(**desk.tools(), replace=put, replacement=wanted)


async def follow(desk: CaseDesk) -> Case:
    await sweep_refunds(db=desk.shop.db, gateways=desk.shop.gateways)
    while await follow_remedies(db=desk.shop.db, rules=desk.rules):
        pass
    return await desk.now()


async def stages(desk: CaseDesk) -> list[str]:
    return [str(one.stage) for one in (await desk.file()).remedies]


def a_desk(shop: Shop) -> Desk:
    return Desk(shop.db, shop.keyring, shop.gateways, ResubmissionRules(), CheckoutRules(open_orders_max=None))
