"""Suppliers' goods become goods of our shop, many at once."""

from collections.abc import Sequence

from kameng.catalogue.browse import find_product
from kameng.catalogue.edit import SkuDraft, save_skus
from kameng.catalogue.filling import Delivers, FilledBy
from kameng.kernel.database import Database
from kameng.supply.edit_route import RouteDraft, save_routes
from kameng.supply.list_goods import GoodsPick, list_goods
from kameng.supply.map_goods import KnownSku, Mapped, MappingRule, plan_mapping

#: Goods a transaction.
BATCH = 200
MAPPED_MAX = 10_000


async def preview_mapping(*, db: Database, pick: GoodsPick, rule: MappingRule) -> list[Mapped]:
    """What `map_goods` would do with each of the goods, at most MAPPED_MAX of them; writes nothing.

    Raises ProductMissing.
    """
    product = await find_product(db, rule.product_slug, on_sale_only=False)
    async with db.reading() as connection:
        goods = await list_goods(connection, pick, at_most=MAPPED_MAX)
    known = {sku.face_value: KnownSku(sku.id, sku.price_fen) for sku in product.skus}
    return plan_mapping(goods, rule, tops_up=product.delivers is Delivers.TOP_UP, known=known)


async def map_goods(*, db: Database, planned: Sequence[Mapped], rule: MappingRule) -> int:
    """Write the skus that are new and a route to each of the goods, as previewed; how many routes.

    What has a problem is left out. In batches: what was written stays written if a later one is refused, and the same
    call again goes on from there. Raises InvalidInput, ProductMissing.
    """
    usable = [mapped for mapped in planned if mapped.problem is None]
    for start in range(0, len(usable), BATCH):
        await _map_batch(db, usable[start : start + BATCH], rule)
    return len(usable)


async def _map_batch(db: Database, batch: Sequence[Mapped], rule: MappingRule) -> None:
    new = {mapped.face_value: mapped for mapped in batch if mapped.sku_id is None}
    drafts = [
        SkuDraft(rule.product_slug, face_value, mapped.price_fen, filled_by=FilledBy.SUPPLIER, face_fen=mapped.face_fen)
        for face_value, mapped in new.items()
    ]
    async with db.transaction() as tx:
        sku_ids = dict(zip(new, await save_skus(tx, drafts), strict=True)) if drafts else {}
        routes = [
            RouteDraft(
                sku_id=mapped.sku_id or sku_ids[mapped.face_value],
                supplier_code=mapped.goods.supplier_code,
                goods=mapped.goods.number,
                priority=rule.priority,
                operators=rule.operators,
                drift_max_percent=rule.drift_max_percent,
            )
            for mapped in batch
        ]
        await save_routes(tx, routes)
