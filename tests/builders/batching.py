"""Batches under the clock that stands still: who asks for them, which orders they are about, and how they are carried
out."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from kameng.batches.batch import Action, BatchState
from kameng.batches.carry_out import carry_out_batches
from kameng.batches.choose import Filter, Pasted
from kameng.batches.confirm import confirm_batch
from kameng.batches.draw_up import Wish, draw_up
from kameng.batches.move import Word
from kameng.batches.one_by_one import Bench
from kameng.checkout.place_order import CheckoutRules
from kameng.kernel.database import Database
from kameng.orders.number import OrderId
from kameng.payment.request import RefundRules
from kameng.resubmission.desk import Desk
from kameng.resubmission.resubmission import ResubmissionRules
from kameng.staff.member import Staff
from kameng.staff.roles import Role
from kameng.supply.answer import Delivered
from tests.builders.dispatching import Bench as Supplied
from tests.builders.dispatching import codes, worked
from tests.builders.shop import Shop, a_paid_order, a_stocked_sku

WHY = "货源故障，统一处理"
HELD = "SELECT state FROM orders WHERE id = ANY($1)"
ITEMS = "SELECT order_id, state, why, result_id FROM order_batch_items WHERE batch_id = $1 ORDER BY place"


@dataclass
class Batches:
    """A shop, its staff, and what carries batches out."""

    shop: Shop
    refunds: RefundRules = field(default_factory=RefundRules)
    staff: dict[str, Staff] = field(default_factory=dict)

    def bench(self, db: Database | None = None) -> Bench:
        desk = Desk(
            db or self.shop.db, self.shop.keyring, self.shop.gateways, ResubmissionRules(), CheckoutRules()
        )  # fmt: skip
        return Bench(desk, self.refunds)

    async def person(self, login: str = "li", role: Role = Role.OWNER) -> Staff:
        if login not in self.staff:
            staff_id = await self.shop.db.pool.fetchval(
                "INSERT INTO staff (login, role, password_hash, created_at) VALUES ($1, $2, '', $3) RETURNING id",
                login, role, self.shop.clock.now(),
            )  # fmt: skip
            self.staff[login] = Staff(staff_id, login, role)
        return self.staff[login]

    async def word(self, login: str = "li", role: Role = Role.OWNER) -> Word:
        return Word(await self.person(login, role), WHY)

    async def drawn(
        self, action: Action, orders: Sequence[OrderId] | Filter, *, login: str = "li", role: Role = Role.OWNER
    ) -> int:
        chosen = orders if isinstance(orders, Filter) else Pasted(tuple(orders), ())
        wish = Wish(action, chosen, await self.person(login, role))
        return await draw_up(db=self.shop.db, rules=ResubmissionRules(), wish=wish)

    async def confirmed(self, batch_id: int, *, login: str = "li") -> BatchState:
        async with self.shop.db.transaction() as tx:
            return await confirm_batch(
                tx, batch_id=batch_id, word=await self._word(login), rules=self.refunds, cause="goods_faulty"
            )  # fmt: skip

    async def _word(self, login: str) -> Word:
        return Word(self.staff[login], WHY)

    async def started(self, action: Action, orders: Sequence[OrderId] | Filter, **who: object) -> int:
        batch_id = await self.drawn(action, orders, **who)  # type: ignore[arg-type]
        await self.confirmed(batch_id, login=str(who.get("login", "li")))
        return batch_id

    async def carried_out(self) -> None:
        while await carry_out_batches(self.bench()):
            pass

    async def state(self, batch_id: int) -> str:
        state: str = await self.shop.db.pool.fetchval("SELECT state FROM order_batches WHERE id = $1", batch_id)
        return state

    async def items(self, batch_id: int) -> list[tuple[object, object]]:
        """State and reason of each."""
        return [(row["state"], row["why"]) for row in await self.shop.rows(ITEMS, batch_id)]

    async def counted(self, batch_id: int) -> Counter[object]:
        return Counter(state for state, _ in await self.items(batch_id))


async def delivered_orders(shop: Shop, *, orders: int, price_fen: int = 1000) -> list[OrderId]:
    goods = await a_stocked_sku(shop, cards=orders, price_fen=price_fen)
    return [(await a_paid_order(shop, goods)).order_id for _ in range(orders)]


async def held_orders(shop: Shop, *, orders: int) -> list[OrderId]:
    """Paid a fen short, and under review."""
    goods = await a_stocked_sku(shop, cards=orders)
    return [(await a_paid_order(shop, goods, fen=999)).order_id for _ in range(orders)]


async def stuck_orders(bench: Supplied, *, orders: int) -> list[OrderId]:
    """Of two codes one came, and nobody is left who could deliver the other: the bench's order and more like it."""
    shop, found = bench.shop, [bench.order_id]
    for n in range(orders):
        if n:
            found.append((await a_paid_order(shop, bench.goods, quantity=2)).order_id)
        bench["north"].will("place", Delivered(codes=codes(f"A{n}"), cost_fen=900))
        await worked(bench.dispatcher)
    shop.clock.go_on(timedelta(minutes=1))
    return found
