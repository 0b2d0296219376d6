"""Buyers, suppliers, gateways, staff and the clock do to one order what they like; the books stay right after each.

Small by default. KAMENG_TEST_MODEL_RUNS and KAMENG_TEST_MODEL_STEPS make it larger.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from kameng.attention.find_stuck import find_stuck
from kameng.checkout.cancel_order import cancel_order
from kameng.checkout.cancel_paid import cancel_paid
from kameng.checkout.place_order import CheckoutRules
from kameng.fulfilment.ask_correction import ask_correction
from kameng.fulfilment.confirm_arrival import confirm_arrival
from kameng.invariants.check import check_invariants
from kameng.journey import FOLLOWING
from kameng.kernel.clock import VirtualClock
from kameng.kernel.crypto import keyring_of
from kameng.kernel.database import Database, open_pool
from kameng.kernel.errors import Refusal
from kameng.orders.lifecycle import Actor, ActorKind, OrderState
from kameng.payment.expire import expire_orders
from kameng.payment.poll import poll_payments
from kameng.payment.sweep_refunds import sweep_refunds
from kameng.resubmission.correct_account import Correction, correct_account
from kameng.resubmission.decide import decide_resubmission
from kameng.resubmission.desk import Desk
from kameng.resubmission.repair import repair_orders
from kameng.resubmission.resubmission import Kind, ResubmissionRules
from kameng.resubmission.tend import tend_resubmissions
from kameng.supply.answer import Delivered, Failed, InDoubt, Partly, Reason, Refused
from kameng.tracking.access import Access
from kameng.tracking.reveal import RevealAsk, reveal
from tests.builders.bank import Call, Mood
from tests.builders.dispatching import Bench, a_bench, codes
from tests.builders.refunds import request_refund
from tests.builders.resubmitting import tapped
from tests.builders.shop import ADDRESS, Shop, a_shop, a_started_payment, a_stocked_sku, an_order, hear, stock_up
from tests.conftest import START
from tests.postgres import empty

RUNS = int(os.environ.get("KAMENG_TEST_MODEL_RUNS", "6"))
STEPS = int(os.environ.get("KAMENG_TEST_MODEL_STEPS", "25"))
STAFF = Actor(ActorKind.STAFF, "amy")
KEYS = "test:" + "A" * 43 + "="


class PuttingRight(RuleBasedStateMachine):
    """One order of one of three kinds: codes from stock, codes from a supplier, a top-up."""

    url: str

    def __init__(self) -> None:
        super().__init__()
        empty(self.url)
        self.loop = asyncio.new_event_loop()
        self.clock = VirtualClock(START)
        self.fresh = 0
        self.bench: Bench | None = None
        self.loop.run_until_complete(self._open())

    async def _open(self) -> None:
        self.pool = await open_pool(self.url, size=4)
        self.db = Database(self.pool, following=FOLLOWING, clock=self.clock)
        self.shop: Shop = await a_shop(self.db, keyring_of(KEYS), self.clock)
        rules = ResubmissionRules(repair_every=timedelta(minutes=1))
        self.desk = Desk(self.db, self.shop.keyring, self.shop.gateways, rules, CheckoutRules(open_orders_max=None))

    def teardown(self) -> None:
        self.loop.run_until_complete(self.pool.close())
        self.loop.close()

    def _do(self, doing: Callable[[], Awaitable[Any]]) -> Any:
        """What the rules refuse is no fault; everything else is."""

        async def attempt() -> Any:
            try:
                return await doing()
            except Refusal:
                return None

        return self.loop.run_until_complete(attempt())

    def _code(self) -> str:
        self.fresh += 1
        return f"SENT{self.fresh:05d}"

    @initialize(kind=st.sampled_from(["stock", "codes", "top_up"]))
    def begin(self, kind: str) -> None:
        self._place(kind)

    def _place(self, kind: str) -> None:
        async def place() -> None:
            if kind == "stock":
                self.goods = await a_stocked_sku(self.shop, cards=3)
                order = await an_order(self.shop, self.goods, quantity=2)
                await a_started_payment(self.shop, order.order_id)
                self.order_id = order.order_id
            else:
                self.bench = await a_bench(self.shop, "north", "south", quantity=2, top_up=kind == "top_up")
                self.goods, self.order_id = self.bench.goods, self.bench.order_id

        self.loop.run_until_complete(place())

    @rule(notify=st.booleans())
    def pay(self, notify: bool) -> None:
        async def pays() -> None:
            for reference in list(self.shop.bank.asks)[-1:]:
                trade = self.shop.bank.pay(reference)
                if notify:
                    await hear(self.shop, trade)

        self._do(pays)

    @rule(kind=st.sampled_from([kind for kind in Kind if kind is not Kind.CORRECT_ACCOUNT]))
    def tap(self, kind: Kind) -> None:
        self._do(lambda: tapped(self.desk, self.order_id, kind))

    @rule(last=st.integers(0, 9))
    def correct(self, last: int) -> None:
        correction = Correction(self.order_id, is_owner=True, answers={"account": f"1370000111{last}"})
        self._do(lambda: correct_account(self.desk, correction))

    @rule()
    def cancel(self) -> None:
        self._do(lambda: cancel_order(db=self.db, order_id=self.order_id))

    @rule()
    def take_back(self) -> None:
        self._do(lambda: cancel_paid(db=self.db, order_id=self.order_id))

    @rule()
    def confirm(self) -> None:
        self._do(lambda: confirm_arrival(db=self.db, order_id=self.order_id))

    @rule()
    def read(self) -> None:
        ask = RevealAsk(self.order_id, Access.OWNER, ADDRESS)
        self._do(lambda: reveal(db=self.db, keyring=self.shop.keyring, rules=self.shop.guard, ask=ask))

    @rule(what=st.sampled_from(["refund", "send back", "allow", "deny"]))
    def staff(self, what: str) -> None:
        async def acts() -> None:
            async with self.db.transaction() as tx:
                more: dict[str, Any] = {"order_id": self.order_id, "actor": STAFF, "reason": "looked into it"}
                if what == "refund":
                    await request_refund(tx, **more)
                elif what == "send back":
                    await ask_correction(tx, **more)
                else:
                    await decide_resubmission(tx, allow=what == "allow", **more)

        self._do(acts)

    @rule(
        supplier=st.sampled_from(["north", "south"]),
        method=st.sampled_from(["place", "query"]),
        says=st.sampled_from(["all", "one", "part", "refused", "wrong", "failed", "doubt"]),
    )
    def supplier(self, supplier: str, method: str, says: str) -> None:
        if self.bench is None:
            return
        answers: dict[str, Any] = {
            "all": Delivered(codes=codes(self._code(), self._code()), cost_fen=900),
            "one": Delivered(codes=codes(self._code()), cost_fen=900),
            "part": Partly(1, "部分完成", codes=codes(self._code()), cost_fen=900),
            "refused": Refused(Reason.OUT_OF_STOCK, "售罄"),
            "wrong": Refused(Reason.WRONG_ACCOUNT, "号码不存在"),
            "failed": Failed(Reason.OTHER, "失败"),
            "doubt": InDoubt("HTTP 502"),
        }
        answer = answers[says]
        fits = (method == "place") != isinstance(answer, Failed | Partly) or isinstance(answer, Delivered | InDoubt)
        if fits and not (method == "query" and isinstance(answer, Refused)):
            self.bench[supplier].will(method, answer)

    @rule()
    def stock_arrives(self) -> None:
        self._do(lambda: stock_up(self.shop, self.goods.sku_id, [f"OURS{self._code()}"]))

    @rule()
    def the_bank_is_silent(self) -> None:
        self.shop.bank.will(Call.QUERY, Mood.DOUBT)

    @rule(passed=st.sampled_from([1, 60, 17 * 60, 7 * 3600]))
    def time_passes(self, passed: int) -> None:
        self.clock.go_on(timedelta(seconds=passed))
        self.work()

    @rule()
    def work(self) -> None:
        async def works() -> None:
            await expire_orders(db=self.db)
            await poll_payments(db=self.db, gateways=self.shop.gateways)
            if self.bench is not None:
                await self.bench.work()
                await repair_orders(self.desk, self.bench.depot.suppliers)
            await tend_resubmissions(self.desk)
            await sweep_refunds(db=self.db, gateways=self.shop.gateways)
            await find_stuck(db=self.db)

        self.loop.run_until_complete(works())

    @invariant()
    def nothing_is_wrong(self) -> None:
        wrong = self.loop.run_until_complete(self._wrong())
        assert wrong == []

    async def _wrong(self) -> list[str]:
        violations = await check_invariants(self.db, now=self.clock.now())
        # What falls due while the clock leaps is done by the next round of work.
        due = {"sweeps_asleep", "deliveries_forgotten", "attempts_forgotten", "resubmissions_forgotten",
               "paid_and_forgotten", "refunds_forgotten", "cases_forgotten", "stood_unseen",
               "stuck_astray"}  # fmt: skip
        wrong = [str(one) for one in violations if one.name not in due]
        async with self.db.reading() as connection:
            states = {OrderState(row["state"]) for row in await connection.fetch("SELECT state FROM orders")}
            twice = await connection.fetchval(TWICE)
        return wrong + ([f"{twice} orders delivered more than they are for"] if twice and states else [])


TWICE = """
SELECT count(*) FROM orders o
WHERE (SELECT count(*) FROM cards c WHERE c.order_id = o.id AND c.state = 'sold') > o.quantity
   OR (SELECT sum(a.delivered) FROM delivery_attempts a WHERE a.order_id = o.id)
      > (SELECT d.owed FROM deliveries d WHERE d.order_id = o.id)
"""


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_whatever_happens_nothing_is_paid_out_or_delivered_twice(database_url: str) -> None:
    run_machine(PuttingRight, database_url)


def run_machine(machine: type[PuttingRight], database_url: str) -> None:
    machine.url = database_url
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=RUNS,
            stateful_step_count=STEPS,
            deadline=None,
            phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        ),
    )
