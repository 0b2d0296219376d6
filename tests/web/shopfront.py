"""A shop over HTTP: the whole application on a real database, two sites, one product, and a gateway of our own."""

import base64
import re
from dataclasses import dataclass
from html import unescape
from typing import Any

import httpx
from litestar import Litestar

from kameng.adapters.gateways.table import gateway_makers
from kameng.adapters.http import HttpClient
from kameng.catalogue.edit import ProductDraft, SkuDraft, TypeDraft, save_product, save_sku, save_type
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.payment.add_gateway import GatewayDraft, add_gateway
from kameng.sites.save_site import save_site
from kameng.sites.site import NewSite
from kameng.web.sandbox.serve import Running
from tests.stock.builders import some_cards

PHONE = "13800138000"
PRICE_FEN = 9310
CODES = ("AAAA-1111", "BBBB-2222", "CCCC-3333")
PRODUCT = "/goods/game-cards/honor-of-kings"
_TOKEN = re.compile(r'name="_csrf_token" value="([^"]+)"')
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
_REFERENCE = re.compile(r"/pay/(\d+)")


def keys_of(keyring: Keyring) -> str:
    return f"test:{base64.b64encode(keyring.roots['test']).decode()}"


@dataclass
class Shopfront:
    """A visitor with cookies. Redirects are not followed unless asked for."""

    client: httpx.AsyncClient
    app: Litestar
    db: Database
    sku_id: int
    sandbox: Running

    async def get(self, path: str, **more: Any) -> httpx.Response:
        answer: httpx.Response = await self.client.get(path, **{"follow_redirects": False, **more})
        return answer

    async def post(self, path: str, fields: dict[str, Any] | None = None, **more: Any) -> httpx.Response:
        """A form with its token, as from a page that was opened before."""
        if "form_token" not in self.client.cookies:
            await self.get("/q")
        data = {"_csrf_token": self.client.cookies["form_token"], **(fields or {})}
        answer: httpx.Response = await self.client.post(path, data=data, **{"follow_redirects": False, **more})
        return answer

    def wish(self, **changes: str) -> dict[str, str]:
        return {"sku": str(self.sku_id), "quantity": "1", "contact": PHONE, **changes}

    async def ordered(self, **changes: str) -> str:
        """Through form and confirm page to an unpaid order; its number."""
        confirm = await self.post(PRODUCT, self.wish(**changes))
        assert confirm.status_code == 200, confirm.text
        fields = hidden(confirm.text) | {"terms_accepted": "yes"}
        placed = await self.post("/orders", fields)
        assert placed.status_code == 303, placed.text
        return placed.headers["location"].rsplit("/", 1)[1]

    async def paid(self, order_no: str) -> httpx.Response:
        """Chooses how to pay, pays, and brings the gateway's notify; what the notify was answered."""
        await self.post(f"/orders/{order_no}/payments", {"way": "sandbox:alipay"})
        return await self.notified()

    async def notified(self) -> httpx.Response:
        """The payment that was started last is paid; what its notify was answered."""
        room = self.sandbox.room
        out_trade_no = await self.db.pool.fetchval("SELECT 'P' || max(id) FROM payment_attempts")
        order = room.desk.books.order(out_trade_no)
        assert order is not None
        notice = room.notice_of(order, room.desk.collect(order))
        return await self.get("/callbacks/sandbox", params=dict(notice.fields))

    async def state_of(self, order_no: str) -> str:
        state: str = await self.db.pool.fetchval("SELECT state FROM orders WHERE id = $1", int(order_no[:18]))
        return state

    async def count(self, table: str) -> int:
        number: int = await self.db.pool.fetchval(f"SELECT count(*) FROM {table}")
        return number


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of a page, for a visitor without a browser."""
    return {name: unescape(value) for name, value in _HIDDEN.findall(page)}


async def fill(db: Database, keyring: Keyring, sandbox: Running) -> int:
    """Two sites, a product with one face value and three codes, the gateway; the face value's id."""
    for code, name, host, colour in (("haicheng", "海城卡盟", "testserver.local", "#0b6bcb"),
                                     ("wanbao", "万宝卡盟", "wanbao.localhost", "#b4232a")):  # fmt: skip
        await save_site(db=db, new=NewSite(code, name, colour, hosts=(host,), notice=f"{name}公告",
                                           icp_number="演示ICP备1号", position=len(code)))  # fmt: skip
    async with db.transaction() as tx:
        await save_type(tx, TypeDraft("game-cards", "游戏点卡"))
        await save_product(tx, ProductDraft("honor-of-kings", "game-cards", "王者荣耀点券卡", "全区全服", "游戏内兑换",
                                            ("农药",), pinned=True))  # fmt: skip
        sku_id = await save_sku(tx, SkuDraft("honor-of-kings", "980 点", PRICE_FEN, quantity_max=5))
        async with HttpClient() as http:
            config = {"base_url": sandbox.url, "pid": sandbox.merchant.pid, "key": sandbox.merchant.key}
            draft = GatewayDraft("sandbox", "沙箱支付", "epay_v1", ("alipay", "wxpay"), config)
            await add_gateway(tx, keyring, gateway_makers(http), draft)
    await some_cards(db, keyring, sku_id, CODES)
    return sku_id
