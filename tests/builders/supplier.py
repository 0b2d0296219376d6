"""Suppliers that do as they are told, and skus that are filled by them."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import msgspec

from kameng.supply.add_supplier import SupplierDraft, add_supplier
from kameng.supply.answer import (
    Accepted,
    Balance,
    CancelAnswer,
    CancelAsked,
    ComplaintFiled,
    Delivered,
    Failed,
    InDoubt,
    Partly,
    PlaceAnswer,
    QueryAnswer,
    Reason,
    Refused,
)
from kameng.supply.goods import Catalogue, Goods, GoodsKind
from kameng.supply.supplier import Abilities, Callback, CallbackTrust, Forged, LossGuard, Post, Repeat, Reply, SupplyAsk
from kameng.supply.suppliers import Suppliers
from tests.builders.shop import Goods as StockedGoods
from tests.builders.shop import Shop, a_stocked_sku

ABILITIES = Abilities(repeat=Repeat.REFUSED, loss_guard=LossGuard.TOTAL, callback=CallbackTrust.HINT)
SIGNED = "genuine"


@dataclass
class ScriptedSupplier:
    """Implements the port. `will("place", Refused(…), InDoubt(…))` queues answers of one method.

    A queued exception is raised; a queued asyncio.Event is waited for, and the answer after it is given. With nothing
    queued: orders are accepted, questions are answered with Accepted, goods and catalogue come from `shelf`. What was
    asked stands in `placed`, `queried` and `calls`.
    """

    name: str
    abilities: Abilities = ABILITIES
    shelf: dict[str, Goods] = field(default_factory=dict)
    balance_fen: int = 1_000_000
    placed: list[SupplyAsk] = field(default_factory=list)
    queried: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    told: list[tuple[object, ...]] = field(default_factory=list)
    acknowledgement: Reply = field(default_factory=lambda: Reply("ok"))
    rejection: Reply = field(default_factory=lambda: Reply("fail", status=400))
    #: Set when an answer has to be waited for.
    hanging: asyncio.Event = field(default_factory=asyncio.Event)
    script: dict[str, deque[object]] = field(default_factory=lambda: defaultdict(deque))

    def will(self, method: str, *answers: object) -> None:
        self.script[method].extend(answers)

    def sells(self, *goods: Goods) -> None:
        self.shelf |= {one.number: one for one in goods}

    def changes(self, number: str, **changes: Any) -> None:
        self.shelf[number] = replace(self.shelf[number], **changes)

    async def place(self, ask: SupplyAsk) -> PlaceAnswer:
        self.placed.append(ask)
        answer: PlaceAnswer = await self._answer("place", Accepted(supplier_no=f"{self.name}-{len(self.placed)}"))
        return answer

    async def query(self, ask: SupplyAsk, *, supplier_no: str | None) -> QueryAnswer:
        self.queried.append(ask.number)
        answer: QueryAnswer = await self._answer("query", Accepted(supplier_no=supplier_no))
        return answer

    async def cancel(self, ask: SupplyAsk, *, supplier_no: str | None) -> CancelAnswer:
        answer: CancelAnswer = await self._answer("cancel", CancelAsked(), ask, supplier_no)
        return answer

    async def complain(
        self, ask: SupplyAsk, *, supplier_no: str | None, words: str
    ) -> ComplaintFiled | Refused | InDoubt:
        answer: ComplaintFiled | Refused | InDoubt = await self._answer(
            "complain", ComplaintFiled("C1"), ask, supplier_no, words
        )
        return answer

    async def balance(self) -> Balance | Refused | InDoubt:
        answer: Balance | Refused | InDoubt = await self._answer("balance", Balance(self.balance_fen))
        return answer

    async def catalogue(self) -> Catalogue | Refused | InDoubt:
        answer: Catalogue | Refused | InDoubt = await self._answer("catalogue", Catalogue(tuple(self.shelf.values())))
        return answer

    async def goods(self, number: str) -> Goods | Refused | InDoubt:
        gone = Refused(Reason.GOODS_GONE, "no such goods")
        answer: Goods | Refused | InDoubt = await self._answer("goods", self.shelf.get(number, gone))
        return answer

    def read_callback(self, post: Post) -> Callback:
        """As `post_of` writes it."""
        if post.headers.get("x-sign") != SIGNED:
            raise Forged
        told = msgspec.json.decode(post.body)
        kinds: Mapping[str | None, Any] = {
            "Accepted": Accepted, "Delivered": Delivered, "Failed": Failed, "Partly": Partly, None: None,
        }  # fmt: skip
        kind = kinds[told["kind"]]
        says = msgspec.convert(told["says"], kind) if kind else None
        return Callback(number=told["number"], supplier_no=told["supplier_no"], says=says)

    async def _answer(self, method: str, otherwise: Any, *told: object) -> Any:
        self.calls.append(method)
        self.told.append(told)
        queue = self.script[method]
        answer = queue.popleft() if queue else otherwise
        while isinstance(answer, asyncio.Event):
            self.hanging.set()
            await answer.wait()
            answer = queue.popleft() if queue else otherwise
        if isinstance(answer, BaseException):
            raise answer
        return answer


def post_of(
    number: str | None, says: Accepted | Delivered | Failed | Partly | None = None,
    *, supplier_no: str | None = None, sign: str = SIGNED,
) -> Post:  # fmt: skip
    """A callback as a scripted supplier sends it."""
    told = {
        "number": number, "supplier_no": supplier_no, "kind": type(says).__name__ if says else None, "says": says,
    }  # fmt: skip
    return Post(query={}, headers={"x-sign": sign}, body=msgspec.json.encode(told))


def some_goods(number: str = "100", *, price_fen: int = 900, stock: int | None = None, **others: Any) -> Goods:
    told = {"name": f"商品{number}", "kind": GoodsKind.CODE, **others}
    return Goods(number=number, price_fen=price_fen, stock=stock, **told)


@dataclass
class Depot:
    """Scripted suppliers by code, configured in the shop's database."""

    shop: Shop
    suppliers: Suppliers
    scripted: dict[str, ScriptedSupplier]
    ids: dict[str, int]

    def __getitem__(self, code: str) -> ScriptedSupplier:
        return self.scripted[code]


async def a_depot(shop: Shop, *codes: str, **changes: Any) -> Depot:
    """Suppliers with these codes; `changes` go to their SupplierDraft."""
    codes = codes or ("north",)
    scripted = {code: ScriptedSupplier(code) for code in codes}
    makers = {"scripted": lambda config: scripted[config["name"]]}
    ids = {}
    for position, code in enumerate(codes):
        draft = SupplierDraft(code, code.title(), "scripted", {"name": code}, position=position)
        async with shop.db.transaction() as tx:
            ids[code] = await add_supplier(tx, shop.keyring, makers, replace(draft, **changes))
    return Depot(shop, Suppliers(shop.db, shop.keyring, makers), scripted, ids)


FILL_BY_SUPPLIER = "UPDATE skus SET filled_by = 'supplier', face_fen = $2 WHERE id = $1"
PUT_GOODS = """
INSERT INTO supplier_goods (supplier_id, number, name, kind, price_fen, stock, on_sale, face_fen, quantity_min,
                            quantity_max, first_seen_at, seen_at, category)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $12)
ON CONFLICT (supplier_id, number) DO UPDATE SET price_fen = excluded.price_fen, stock = excluded.stock,
    on_sale = excluded.on_sale, seen_at = excluded.seen_at
"""
PUT_ROUTE = "INSERT INTO routes ({}) VALUES ({}) RETURNING id"


async def a_supplied_sku(
    shop: Shop, *, price_fen: int = 1000, face_fen: int | None = None, name: str = "直充"
) -> StockedGoods:
    """A product with one face value that is filled by suppliers; no route yet."""
    goods = await a_stocked_sku(shop, cards=0, price_fen=price_fen, name=name)
    async with shop.db.transaction() as tx:
        await tx.connection.execute(FILL_BY_SUPPLIER, goods.sku_id, face_fen)
    return goods


async def put_on_shelf(depot: Depot, code: str, *goods: Goods, seen_at: datetime | None = None) -> None:
    """On the supplier's shelf, and known to us as if read just now (or at `seen_at`)."""
    depot[code].sells(*goods)
    async with depot.shop.db.transaction() as tx:
        for one in goods:
            await tx.connection.execute(
                PUT_GOODS, depot.ids[code], one.number, one.name, one.kind, one.price_fen, one.stock, one.on_sale,
                one.face_fen, one.quantity_min, one.quantity_max, seen_at or tx.now, one.category,
            )  # fmt: skip


async def a_route(depot: Depot, sku_id: int, code: str = "north", goods: Goods | None = None, **values: Any) -> int:
    """A route over these goods, which are put on the shelf; `values` are columns of the route."""
    goods = goods or some_goods()
    await put_on_shelf(depot, code, goods)
    row = {
        "sku_id": sku_id, "supplier_id": depot.ids[code], "goods": goods.number, "agreed_price_fen": goods.price_fen,
        **values,
    }  # fmt: skip
    statement = PUT_ROUTE.format(", ".join(row), ", ".join(f"${n}" for n in range(1, len(row) + 1)))
    async with depot.shop.db.transaction() as tx:
        route_id: int = await tx.connection.fetchval(statement, *row.values())
    return route_id
