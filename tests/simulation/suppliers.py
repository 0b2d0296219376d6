"""Suppliers with books of their own, who take orders and then say whatever comes to their mind about them."""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from kameng.kernel.database import assert_no_transaction
from kameng.supply.answer import (
    Accepted,
    Code,
    Delivered,
    Failed,
    InDoubt,
    NotFound,
    Partly,
    PlaceAnswer,
    QueryAnswer,
    Reason,
    Refused,
)
from kameng.supply.supplier import CallbackTrust, Post, SupplyAsk
from tests.builders.supplier import ScriptedSupplier, post_of
from tests.simulation.world import World

#: A young order may not have come around to everybody there.
SPREADS_WITHIN = timedelta(seconds=90)


class State(StrEnum):
    RUNNING = "running"
    DELIVERED = "delivered"
    FAILED = "failed"
    PARTLY = "partly"


@dataclass
class Purchase:
    """What truly happened. `delivered` in fen of face value where it has one, otherwise in pieces; `codes` are those
    handed out, `fresh` of them for the first time."""

    ask: SupplyAsk
    supplier_no: str
    placed_at: datetime
    state: State = State.RUNNING
    delivered: int = 0
    cost_fen: int = 0
    refund_fen: int = 0
    codes: tuple[str, ...] = ()
    fresh: int = 0

    @property
    def whole(self) -> int:
        return self.ask.quantity * (self.ask.face_fen or 1)


@dataclass
class Moody(ScriptedSupplier):
    """`sells_codes` by goods number. `honest`: from now on it does all as it should, and at once."""

    world: World = field(kw_only=True)
    sells_codes: frozenset[str] = frozenset()
    purchases: dict[str, Purchase] = field(default_factory=dict)
    placed_twice: list[str] = field(default_factory=list)
    #: Numbers of purchases that we have settled, and of those we know to be accepted.
    settled: set[str] = field(default_factory=set)
    accepted: set[str] = field(default_factory=set)
    call_back: Callable[["Moody", Post], Awaitable[None]] | None = None
    honest: bool = False
    did: Counter[str] = field(default_factory=Counter)

    async def place(self, ask: SupplyAsk) -> PlaceAnswer:
        assert_no_transaction()
        if ask.number in self.purchases:
            self.placed_twice.append(ask.number)
            return InDoubt("订单号重复")
        what = self._mood({"refuses": 8, "never arrives": 4})
        if what == "refuses":
            reason = self.world.random.choice([Reason.BALANCE_LOW, Reason.OPERATOR_TROUBLE, Reason.TOO_OFTEN])
            return Refused(reason, "暂不受理")
        if what == "never arrives":
            return await self._garbled(hangs=False)
        purchase = self._take(ask)
        how = self._mood({"garbles": 10, "hangs": 4, "ends at once": 15, "calls back first": 10})
        if how in {"ends at once", "calls back first"}:
            self._end(purchase)
        if how == "calls back first":
            await self._tell(purchase)
        if how in {"garbles", "hangs"}:
            return await self._garbled(hangs=how == "hangs")
        if how == "ends at once":
            return self._says(purchase)
        return Accepted(purchase.supplier_no, cost_fen=purchase.cost_fen)

    async def query(self, ask: SupplyAsk, *, supplier_no: str | None) -> QueryAnswer:
        assert_no_transaction()
        purchase = self.purchases.get(ask.number)
        by_theirs = not self.abilities.asks_by_number
        if by_theirs and (purchase is None or supplier_no != purchase.supplier_no):
            return InDoubt("查询需要对方单号")
        what = self._mood({"garbles": 10, "hangs": 2, "lags": 8, "forgets": 6, "has amnesia": 3})
        if what in {"garbles", "hangs"}:
            return await self._garbled(hangs=what == "hangs")
        if purchase is None:
            return NotFound("订单不存在")
        is_young = self.world.shop.clock.now() - purchase.placed_at < SPREADS_WITHIN
        if (what == "forgets" and is_young) or (what == "has amnesia" and ask.number in self.accepted):
            return NotFound("订单不存在")
        if what == "lags":
            return Accepted(purchase.supplier_no, words="充值中")
        return self._says(purchase)

    def books(self, number: str) -> Purchase | None:
        """What a person finds who logs in there. A purchase that never ends is ended on their word."""
        purchase = self.purchases.get(number)
        if purchase is not None and purchase.state is State.RUNNING:
            self._end(purchase)
        return purchase

    def _take(self, ask: SupplyAsk) -> Purchase:
        purchase = Purchase(ask, f"{self.name}{len(self.purchases) + 1:06d}", self.world.shop.clock.now())
        purchase.cost_fen = ask.cost_max_fen - self.world.random.randrange(1 + ask.cost_max_fen // 4)
        if not self.honest and self.world.happens(0.03):
            purchase.cost_fen = ask.cost_max_fen + 17
        self.purchases[ask.number] = purchase
        if self.honest or self.world.happens(0.93):
            after = 1.0 if self.honest else self.world.random.choice([3, 20, 60, 400, 3000])
            self.world.later(after, lambda: self._finish(purchase))
        return purchase

    async def _finish(self, purchase: Purchase) -> None:
        if purchase.state is State.RUNNING:
            self._end(purchase)
            if not self.honest and self.world.happens(0.3):
                return
            for _ in range(self.world.random.choice([1, 1, 1, 2, 4])):
                self.world.later(self.world.random.choice([0, 0, 3, 90, 4000]), lambda: self._tell(purchase))

    def _end(self, purchase: Purchase) -> None:
        """Delivered, in part, or not at all; what did not arrive is not always refunded."""
        ending = "delivers" if self.honest else self._mood({"fails": 12, "half": 8}, otherwise="delivers")
        whole = purchase.whole
        purchase.state = {"fails": State.FAILED, "half": State.PARTLY}.get(ending, State.DELIVERED)
        if purchase.state is State.PARTLY and (whole == 1 or whole % 2):
            purchase.state = State.DELIVERED
        share = {State.FAILED: 0, State.PARTLY: whole // 2}.get(purchase.state, whole)
        if purchase.ask.goods in self.sells_codes:
            self._hand_out(purchase, share)
        else:
            purchase.delivered = share
        left = purchase.whole - share
        if left and self.world.happens(0.8):
            purchase.refund_fen = purchase.cost_fen * left // purchase.whole

    def _hand_out(self, purchase: Purchase, pieces: int) -> None:
        """Now and then one too many, one too few, or one that was sold before."""
        how = "" if self.honest else self._mood({"one more": 3, "one less": 3, "an old one": 3}, otherwise="")
        handed = {"one more": pieces + 1, "one less": max(1, pieces - 1)}.get(how, pieces) if pieces else 0
        fresh = [f"{self.name.upper()}{next(self.world.serial):09d}" for _ in range(handed)]
        old = [code for number in sorted(self.settled) for code in self.purchases[number].codes]
        if how == "an old one" and old and handed:
            fresh[-1] = self.world.random.choice(old)
            purchase.fresh = handed - 1
        else:
            purchase.fresh = handed
        purchase.codes = tuple(fresh)
        purchase.delivered = handed

    def _says(self, purchase: Purchase) -> Accepted | Delivered | Failed | Partly:
        number, cost_fen = purchase.supplier_no, purchase.cost_fen
        codes = tuple(Code(code) for code in purchase.codes)
        if purchase.state is State.RUNNING:
            return Accepted(number, words="充值中")
        if purchase.state is State.DELIVERED:
            return Delivered(number, codes, f"流水 {number}", cost_fen)
        refund_fen = purchase.refund_fen
        if purchase.state is State.FAILED:
            return Failed(Reason.OTHER, "充值失败", number, cost_fen, refund_fen)
        return Partly(purchase.delivered, "部分成功", number, codes, "", cost_fen, refund_fen)

    async def _tell(self, purchase: Purchase) -> None:
        if self.call_back is not None and self.abilities.callback is not CallbackTrust.NONE:
            says = self._says(purchase)
            number = None if self.world.happens(0.1) else purchase.ask.number
            await self.call_back(self, post_of(number, says, supplier_no=purchase.supplier_no))

    async def _garbled(self, *, hangs: bool) -> InDoubt:
        if hangs:
            await self.world.sleep(self.world.random.choice([5, 50, 200]))
        return InDoubt(self.world.random.choice(["no answer in time", "HTTP 502", "cut off: ReadError", "<html>"]))

    def _mood(self, percent: dict[str, int], *, otherwise: str = "fine") -> str:
        """On a bad half hour all of it is four times as frequent."""
        if self.honest:
            return otherwise
        half_hour = int(self.world.shop.clock.now().timestamp() // 1800)
        factor = 4 if (half_hour * 7 + len(self.name)) % 11 == 0 else 1
        dice = self.world.random.random() * 100
        for mood, share in percent.items():
            dice -= share * factor
            if dice < 0:
                self.did[mood] += 1
                return mood
        return otherwise
