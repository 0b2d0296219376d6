"""Who acts in the simulated world: buyers, banks, workers, and somebody at the desk."""

from collections import Counter
from dataclasses import dataclass

import msgspec

from kameng.attention.find_stuck import find_stuck
from kameng.checkout.cancel_order import OrderNotCancellable, cancel_order
from kameng.checkout.place_order import OutOfStock, TooManyOpenOrders
from kameng.orders.lifecycle import Actor, ActorKind
from kameng.orders.number import OrderId
from kameng.payment.decide_refund import Finding, Verdict, decide_refund
from kameng.payment.expire import expire_orders
from kameng.payment.hear_notify import hear_notify
from kameng.payment.poll import poll_payments
from kameng.payment.refund import NotNow, accept_payment
from kameng.payment.send_refund import send_refund
from kameng.payment.start_payment import OrderNotPayable, PaymentRefused, PaymentUnavailable
from kameng.payment.sweep_refunds import sweep_refunds
from tests.builders.bank import Bank, BrokenAdapter, Trade
from tests.builders.refunds import request_refund
from tests.builders.shop import Goods, a_started_payment, an_order, stock_up
from tests.simulation.world import Crash, World

STAFF = Actor(ActorKind.STAFF, "wang")
JOBS = "DELETE FROM pgqueuer WHERE id IN (SELECT id FROM pgqueuer ORDER BY id LIMIT 5) RETURNING payload"
UNDER_REVIEW = "SELECT id FROM orders WHERE state = 'under_review'"
STUCK = """
SELECT f.id, f.receipt_id, f.amount_fen, g.code, r.gateway_trade_no
FROM refunds f JOIN receipts r ON r.id = f.receipt_id JOIN gateways g ON g.id = r.gateway_id
WHERE f.state IN ('refused', 'in_doubt') AND f.try_at IS NULL
"""
DONE_OF_RECEIPT = "SELECT amount_fen FROM refunds WHERE receipt_id = $1 AND state = 'done'"


@dataclass
class Buyer:
    """Wants something, pays in one of many ways, and tries again when nobody answers."""

    world: World
    number: int
    tries: int = 0

    @property
    def contact(self) -> str:
        return f"13{self.number % 700:09d}"

    async def want(self) -> None:
        """Order one or, rarely, several things."""
        world, self.tries = self.world, self.tries + 1
        orders: list[OrderId] = []
        try:
            for index in range(2 if self.number % 20 == 0 else 1):
                goods = world.goods[(self.number + index) % len(world.goods)]
                quantity = 1 + (self.number // 7) % 3
                key = f"buyer {self.number} thing {index}"
                orders.append(await self.place(goods, quantity=quantity, key=key))
        except Crash:
            if self.tries < 5:
                world.later(2, self.want)
            raise
        except (OutOfStock, TooManyOpenOrders) as refusal:
            world.happened[refusal.code] += 1
        if orders:
            world.happened["orders"] += len(orders)
            world.later(world.random.uniform(1, 60), lambda: self.choose(tuple(orders)))
            if world.happens(0.08):
                world.later(world.random.uniform(1, 300), lambda: self.cancel(orders[0]))

    async def place(self, goods: Goods, *, quantity: int, key: str) -> OrderId:
        placed = await an_order(self.world.process(), goods, quantity=quantity, contact=self.contact, key=key)
        return placed.order_id

    async def choose(self, orders: tuple[OrderId, ...], *, tries: int = 0) -> None:
        """Choose one way to pay, or two."""
        world = self.world
        for bank in world.random.sample(world.banks, 2 if world.happens(0.1) else 1):
            try:
                attempt = await a_started_payment(world.process(), *orders, bank=bank)
            except (PaymentUnavailable, PaymentRefused, BrokenAdapter):
                if tries < 5:
                    world.later(10, lambda: self.choose(orders, tries=tries + 1))
                return
            except OrderNotPayable:
                return
            self.plan(bank, attempt.reference, attempt.amount_fen)

    def plan(self, bank: Bank, reference: str, amount_fen: int) -> None:
        world, random = self.world, self.world.random
        times = random.choices([0, 1, 2], [0.1, 0.8, 0.1])[0]
        for _ in range(times):
            after = random.uniform(10, 300) if random.random() < 0.8 else random.uniform(800, 3000)
            fen = random.choices(
                [amount_fen, max(1, amount_fen - 1), amount_fen + 7, max(1, amount_fen // 2)], [0.79, 0.05, 0.11, 0.05]
            )[0]
            world.later(after, lambda fen=fen: self.pay(bank, reference, fen))  # type: ignore[misc]

    async def pay(self, bank: Bank, reference: str, fen: int) -> None:
        trade = bank.pay(reference, fen)
        self.world.happened["payments"] += 1
        Teller(self.world, bank, trade).begin()

    async def cancel(self, order_id: OrderId) -> None:
        try:
            await cancel_order(db=self.world.process().db, order_id=order_id)
        except OrderNotCancellable:
            self.world.happened["cancelled too late"] += 1


@dataclass
class Teller:
    """The bank's notifies of one payment: lost, late, repeated, forged, in any order."""

    world: World
    bank: Bank
    trade: Trade
    tries: int = 0

    @property
    def gives_up(self) -> bool:
        """Of two payments under one number each can be found by its notify alone; a bank doesn't give up telling."""
        return sum(trade.reference == self.trade.reference for trade in self.bank.trades.values()) == 1

    def begin(self) -> None:
        world = self.world
        if world.happens(0.15):
            world.later(8000, self.tell_if_paid_twice)
            return
        for _ in range(world.random.choices([1, 2, 5], [0.8, 0.15, 0.05])[0]):
            world.later(world.random.choice([0, 1, 30, 2000]), self.tell)
        if world.happens(0.1):
            world.later(1, self.forge)

    async def tell_if_paid_twice(self) -> None:
        if not self.gives_up:
            await self.tell()

    async def tell(self) -> None:
        self.tries += 1
        answer = None
        try:
            answer = await self._say(self.bank.notify(self.trade))
        except BrokenAdapter:
            self.world.happened["notify broke"] += 1
        finally:
            if answer != "success" and self.gives_up and self.tries > 3:
                self.world.later(8000, self.tell_if_paid_twice)
            elif answer != "success":
                self.world.later(15 * 2 ** min(self.tries, 8), self.tell)

    async def forge(self) -> None:
        fields = self.bank.notify(self.trade) | {"money": "99999.00"}
        assert await self._say(fields) == "fail"

    async def _say(self, fields: dict[str, str]) -> str:
        process = self.world.process()
        return await hear_notify(db=process.db, gateways=process.gateways, gateway_code=self.bank.name, fields=fields)


@dataclass
class Worker:
    """One of several that all wake at the same moment, and find the same work."""

    world: World
    every_s: float
    until_s: float

    def begin(self) -> None:
        at = 0.0
        while at < self.until_s:
            self.world.later(at, self.work)
            at += self.every_s

    async def work(self) -> None:
        process = self.world.process()
        await expire_orders(db=process.db)
        await poll_payments(db=process.db, gateways=process.gateways)
        if self.world.happens(0.5):
            for job in await self.world.shop.rows(JOBS):
                assert isinstance(job["payload"], bytes)
                refund_id = msgspec.json.decode(job["payload"])["refund_id"]
                await send_refund(db=process.db, gateways=process.gateways, refund_id=refund_id)
        await sweep_refunds(db=process.db, gateways=process.gateways)
        await find_stuck(db=process.db)


@dataclass
class Desk:
    """Decides what waits for a person, with the bank's books open before them."""

    world: World

    async def decide(self) -> None:
        for row in await self.world.shop.rows(UNDER_REVIEW):
            order_id = OrderId(int(str(row["id"])))
            verb = accept_payment if self.world.happens(0.5) else request_refund
            try:
                async with self.world.process().db.transaction() as tx:
                    await verb(tx, order_id=order_id, actor=STAFF, reason="核对过")
            except NotNow:
                self.world.happened["decided too late"] += 1
        for row in await self.world.shop.rows(STUCK):
            await self._look_up(row)

    async def _look_up(self, row: dict[str, object]) -> None:
        shop, books = self.world.shop, {bank.name: bank for bank in self.world.banks}
        trade = books[str(row["code"])].trades[str(row["gateway_trade_no"])]
        # The bank's books name each part: one that we don't know of is this one, if it is as large.
        known = Counter(done["amount_fen"] for done in await shop.rows(DONE_OF_RECEIPT, row["receipt_id"]))
        unknown = Counter[object](trade.parts_sent_back) - known
        verdict = Verdict.SENT if unknown[row["amount_fen"]] else Verdict.NOT_SENT
        try:
            async with self.world.process().db.transaction() as tx:
                finding = Finding(verdict, "看过渠道后台", sum(trade.parts_sent_back))
                await decide_refund(tx, refund_id=int(str(row["id"])), finding=finding, actor=STAFF)
        except NotNow:
            self.world.happened["decided too late"] += 1


async def refill(world: World) -> None:
    """A little more of one of the goods."""
    goods = world.random.choice(world.goods)
    number = next(world.serial)
    await stock_up(world.shop, goods.sku_id, [f"MORE{number:08d}X{n:03d}" for n in range(8)])
