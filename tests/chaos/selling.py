"""What emulated suppliers have, on sale in our shop."""

from dataclasses import replace

from kameng.catalogue.edit import ProductDraft, SkuDraft, TypeDraft, save_product, save_sku, save_type
from kameng.catalogue.filling import Delivers, FilledBy
from kameng.catalogue.form import FieldKind, FormField
from kameng.checkout.place_order import place_order
from kameng.orders.number import OrderId
from kameng.supply.add_supplier import SupplierDraft, add_supplier
from kameng.supply.suppliers import Suppliers
from kameng.web.sandbox.suppliers.wares import Ware
from tests.builders.shop import Goods, Shop, a_wish
from tests.builders.supplier import PUT_GOODS
from tests.chaos.emulators import prefix_of
from tests.contracts.suppliers.entry import ACCOUNT, Entry

# Nobody reads catalogues here: what is known of the goods is what their seller knows.
NO_SYNC = "UPDATE suppliers SET sync_at = NULL WHERE id = $1"
PUT_ROUTE = """
INSERT INTO routes (sku_id, supplier_id, goods, face_fen, field_names, agreed_price_fen)
VALUES ($1, $2, $3, $4, $5, $6)
"""


async def supplier_of(shop: Shop, suppliers: Suppliers, entry: Entry, *, url: str) -> int:
    draft = SupplierDraft(prefix_of(entry), entry.protocol, entry.protocol, entry.config(url))
    async with shop.db.transaction() as tx:
        supplier_id = await add_supplier(tx, shop.keyring, suppliers.makers, draft)
        await tx.connection.execute(NO_SYNC, supplier_id)
    return supplier_id


async def on_sale(shop: Shop, supplier_id: int, entry: Entry, ware: Ware) -> Goods:
    """At twice its price, filled by this supplier alone."""
    slug, tops_up = f"{prefix_of(entry)}-{ware.kind.replace('_', '-')}", ware.kind == "top_up"
    names = {f"extra{n}": name for n, name in enumerate(entry.fields)} if tops_up else {}
    form = (
        FormField("account", FieldKind.TEXT, "充值账号"),
        *(FormField(name, FieldKind.TEXT, label) for name, label in names.items()),
    )
    delivers = Delivers.TOP_UP if tops_up else Delivers.CODES
    draft = ProductDraft(slug, "supplied", ware.name, form=form if tops_up else (), delivers=delivers)
    price_fen = ware.price_fen * 2
    async with shop.db.transaction() as tx:
        await save_type(tx, TypeDraft("supplied", "货源商品"))
        await save_product(tx, draft)
        sku = SkuDraft(slug, "一份", price_fen, filled_by=FilledBy.SUPPLIER, face_fen=ware.face_fen)
        sku_id = await save_sku(tx, sku)
        await tx.connection.execute(
            PUT_GOODS, supplier_id, ware.number, ware.name, "top_up" if tops_up else "code", ware.price_fen, None, True,
            ware.face_fen, 1, None, tx.now, "",
        )  # fmt: skip
        await tx.connection.execute(
            PUT_ROUTE, sku_id, supplier_id, ware.number, ware.face_fen if tops_up else None, names, ware.price_fen
        )
    return Goods(sku_id, price_fen, slug, ())


async def a_top_up(shop: Shop, goods: Goods, entry: Entry, *, contact: str) -> OrderId:
    answers = {"account": ACCOUNT} | {f"extra{n}": text for n, text in enumerate(entry.fields.values())}
    wish = replace(a_wish(goods, contact=contact), account=answers)
    placed = await place_order(db=shop.db, keyring=shop.keyring, rules=shop.checkout, wish=wish, idempotency_key=None)
    return placed.order_id
