"""Fill an empty shop with demo goods, and give this run its staff login and its sandbox gateway."""

import os
import secrets
import tempfile
from pathlib import Path

from kameng.adapters.gateways.table import gateway_makers
from kameng.adapters.http import HttpClient
from kameng.adapters.suppliers.table import supplier_makers
from kameng.aftersales.macros import save_macro
from kameng.aftersales.save_answer import save_answer
from kameng.catalogue.browse import list_products, list_types
from kameng.catalogue.edit import save_product, save_sku, save_type
from kameng.cli.demo_answers import ANSWERS, MACROS
from kameng.cli.demo_goods import PRODUCTS, SITES, SKUS, TYPES
from kameng.cli.demo_suppliers import DEMO_SUPPLIERS, ON_DEMAND_PRODUCTS, ON_DEMAND_SKUS
from kameng.cli.demo_top_ups import TOP_UP_PRODUCTS, TOP_UP_SKUS, TOP_UP_TYPES
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.payment.add_gateway import GatewayDraft, add_gateway
from kameng.sites.save_site import save_site
from kameng.staff.add_staff import LoginTaken, add_staff
from kameng.staff.reset import reset_password
from kameng.staff.roles import Role
from kameng.stock.import_file import import_file
from kameng.supply.add_supplier import add_supplier
from kameng.supply.edit_route import save_routes

OWNER = "owner"
SANDBOX_PID = "1000"
CARDS_EACH = 200
SCARCE_CARDS = 3
_PHONE_DIGITS = {"china-mobile": (17, 18), "china-unicom": (15, 19), "china-telecom": (19, 18)}


async def fill_demo(db: Database, keyring: Keyring) -> bool:
    """Sites, goods, cards and answers, if there are no goods yet. Whether anything was done."""
    if await list_types(db):
        return False
    for site in SITES:
        await save_site(db=db, new=site)
    async with db.transaction() as tx:
        for product_type in (*TYPES, *TOP_UP_TYPES):
            await save_type(tx, product_type)
        for product in (*PRODUCTS, *TOP_UP_PRODUCTS, *ON_DEMAND_PRODUCTS):
            await save_product(tx, product)
        sku_ids = {(sku.product_slug, sku.face_value): await save_sku(tx, sku) for sku in SKUS}
        for supplied in (*TOP_UP_SKUS, *ON_DEMAND_SKUS):
            await save_sku(tx, supplied)
        for answer in ANSWERS:
            await save_answer(tx, answer)
        for position, (name, words) in enumerate(MACROS):
            await save_macro(tx, name=name, words=words, position=position)
    for (product_slug, _), sku_id in sku_ids.items():
        await _stock_up(db, keyring, product_slug, sku_id)
    return True


async def _stock_up(db: Database, keyring: Keyring, product_slug: str, sku_id: int) -> None:
    # One of the goods is scarce and one is sold out, so that both can be seen.
    count = {1: SCARCE_CARDS, 2: 0}.get(sku_id % 12, CARDS_EACH)
    if count == 0:
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"demo-{product_slug}-{sku_id}.txt"
        file.write_text("\n".join(_code(product_slug) for _ in range(count)))
        await import_file(db=db, keyring=keyring, sku_id=sku_id, path=file)


def _code(product_slug: str) -> str:
    if product_slug in _PHONE_DIGITS:
        return "-".join("".join(secrets.choice("0123456789") for _ in range(n)) for n in _PHONE_DIGITS[product_slug])
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
    return "DEMO-" + "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(3))


async def staff_login(db: Database) -> str:
    """A fresh password for the demo owner, made or reset."""
    password = secrets.token_urlsafe(12)
    try:
        await add_staff(db=db, login=OWNER, password=password, role=Role.OWNER)
    except LoginTaken:
        await reset_password(db=db, login=OWNER, password=password)
    return password


def sandbox_key(file: Path) -> str:
    """The merchant key that shop and sandbox gateway share, in a 0600 file made on first use."""
    if not file.exists():
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as opened:
            opened.write(secrets.token_hex(16))
    return file.read_text().strip()


async def add_sandbox_gateway(db: Database, keyring: Keyring, *, url: str, key: str) -> None:
    """The channel through which the demo is paid."""
    draft = GatewayDraft(
        code="sandbox",
        name="沙箱支付",
        protocol="epay_v1",
        methods=("alipay", "wxpay"),
        config={"base_url": url, "pid": SANDBOX_PID, "key": key},
    )
    async with HttpClient() as http, db.transaction() as tx:
        await add_gateway(tx, keyring, gateway_makers(http), draft)


async def add_sandbox_suppliers(db: Database, keyring: Keyring, *, url: str, key: str, with_routes: bool) -> None:
    """Those who fill the demo's top-ups; `url` of all of them together. Routes are made once: they are the shop's to
    change."""
    async with HttpClient() as http, db.transaction() as tx:
        for supplier in DEMO_SUPPLIERS:
            await add_supplier(tx, keyring, supplier_makers(http, db.clock), supplier.draft(url, key))
    if not with_routes:
        return
    sku_ids = {(product.slug, sku.face_value): sku.id for product in await list_products(db) for sku in product.skus}
    async with db.transaction() as tx:
        await save_routes(
            tx,
            [
                supplier.route(sold, sku_ids[sold.product_slug, sold.face_value])
                for supplier in DEMO_SUPPLIERS
                for sold in supplier.sold
            ],
        )
