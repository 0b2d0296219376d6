"""The same order, with a case about it: refunds with and without approval, exchanges, changes of goods, whatever the
order of it all. No piece is both paid back and exchanged."""

from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from kameng.aftersales.case import Case, CaseKind, CaseRules
from kameng.aftersales.confirm_case import confirm_case
from kameng.aftersales.conversation import find_case
from kameng.aftersales.follow_remedies import follow_remedies
from kameng.aftersales.open_case import open_case
from kameng.aftersales.queue import read_file
from kameng.aftersales.refund_for_case import CaseRefund, refund_for_case
from kameng.aftersales.remedy import RemedyStage
from kameng.aftersales.replace_for_case import CaseReplacement, Replaced, replace_for_case
from kameng.aftersales.watch_cases import watch_cases
from kameng.aftersales.withdraw_case import withdraw_case
from kameng.catalogue.edit import SkuDraft, save_sku
from kameng.catalogue.filling import FilledBy
from kameng.kernel.database import Transaction
from kameng.orders.lifecycle import Actor, ActorKind
from kameng.orders.number import OrderId
from kameng.payment.approve_refund import approve_refund
from kameng.payment.attempt import RefundCause
from kameng.payment.decline_refund import decline_refund
from kameng.payment.lapse_requests import lapse_requests
from kameng.payment.request import RefundRules
from kameng.resubmission.put_right import put_right
from kameng.resubmission.resubmission import Kind
from kameng.staff.member import Staff
from kameng.staff.roles import Role
from tests.builders.cases import somebody
from tests.builders.resubmitting import tapped
from tests.builders.shop import stock_up
from tests.builders.supplier import a_route, some_goods
from tests.model.test_putting_right import STAFF, PuttingRight, run_machine

RULES = CaseRules()
#: Half a piece goes out at once, more needs one person, all of two pieces two.
LIMITS = RefundRules(approve_above_fen=500, two_above_fen=1500)
BOSSES = (Actor(ActorKind.STAFF, "boss"), Actor(ActorKind.STAFF, "owner"))

# Money for goods that is back or on its way, for an order whose codes were exchanged.
BOTH = """
SELECT o.id FROM orders o
WHERE EXISTS (SELECT FROM cards c WHERE c.order_id = o.id AND c.state = 'replaced')
  AND EXISTS (SELECT FROM refunds f WHERE f.order_id = o.id
              AND f.cause NOT IN ('paid_twice', 'paid_too_much', 'paid_too_little', 'goodwill', 'cheaper'))
"""
OPEN_REQUESTS = "SELECT id FROM refund_requests WHERE state IN ('waiting', 'agreed_once') ORDER BY id LIMIT 1"


class AfterSales(PuttingRight):
    an: Staff
    sibling: int

    @initialize(kind=st.sampled_from(["stock", "codes", "top_up"]))
    def begin(self, kind: str) -> None:
        self._place(kind)

        async def prepare() -> None:
            self.an = await somebody(self.shop, "an", Role.CUSTOMER_SERVICE)
            by = FilledBy.SUPPLIER if self.bench is not None else FilledBy.STOCK
            async with self.db.transaction() as tx:
                self.sibling = await save_sku(tx, SkuDraft(self.goods.slug, "小面值", 600, filled_by=by))
            if self.bench is None:
                await stock_up(self.shop, self.sibling, ["SMALL00001", "SMALL00002"])
            else:
                await a_route(self.bench.depot, self.sibling, "south", some_goods("S", price_fen=500))

        self.loop.run_until_complete(prepare())

    def _tools(self) -> dict[str, Any]:
        return {"db": self.db, "keyring": self.shop.keyring, "rules": RULES}

    async def _case(self) -> tuple[Case, int] | None:
        """The case under way, and what its staff have read."""
        case = await find_case(self.db, self.order_id)
        if case is None or case.closed_at is not None:
            return None
        async with self.db.reading() as connection:
            return case, (await read_file(connection, self.shop.keyring, case.id)).seen

    @rule()
    def open_a_case(self) -> None:
        kind = CaseKind.OTHER
        self._do(lambda: open_case(db=self.db, rules=RULES, order_id=self.order_id, kind=kind))

    @rule(is_solved=st.booleans())
    def answer_it(self, is_solved: bool) -> None:
        more: dict[str, Any] = {"order_id": self.order_id, "is_solved": is_solved, "words": "还是不行"}
        self._do(lambda: confirm_case(**self._tools(), **more))

    @rule()
    def withdraw(self) -> None:
        self._do(lambda: withdraw_case(db=self.db, rules=RULES, order_id=self.order_id))

    @rule(
        fen=st.sampled_from([None, 300, 600, 1000, 1200]),
        cause=st.sampled_from([RefundCause.GOODS_FAULTY, RefundCause.GOODWILL]),
    )
    def refund(self, fen: int | None, cause: RefundCause) -> None:
        async def refunds() -> None:
            if (found := await self._case()) is not None:
                wish = CaseRefund(found[0].id, self.an, cause, "核实", "已申请", found[1], amount_fen=fen)
                await refund_for_case(**self._tools(), limits=LIMITS, refund=wish)

        self._do(refunds)

    @rule(boss=st.sampled_from(BOSSES), agrees=st.booleans())
    def decide(self, boss: Actor, agrees: bool) -> None:
        async def decides() -> None:
            async with self.db.transaction() as tx:
                request_id = await tx.connection.fetchval(OPEN_REQUESTS)
                if request_id is not None and agrees:
                    await approve_refund(tx, request_id=request_id, approver=boss, reason="同意")
                elif request_id is not None:
                    await decline_refund(tx, request_id=request_id, decider=boss, reason="不同意")

        self._do(decides)

    @rule()
    def replace(self) -> None:
        async def put(tx: Transaction, order_id: OrderId) -> Replaced:
            one = await put_right(tx, order_id=order_id, actor=STAFF, reason="核实")
            return Replaced(one.id, RemedyStage(one.state))

        async def replaces() -> None:
            if (found := await self._case()) is not None:
                wanted = CaseReplacement(found[0].id, self.an, "已换", found[1])
                await replace_for_case(**self._tools(), replace=put, replacement=wanted)

        self._do(replaces)

    @rule()
    def change_goods(self) -> None:
        self._do(lambda: tapped(self.desk, self.order_id, Kind.CHANGE_GOODS, wanted_sku_id=self.sibling))

    @rule()
    def follow(self) -> None:
        async def follows() -> None:
            while await follow_remedies(db=self.db, rules=RULES):
                pass
            await watch_cases(db=self.db, rules=RULES)
            await lapse_requests(db=self.db)

        self.loop.run_until_complete(follows())

    async def _wrong(self) -> list[str]:
        wrong = await super()._wrong()
        both = await self.shop.rows(BOTH)
        return wrong + [f"{row['id']} is both paid back and exchanged" for row in both]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_whatever_comes_of_a_case_no_piece_is_paid_back_and_exchanged(database_url: str) -> None:
    run_machine(AfterSales, database_url)
