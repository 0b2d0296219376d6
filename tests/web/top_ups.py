"""Products that top an account up, and a supplier who has some."""

from dataclasses import dataclass

from kameng.catalogue.edit import ProductDraft, SkuDraft, TypeDraft, save_product, save_sku, save_type
from kameng.catalogue.filling import Delivers, FilledBy
from kameng.catalogue.form import AccountForm, FieldKind, FormField
from tests.web.shopfront import PHONE, Shopfront, hidden

PATH = "/goods/top-up"
PRICE_FEN = 2985
STOCK = 3
PHONE_FORM: AccountForm = (FormField("account", FieldKind.PHONE, "充值手机号", confirm=True),)
GAME_FORM: AccountForm = (
    FormField("account", FieldKind.QQ, "QQ 号"),
    FormField("server", FieldKind.CHOICE, "区服", choices=("艾欧尼亚", "祖安")),
    FormField("role", FieldKind.ROLE, "角色名", hint="进入游戏后看到的名字", required=False),
)
PUT_SUPPLIER = """
INSERT INTO suppliers (code, name, protocol, config_sealed) VALUES ('north', '北方', 'scripted', '')
ON CONFLICT (code) DO UPDATE SET name = excluded.name RETURNING id
"""
PUT_GOODS = """
INSERT INTO supplier_goods (supplier_id, number, name, kind, price_fen, stock, on_sale, first_seen_at, seen_at)
VALUES ($1, $2, '直充', 'top_up', 2900, $3, true, $4, $4)
"""
PUT_ROUTE = "INSERT INTO routes (sku_id, supplier_id, goods, agreed_price_fen) VALUES ($1, $2, $3, 2900)"


@dataclass(frozen=True)
class TopUp:
    path: str
    slug: str
    sku_id: int

    def wish(self, **changes: str) -> dict[str, str]:
        """Of a form's fields; those of the account are written with a double underscore: account__server."""
        typed = {"sku": str(self.sku_id), "quantity": "1", "contact": PHONE, **changes}
        return {name.replace("__", "."): text for name, text in typed.items()}


async def a_top_up(shopfront: Shopfront, form: AccountForm = PHONE_FORM, *, slug: str = "phone") -> TopUp:
    draft = ProductDraft(slug, "top-up", f"直充 {slug}", form=form, delivers=Delivers.TOP_UP)
    async with shopfront.db.transaction() as tx:
        await save_type(tx, TypeDraft("top-up", "直充"))
        await save_product(tx, draft)
        sku_id = await save_sku(
            tx, SkuDraft(slug, "30 元", PRICE_FEN, quantity_max=5, filled_by=FilledBy.SUPPLIER, face_fen=None)
        )
        supplier_id = await tx.connection.fetchval(PUT_SUPPLIER)
        await tx.connection.execute(PUT_GOODS, supplier_id, slug, STOCK, tx.now)
        await tx.connection.execute(PUT_ROUTE, sku_id, supplier_id, slug)
    return TopUp(f"{PATH}/{slug}", slug, sku_id)


async def a_top_up_order(shopfront: Shopfront, goods: TopUp, **answers: str) -> str:
    """Through form and confirm page to an unpaid order; its number."""
    confirm = await shopfront.post(goods.path, goods.wish(**answers))
    assert confirm.status_code == 200, confirm.text
    placed = await shopfront.post("/orders", hidden(confirm.text) | {"terms_accepted": "yes"})
    assert placed.status_code == 303, placed.text
    return placed.headers["location"].rsplit("/", 1)[1]
