"""Our goods and orders in dujiao-next's shapes."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from kameng.catalogue.form import AccountForm, FieldKind
from kameng.catalogue.product import ProductType
from kameng.kernel.clock import Clock
from kameng.kernel.money import yuan
from kameng.wholesale import dujiao
from kameng.wholesale.goods import Ware
from kameng.wholesale.order import MerchantOrder

LANGUAGE = "zh-CN"
LOW = 20
_INPUTS = {FieldKind.PHONE: "phone", FieldKind.EMAIL: "email"}


def _local(text: str) -> dict[str, str]:
    return {LANGUAGE: text} if text else {}


def categories_of(types: Sequence[ProductType]) -> list[dict[str, Any]]:
    """Theirs are sorted falling, ours rising."""
    return [
        {
            "id": one.id,
            "parent_id": 0,
            "slug": one.slug,
            "name": _local(one.name),
            "icon": "",
            "sort_order": len(types) - place,
        }
        for place, one in enumerate(types)
        if one.products
    ]


def products_of(wares: Sequence[Ware], types: Sequence[ProductType], clock: Clock) -> list[dict[str, Any]]:
    groups = groupby(wares, key=lambda ware: ware.product.id)
    return [product_of(list(group), types, clock) for _, group in groups]


def product_of(wares: Sequence[Ware], types: Sequence[ProductType], clock: Clock) -> dict[str, Any]:
    """From the wares of one product."""
    product = wares[0].product
    cheapest = min(wares, key=lambda ware: ware.price_fen)
    now = clock.now().replace(microsecond=0).isoformat()
    return {
        "id": product.id,
        "slug": product.slug,
        "title": _local(product.name),
        "description": _local(product.summary),
        "content": _local(product.usage_note),
        "seo_meta": {},
        "images": [],
        "tags": [],
        **_prices(cheapest),
        "wholesale_prices": [],
        "fulfillment_type": dujiao.fulfilment_type(product.delivers, has_form=bool(product.form)),
        "manual_form_schema": _form_of(product.form),
        "is_active": True,
        "category_id": next((one.id for one in types if one.slug == product.type_slug), 0),
        "skus": [_sku_of(ware) for ware in wares],
        "created_at": now,
        "updated_at": now,
    }


def _sku_of(ware: Ware) -> dict[str, Any]:
    return {
        "id": ware.sku.id,
        "sku_code": f"SKU{ware.sku.id}",
        "spec_values": {"面值": ware.sku.face_value},
        **_prices(ware),
        "stock_status": "out_of_stock" if ware.stock == 0 else "low_stock" if ware.stock <= LOW else "in_stock",
        "stock_quantity": ware.stock,
        "is_active": True,
    }


def _prices(ware: Ware) -> dict[str, str]:
    own, list_price = yuan(ware.price_fen), yuan(ware.sku.price_fen)
    if ware.price_fen >= ware.sku.price_fen:
        return {"price_amount": own}
    return {"price_amount": own, "original_price": list_price, "member_price": own}


def _form_of(form: AccountForm) -> dict[str, Any] | None:
    """What is topped up stands first: other sites take the first field for it."""
    if not form:
        return None
    return {
        "fields": [
            {
                "key": field.name,
                "type": "select" if field.choices else _INPUTS.get(field.kind, "text"),
                "label": _local(field.label),
                "placeholder": _local(field.hint),
                "required": field.required,
                "options": list(field.choices),
            }
            for field in sorted(form, key=lambda field: not field.is_main)
        ]
    }


def detail_of(order: MerchantOrder, codes: Sequence[str]) -> dict[str, Any]:
    fulfilment = dujiao.fulfilment_of(order, codes)
    item = {
        "product_id": order.product_id,
        "sku_id": order.sku_id,
        "title": _local(f"{order.product_name} {order.face_value}"),
        "quantity": order.quantity,
        "unit_price": yuan(order.unit_price_fen),
        "total_price": yuan(order.amount_fen),
        "fulfillment_type": dujiao.fulfilment_type(order.delivers, has_form=False),
    }
    refunds = [{"amount": yuan(order.refunded_fen), "currency": dujiao.CURRENCY}] if order.refunded_fen else []
    return {
        **dujiao.order_of(order),
        "refunded_amount": yuan(order.refunded_fen),
        "items": [item],
        **({"fulfillment": fulfilment} if fulfilment else {}),
        "refund_records": refunds,
    }
