"""A small shop with a gateway that only the tests know: orders paid in full, paid short, or not at all."""

from collections.abc import Mapping
from dataclasses import dataclass

from kameng.adapters.gateways.table import gateway_makers
from kameng.adapters.http import HttpClient
from kameng.catalogue.edit import ProductDraft, SkuDraft, TypeDraft, save_product, save_sku, save_type
from kameng.checkout.place_order import CheckoutRules, Wish, place_order
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.orders import number
from kameng.orders.number import OrderId
from kameng.payment.add_gateway import GatewayDraft, add_gateway
from kameng.payment.attempt import HeardFrom
from kameng.payment.confirm import confirm
from kameng.payment.gateway import Paid
from kameng.payment.gateways import Gateways
from kameng.sites.save_site import save_site
from kameng.sites.site import NewSite
from tests.stock.builders import some_cards

PHONE = "13800138000"
SECRET_KEY = "a-merchant-key-nobody-may-see"
PRICE_FEN = 1000
CODES = ("AAAA-1111-BBBB", "CCCC-2222-DDDD", "EEEE-3333-FFFF")
CONFIG: Mapping[str, str] = {"base_url": "https://pay.example.com/", "pid": "1001", "key": SECRET_KEY}


@dataclass
class Shop:
    db: Database
    keyring: Keyring
    site_id: int
    sku_id: int

    async def order(
        self, *, contact: str = PHONE, quantity: int = 1, account: Mapping[str, str] | None = None
    ) -> OrderId:
        """Placed, not paid."""
        wish = Wish(self.site_id, self.sku_id, quantity, contact, PRICE_FEN, terms_accepted=True,
                    client_address="198.51.100.4", account=account or {})  # fmt: skip
        rules = CheckoutRules(open_orders_max=50)
        return (await place_order(db=self.db, keyring=self.keyring, rules=rules, wish=wish)).order_id

    async def paid(self, *, paid_fen: int = PRICE_FEN, contact: str = PHONE, trade_no: str = "") -> OrderId:
        """Paid with this much; delivered if that was enough and cards were there."""
        order_id = await self.order(contact=contact)
        attempt_id = await self._attempt(order_id)
        async with HttpClient() as http:
            channel = await Gateways(self.db, self.keyring, gateway_makers(http)).named("epay")
            paid = Paid(f"P{attempt_id}", trade_no or f"T{attempt_id}", paid_fen)
            await confirm(db=self.db, channel=channel, attempt_id=attempt_id, paid=paid, heard_from=HeardFrom.NOTIFY)
        return order_id

    async def _attempt(self, order_id: OrderId) -> int:
        async with self.db.transaction() as tx:
            attempt_id: int = await tx.connection.fetchval(
                "WITH a AS (INSERT INTO payment_attempts (id, gateway_id, method, state, amount_fen, started_at)"
                " SELECT $1, g.id, 'alipay', 'started', $2, $3 FROM gateways g RETURNING id)"
                " INSERT INTO payment_attempt_orders SELECT a.id, $4, $2 FROM a RETURNING attempt_id",
                number.draw(tx.now), PRICE_FEN, tx.now, order_id,
            )  # fmt: skip
        return attempt_id

    async def stuck_refund(self, order_id: OrderId, *, cause: str = "paid_too_much", amount_fen: int = 1) -> int:
        """The id of a refund the gateway refused, which nobody tries again by itself."""
        refund_id: int = await self.db.pool.fetchval(
            "INSERT INTO refunds (receipt_id, order_id, amount_fen, state, cause, answer, tries, requested_at)"
            " SELECT r.id, $1, $2, 'refused', $3, '余额不足', 5, r.received_at"
            " FROM receipts r JOIN payment_attempt_orders p USING (attempt_id) WHERE p.order_id = $1 RETURNING id",
            order_id, amount_fen, cause,
        )  # fmt: skip
        return refund_id

    async def stock(self, *codes: str) -> None:
        await some_cards(self.db, self.keyring, self.sku_id, codes)

    async def state_of(self, order_id: OrderId) -> str:
        state: str = await self.db.pool.fetchval("SELECT state FROM orders WHERE id = $1", order_id)
        return state


async def open_shop(db: Database, keyring: Keyring) -> Shop:
    """One site, one face value at ten yuan with three cards, one gateway."""
    site_id = await save_site(db=db, new=NewSite("haicheng", "海城", "#0a7f5a"))
    async with HttpClient() as http, db.transaction() as tx:
        await save_type(tx, TypeDraft("games", "游戏点卡"))
        await save_product(tx, ProductDraft("qb", "games", "Q币", usage_note="在充值页输入卡密"))
        sku_id = await save_sku(tx, SkuDraft("qb", "10元", PRICE_FEN, position=3))
        await add_gateway(
            tx, keyring, gateway_makers(http),
            GatewayDraft("epay", "易支付", "epay_v1", ("alipay",), CONFIG, position=7),
        )  # fmt: skip
    shop = Shop(db, keyring, site_id, sku_id)
    await shop.stock(*CODES)
    return shop
