"""Who acts where suppliers fill the orders: buyers with accounts, dispatchers that die, and a desk that looks things up
in the suppliers' own books."""

from dataclasses import dataclass, field, replace
from typing import Any

from kameng.fulfilment.decide_attempt import Finding, decide_attempt
from kameng.fulfilment.hear_supplier import hear_supplier
from kameng.fulfilment.open_delivery import open_delivery
from kameng.fulfilment.route_again import route_again
from kameng.invariants.check import check_invariants
from kameng.kernel.errors import Refusal
from kameng.orders.number import OrderId
from kameng.supply.supplier import CallbackTrust, Post
from kameng.supply.suppliers import Suppliers
from tests.builders.dispatching import a_top_up_order, a_top_up_sku
from tests.builders.refunds import request_refund
from tests.builders.shop import Goods, Shop
from tests.builders.supplier import Depot, ScriptedSupplier, a_depot, a_route, a_supplied_sku, some_goods
from tests.simulation.people import STAFF, Buyer
from tests.simulation.suppliers import Moody, State
from tests.simulation.world import Crash, World

REFRESH = "UPDATE suppliers SET synced_at = $1"
TROUBLE = """
INSERT INTO troubles (supplier_id, kind, opened_at, expected_until, probe_at)
VALUES ($1, $2, $3, $3::timestamptz + interval '20 minutes', $3) ON CONFLICT DO NOTHING
"""
RECOVER = "UPDATE troubles SET closed_at = $1 WHERE closed_at IS NULL"
STUCK = """
SELECT a.id, a.number, a.state, s.code, a.called_at FROM delivery_attempts a
JOIN deliveries d ON d.id = a.delivery_id JOIN suppliers s ON s.id = a.supplier_id
WHERE d.state = 'stuck' AND a.state IN ('placed', 'in_doubt') ORDER BY a.id
"""
LEFT = """
SELECT d.order_id FROM deliveries d WHERE d.state = 'stuck' AND d.order_id IS NOT NULL AND NOT EXISTS (
    SELECT FROM delivery_attempts a WHERE a.delivery_id = d.id AND a.state IN ('calling', 'placed', 'in_doubt'))
"""
RESTOCKING = "SELECT id FROM deliveries WHERE order_id IS NULL AND state IN ('open', 'stuck')"
KNOWN = """
SELECT s.code, a.number, a.state FROM delivery_attempts a JOIN suppliers s ON s.id = a.supplier_id
WHERE a.placed_at IS NOT NULL OR a.state IN ('delivered', 'partly')
"""


@dataclass
class SuppliedWorld:
    """The world, its suppliers by code, and for each process the suppliers as it sees them."""

    world: World
    depot: Depot
    moody: dict[str, Moody]
    suppliers: dict[int, Suppliers]
    top_ups: frozenset[int]

    def seen_by(self, process: Shop) -> Suppliers:
        return self.suppliers[id(process)]


async def a_supplied_world(world: World) -> SuppliedWorld:
    """Four suppliers of all kinds, and goods that each of them sells in its own measure."""
    depot = await a_depot(world.shop, "north", "south", "east", "west")
    moody = {code: Moody(code, world=world) for code in depot.scripted}
    depot.scripted.clear()
    depot.scripted.update(moody)
    codes_by_one, codes = await a_supplied_sku(world.shop), await a_supplied_sku(world.shop, price_fen=990)
    faces, pieces = await a_top_up_sku(world.shop, face_fen=10000), await a_top_up_sku(world.shop, price_fen=2000)
    for code, trust, pieces_at_once, asks_by_number in (
        ("north", CallbackTrust.FINAL, 1, True),
        ("south", CallbackTrust.HINT, 10, True),
        ("east", CallbackTrust.NONE, 3, True),
        ("west", CallbackTrust.FINAL, 10, False),
    ):
        one = moody[code]
        one.abilities = replace(
            one.abilities, callback=trust, quantity_max=pieces_at_once, asks_by_number=asks_by_number
        )
        one.sells_codes = frozenset({"1", "2"})
    routes: tuple[tuple[Goods, str, str, dict[str, Any]], ...] = (
        (codes_by_one, "north", "1", {}),
        (codes_by_one, "south", "1", {"priority": 1, "again": 1}),
        (codes, "west", "2", {"weight": 3}),
        (codes, "east", "2", {"weight": 2}),
        (codes, "south", "2", {"priority": 2}),
        (faces, "east", "3", {"face_fen": 10000}),
        (faces, "south", "4", {"face_fen": 5000, "priority": 1, "again": 2}),
        (pieces, "north", "5", {}),
        (pieces, "west", "5", {"priority": 1}),
    )
    for goods, code, number, columns in routes:
        price_fen = goods.price_fen * 8 // 10 // (2 if columns.get("face_fen") == 5000 else 1)
        await a_route(depot, goods.sku_id, code, some_goods(number, price_fen=price_fen), **columns)
    world.goods = [codes_by_one, codes, faces, pieces]
    makers = {"scripted": lambda config: moody[config["name"]]}
    suppliers = {id(process): Suppliers(process.db, process.keyring, makers) for process in world.processes}
    supplied = SuppliedWorld(world, depot, moody, suppliers, frozenset({faces.sku_id, pieces.sku_id}))
    for one in moody.values():
        one.call_back = Postman(supplied).deliver
    return supplied


@dataclass
class AccountBuyer(Buyer):
    """Tells what is to be topped up where that is asked for."""

    top_ups: frozenset[int] = frozenset()

    async def place(self, goods: Goods, *, quantity: int, key: str) -> OrderId:
        if goods.sku_id not in self.top_ups:
            return await super().place(goods, quantity=quantity, key=key)
        placed = await a_top_up_order(self.world.process(), goods, quantity=quantity, contact=self.contact, key=key)
        return placed.order_id


@dataclass
class Postman:
    """Carries callbacks until they are acknowledged, or it has had enough; some are forged on the way."""

    supplied: SuppliedWorld

    async def deliver(self, supplier: ScriptedSupplier, post: Post, *, tries: int = 0) -> None:
        world, process = self.supplied.world, self.supplied.world.process()
        is_forged = world.happens(0.03)
        sent = replace(post, headers={"x-sign": "wrong"}) if is_forged else post
        accepted = False
        try:
            heard = await hear_supplier(
                db=process.db, keyring=process.keyring, suppliers=self.supplied.seen_by(process),
                supplier_code=supplier.name, post=sent,
            )  # fmt: skip
            accepted = heard.accepted
            assert not (accepted and is_forged)
        except Crash:
            world.happened["crash"] += 1
        if not accepted and tries < 4:
            world.later(30 * 4**tries, lambda: self.deliver(supplier, post, tries=tries + 1))


@dataclass
class BackOffice:
    """Looks up what is stuck in the suppliers' own books, and decides what to do about the rest."""

    supplied: SuppliedWorld

    async def decide(self) -> None:
        world = self.supplied.world
        for row in await world.shop.rows(STUCK):
            purchase = self.supplied.moody[str(row["code"])].books(str(row["number"]))
            codes = purchase.codes if purchase else ()
            # A code that was sold to us before is none.
            is_there = purchase is not None and purchase.state is not State.FAILED and (not codes or purchase.fresh > 0)
            if purchase is not None and purchase.state is State.PARTLY and not codes:
                # A person can't say "half of it": the supplier is made to say so itself.
                await self._ask_again(int(str(row["id"])), str(row["code"]))
                continue
            await self._say(int(str(row["id"])), Finding(is_there, "看过货源后台", codes=codes if is_there else ()))
        for row in await world.shop.rows(LEFT):
            verb = route_again if world.happens(0.6) else request_refund
            try:
                async with world.process().db.transaction() as tx:
                    await verb(tx, order_id=OrderId(int(str(row["order_id"]))), actor=STAFF, reason="联系过货源")
                world.happened[verb.__name__] += 1
            except Refusal:
                world.happened["decided too late"] += 1

    async def _ask_again(self, attempt_id: int, code: str) -> None:
        async with self.supplied.world.shop.db.transaction() as tx:
            await tx.connection.execute(
                "UPDATE delivery_attempts SET ask_at = $2, supplier_no = coalesce(supplier_no, $3) WHERE id = $1",
                attempt_id, tx.now, await self._number_there(attempt_id, code),
            )  # fmt: skip

    async def _number_there(self, attempt_id: int, code: str) -> str:
        [row] = await self.supplied.world.shop.rows("SELECT number FROM delivery_attempts WHERE id = $1", attempt_id)
        return self.supplied.moody[code].purchases[str(row["number"])].supplier_no

    async def _say(self, attempt_id: int, finding: Finding) -> None:
        process = self.supplied.world.process()
        try:
            await decide_attempt(
                db=process.db, keyring=process.keyring, suppliers=self.supplied.seen_by(process),
                attempt_id=attempt_id, finding=finding, login="wang",
            )  # fmt: skip
            self.supplied.world.happened["decided"] += 1
        except Refusal:
            self.supplied.world.happened["decided too late"] += 1


@dataclass
class Overseer:
    """Keeps the catalogue fresh, troubles coming and going, and looks whether all is well at every moment."""

    supplied: SuppliedWorld
    found: list[str] = field(default_factory=list)

    async def look(self) -> None:
        world, now = self.supplied.world, self.supplied.world.shop.clock.now()
        for row in await world.shop.rows(KNOWN):
            supplier = self.supplied.moody[str(row["code"])]
            known = supplier.accepted if row["state"] in {"placed", "in_doubt"} else supplier.settled
            known.add(str(row["number"]))
        # Jobs and payments are late here as they like; this is about suppliers.
        self.found += [
            f"{now:%H:%M} {violation}"
            for violation in await check_invariants(world.shop.db, now=now)
            if violation.name not in {"sweeps_asleep", "payments_forgotten", "paid_and_forgotten"}
        ]

    async def refresh(self) -> None:
        world = self.supplied.world
        async with world.shop.db.transaction() as tx:
            await tx.connection.execute(REFRESH, tx.now)
            if world.happens(0.1):
                supplier = world.random.choice(list(self.supplied.depot.ids.values()))
                kind = world.random.choice(["failing", "slow", "silent"])
                await tx.connection.execute(TROUBLE, supplier, kind, tx.now)
            elif world.happens(0.3):
                await tx.connection.execute(RECOVER, tx.now)

    async def restock(self) -> None:
        """Codes for our own vault, one purchase at a time."""
        if await self.supplied.world.shop.rows(RESTOCKING):
            return
        async with self.supplied.world.process().db.transaction() as tx:
            await open_delivery(tx, order_id=None, sku_id=self.supplied.world.goods[0].sku_id, owed=3)
