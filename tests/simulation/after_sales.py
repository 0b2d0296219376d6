"""Who acts in the simulated world once something was bought: buyers who are not content, and staff who deal with it."""

from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any

from kameng.aftersales.case import CaseKind, CaseRules, Outcome
from kameng.aftersales.confirm_case import confirm_case
from kameng.aftersales.follow_remedies import follow_remedies
from kameng.aftersales.open_case import open_case
from kameng.aftersales.queue import read_file
from kameng.aftersales.refund_for_case import CaseRefund, refund_for_case
from kameng.aftersales.remedy import RemedyStage
from kameng.aftersales.replace_for_case import CaseReplacement, Replaced, replace_for_case
from kameng.aftersales.solve_case import Solution, solve_case
from kameng.aftersales.watch_cases import watch_cases
from kameng.checkout.cancel_paid import cancel_paid
from kameng.checkout.place_order import CheckoutRules
from kameng.kernel.database import Transaction
from kameng.kernel.errors import Refusal
from kameng.orders.lifecycle import Actor, ActorKind
from kameng.orders.number import OrderId
from kameng.payment.approve_refund import approve_refund
from kameng.payment.attempt import RefundCause
from kameng.payment.decline_refund import decline_refund
from kameng.payment.lapse_requests import lapse_requests
from kameng.payment.request import RefundRules
from kameng.resubmission.apply import Application, apply
from kameng.resubmission.decide import decide_resubmission
from kameng.resubmission.desk import Desk
from kameng.resubmission.put_right import put_right
from kameng.resubmission.resubmission import Kind, ResubmissionRules
from kameng.resubmission.tend import tend_resubmissions
from kameng.staff.member import Staff
from kameng.tracking.access import Access
from kameng.tracking.reveal import RevealAsk, reveal
from tests.builders.shop import ADDRESS, Shop
from tests.simulation.world import World

RULES = CaseRules()
LIMITS = RefundRules(approve_above_fen=2000, two_above_fen=10_000)
BOSSES = (Actor(ActorKind.STAFF, "boss"), Actor(ActorKind.STAFF, "owner"))
KINDS = [kind for kind in Kind if kind not in {Kind.CORRECT_ACCOUNT, Kind.CHANGE_GOODS}]

ORDERS = "SELECT id FROM orders ORDER BY id"
CASES = "SELECT id, order_id FROM cases WHERE state NOT IN ('closed', 'solved') ORDER BY id"
SOLVED = "SELECT order_id FROM cases WHERE state = 'solved' ORDER BY id"
LEFT = "SELECT order_id FROM resubmissions WHERE state = 'with_staff' ORDER BY id"
REQUESTS = "SELECT id FROM refund_requests WHERE state IN ('waiting', 'agreed_once') ORDER BY id"


@dataclass
class Malcontents:
    """Whatever a buyer may tap, on any order, at any time."""

    world: World

    async def act(self) -> None:
        world, process = self.world, self.world.process()
        orders = await world.shop.rows(ORDERS)
        if not orders:
            return
        order_id = OrderId(int(str(world.random.choice(orders)["id"])))
        match world.random.choice(["tap", "tap", "read", "case", "take back", "verdict"]):
            case "tap":
                await self._try(apply(desk_of(process), Application(order_id, world.random.choice(KINDS), True)))
            case "read":
                ask = RevealAsk(order_id, Access.OWNER, ADDRESS)
                await self._try(reveal(db=process.db, keyring=process.keyring, rules=process.guard, ask=ask))
            case "case":
                await self._try(open_case(db=process.db, rules=RULES, order_id=order_id, kind=CaseKind.OTHER))
            case "take back":
                await self._try(cancel_paid(db=process.db, order_id=order_id))
            case _:
                await self._answer(process)

    async def _answer(self, process: Shop) -> None:
        for row in await self.world.shop.rows(SOLVED):
            more: dict[str, Any] = {"is_solved": self.world.happens(0.7), "words": "还是不行"}
            await self._try(
                confirm_case(**tools(process), order_id=OrderId(int(str(row["order_id"]))), **more)
            )  # fmt: skip

    async def _try(self, doing: Awaitable[object]) -> None:
        await tried(self.world, doing)


@dataclass
class AfterSalesDesk:
    """Staff who refund, replace or answer; people above them who agree or don't."""

    world: World
    staff: Staff
    rules: CaseRules = field(default_factory=CaseRules)

    async def handle(self, *, to_the_end: bool = False) -> None:
        world, process = self.world, self.world.process()
        for row in await world.shop.rows(CASES):
            what = (
                "solve"
                if to_the_end
                else world.random.choice(["refund", "part", "replace", "replace", "replace", "solve"])
            )
            await tried(world, self._deal_with(process, int(str(row["id"])), what))
        for row in await world.shop.rows(LEFT):
            await tried(world, self._let(process, OrderId(int(str(row["order_id"])))))
        for row in await world.shop.rows(REQUESTS):
            await tried(world, self._agree(process, int(str(row["id"]))))

    async def _deal_with(self, process: Shop, case_id: int, what: str) -> None:
        async with process.db.reading() as connection:
            seen = (await read_file(connection, process.keyring, case_id)).seen
        if what in {"refund", "part"}:
            wish = CaseRefund(
                case_id, self.staff, RefundCause.GOODS_FAULTY, "核实", "已申请", seen,
                amount_fen=1 if what == "part" else None,
            )  # fmt: skip
            await refund_for_case(**tools(process), limits=LIMITS, refund=wish)
        elif what == "replace":
            wanted = CaseReplacement(case_id, self.staff, "已换", seen)
            await replace_for_case(**tools(process), replace=self._put, replacement=wanted)
        else:
            await solve_case(**tools(process), solution=Solution(case_id, self.staff, Outcome.ANSWERED, "好了", seen))
        self.world.happened[f"case {what}"] += 1

    async def _put(self, tx: Transaction, order_id: OrderId) -> Replaced:
        one = await put_right(tx, order_id=order_id, actor=Actor(ActorKind.STAFF, self.staff.login), reason="核实")
        return Replaced(one.id, RemedyStage(one.state))

    async def _let(self, process: Shop, order_id: OrderId) -> None:
        async with process.db.transaction() as tx:
            actor = Actor(ActorKind.STAFF, self.staff.login)
            allow = self.world.happens(0.5)
            await decide_resubmission(tx, order_id=order_id, allow=allow, actor=actor, reason="看过")

    async def _agree(self, process: Shop, request_id: int) -> None:
        boss = self.world.random.choice(BOSSES)
        async with process.db.transaction() as tx:
            if self.world.happens(0.7):
                await approve_refund(tx, request_id=request_id, approver=boss, reason="同意")
            else:
                await decline_refund(tx, request_id=request_id, decider=boss, reason="不同意")


async def look_after(world: World) -> None:
    """What workers do about all of it; two at the same moment find the same work."""
    process = world.process()
    await tend_resubmissions(desk_of(process))
    await follow_remedies(db=process.db, rules=RULES)
    await watch_cases(db=process.db, rules=RULES)
    await lapse_requests(db=process.db)


def desk_of(process: Shop) -> Desk:
    checkout = CheckoutRules(open_orders_max=None)
    return Desk(process.db, process.keyring, process.gateways, ResubmissionRules(), checkout)


def tools(process: Shop) -> dict[str, Any]:
    return {"db": process.db, "keyring": process.keyring, "rules": RULES}


async def tried(world: World, doing: Awaitable[object]) -> None:
    """What the rules refuse is no fault."""
    try:
        await doing
    except Refusal as refusal:
        world.happened[refusal.code] += 1
