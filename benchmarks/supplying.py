"""Suppliers for dispatch to be measured against: the sandbox's own, each a process; and orders that wait for them."""

import asyncio
import json
import random
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from benchmarks.stage import Shop
from benchmarks.waiting import wait_until
from kameng.adapters.http import HttpClient
from kameng.adapters.suppliers.table import supplier_makers
from kameng.catalogue.edit import ProductDraft, SkuDraft, TypeDraft, save_product, save_sku, save_type
from kameng.catalogue.filling import Delivers, FilledBy
from kameng.catalogue.form import FieldKind, FormField
from kameng.journey import FOLLOWING
from kameng.kernel.clock import SystemClock
from kameng.kernel.database import Database, Transaction, open_pool
from kameng.kernel.free_ports import free_ports
from kameng.kernel.supervisor import listens
from kameng.orders.account import MAIN, Account, Answer
from kameng.orders.advance import advance
from kameng.orders.lifecycle import SYSTEM, PaymentConfirmed
from kameng.orders.number import OrderId
from kameng.orders.order import ContactKind, NewOrder
from kameng.orders.place import place
from kameng.supply.add_supplier import SupplierDraft, add_supplier
from kameng.supply.edit_route import RouteDraft, save_route
from kameng.supply.supplier import Supplier as Port
from kameng.web.sandbox.suppliers.course import Course
from kameng.web.sandbox.suppliers.serve import Staging, serve_supplier
from kameng.web.sandbox.suppliers.wares import Ware

KEY = "bench"
USER_ID = "10001"
GOODS = "1001"
FACE_FEN, PRICE_FEN = 10_00, 9_50
KNOWN_GOODS = "SELECT count(*) FROM supplier_goods g JOIN suppliers s ON s.id = g.supplier_id WHERE s.code = '{}'"
_TYPE = TypeDraft("bench-top-up", "压力测试直充", 99)
_FORM = (FormField(MAIN, FieldKind.PHONE, "手机号"),)


@dataclass(frozen=True)
class Supplier:
    """A sandbox supplier at work on this port, and the sku only it fills. Orders end only when they are told to."""

    code: str
    port: int
    sku_id: int
    pid: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    @property
    def config(self) -> dict[str, str]:
        return {"base_url": self.url, "userid": USER_ID, "key": KEY}

    def control(self, string: str, **what: object) -> None:
        body = json.dumps(what).encode()
        asked = urllib.request.Request(
            f"{self.url}control/{string}", data=body, headers={"content-type": "application/json"}
        )
        urllib.request.urlopen(asked, timeout=30).read()


@contextmanager
def a_supplier(shop: Shop, code: str) -> Iterator[Supplier]:
    """Stopped at the end. It keeps its books in memory, and has all the money and goods in the world."""
    port = free_ports()[0]
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.supplying", str(port)])
    try:
        wait_until(lambda: listens(port), what=f"supplier {code}")
        sku_id = asyncio.run(_introduce(shop, code, port))
        wait_until(lambda: asyncio.run(count(shop.url, KNOWN_GOODS.format(code))) > 0, what=f"goods of {code}")
        yield Supplier(code, port, sku_id, process.pid)
    finally:
        process.terminate()
        process.wait()


async def _introduce(shop: Shop, code: str, port: int) -> int:
    """A sku that this supplier alone fills."""
    config = {"base_url": f"http://127.0.0.1:{port}/", "userid": USER_ID, "key": KEY}
    draft = SupplierDraft(code, code, "yrapi", config, calls_at_once=1000)
    async with HttpClient() as http, await open_pool(shop.url) as pool:
        db = Database(pool, following=FOLLOWING)
        async with db.transaction() as tx:
            await add_supplier(tx, shop.keyring, supplier_makers(http, db.clock), draft)
            await save_type(tx, _TYPE)
            product = ProductDraft(code, _TYPE.slug, code, form=_FORM, delivers=Delivers.TOP_UP)
            await save_product(tx, product)
            sku = SkuDraft(code, "10 元", FACE_FEN, filled_by=FilledBy.SUPPLIER, face_fen=FACE_FEN)
            sku_id = await save_sku(tx, sku)
            await save_route(tx, RouteDraft(sku_id, code, GOODS, face_fen=FACE_FEN, agreed_price_fen=PRICE_FEN))
    return sku_id


async def count(url: str, statement: str) -> int:
    async with await open_pool(url, size=1) as pool:
        found: int = await pool.fetchval(statement)
        return found


async def paid_orders(shop: Shop, *sku_ids: int) -> list[OrderId]:
    """An order for each sku named, all paid in one transaction: the worker finds them all at once."""
    async with await open_pool(shop.url) as pool:
        db = Database(pool, following=FOLLOWING)
        async with db.transaction() as tx:
            versions = {sku_id: await _version(tx, sku_id) for sku_id in set(sku_ids)}
            return [await _paid_order(tx, shop, sku_id, versions[sku_id]) for sku_id in sku_ids]


async def _version(tx: Transaction, sku_id: int) -> int:
    version_id: int = await tx.connection.fetchval("SELECT max(id) FROM sku_versions WHERE sku_id = $1", sku_id)
    return version_id


async def _paid_order(tx: Transaction, shop: Shop, sku_id: int, version_id: int) -> OrderId:
    phone = f"13{random.randrange(10**9):09d}"
    new = NewOrder(
        site_id=1, sku_id=sku_id, sku_version_id=version_id, quantity=1, unit_price_fen=FACE_FEN,
        contact_kind=ContactKind.PHONE, contact=phone, client_address=None, pay_until=tx.now + timedelta(minutes=15),
    )  # fmt: skip
    account = Account((Answer(MAIN, "手机号", phone),), operator="mobile", province="广东")
    order = await place(tx, shop.keyring, new, account=account)
    await advance(tx, order, PaymentConfirmed(SYSTEM))
    return order.id


def adapter_of(supplier: Supplier, http: HttpClient) -> Port:
    """The very adapter the worker uses."""
    return supplier_makers(http, SystemClock())["yrapi"](supplier.config)


def _serve(port: int) -> None:
    ware = Ware(GOODS, "话费 10 元", PRICE_FEN, face_fen=FACE_FEN)
    staging = Staging({"userid": USER_ID, "key": KEY}, (ware,), balance_fen=10**12, usual=Course(None), pauses_s=(0.0,))
    serve_supplier("yrapi", staging, host="127.0.0.1", port=port)


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
