"""Our goods as an acg-faka shop lists its own. Facts are from the program (lizhipay/acg-faka 3.6.0)."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from kameng.kernel.money import yuan
from kameng.web.docking.acgfaka_wire import config_of, kind_of
from kameng.wholesale.goods import Ware

AUTOMATIC = 0


class Item:
    """One of our products, whose face values are its kinds. Only what arrives with the answer is sold here: a shop of
    this kind never hears of what comes later."""

    def __init__(self, wares: Sequence[Ware]) -> None:
        self.product = wares[0].product
        self.kinds: Mapping[str, Ware] = {kind_of(ware.sku.face_value): ware for ware in wares}

    @property
    def code(self) -> str:
        return self.product.slug

    def chosen(self, kind: str) -> Ware | None:
        """Where there is only one kind it needs no naming."""
        if not kind and len(self.kinds) == 1:
            return next(iter(self.kinds.values()))
        return self.kinds.get(kind)

    def shape(self) -> dict[str, Any]:
        cheapest = yuan(min(ware.price_fen for ware in self.kinds.values()))
        return {
            "id": self.product.id,
            "code": self.code,
            "name": self.product.name,
            "description": self.product.summary,
            "cover": "",
            "status": 1,
            "price": cheapest,
            "user_price": cheapest,
            "factory_price": 0,
            "stock": sum(ware.stock for ware in self.kinds.values()),
            "config": self.config(),
            "widget": None,
            "delivery_way": AUTOMATIC,
            "contact_type": 0,
            "password_status": 0,
            "sort": 0,
            "minimum": 1,
            "maximum": min(ware.sku.quantity_max for ware in self.kinds.values()),
            "draft_status": 0,
            "draft_premium": 0,
            "seckill_status": 0,
            "seckill_start_time": None,
            "seckill_end_time": None,
            "inventory_hidden": 0,
            "only_user": 0,
            "purchase_count": 0,
        }

    def config(self) -> str:
        return config_of({kind: yuan(ware.price_fen) for kind, ware in self.kinds.items()})


def items_of(wares: Sequence[Ware]) -> list[Item]:
    sold = [ware for ware in wares if ware.at_once and not ware.product.form]
    return [Item(list(group)) for _, group in groupby(sold, key=lambda ware: ware.product.id)]


def categories_of(items: Sequence[Item]) -> list[dict[str, Any]]:
    """Every type that has something on sale, with it."""
    names = dict.fromkeys(item.product.type_name for item in items)
    return [
        {
            "id": place,
            "name": name,
            "sort": place,
            "icon": "",
            "status": 1,
            "children": [item.shape() for item in items if item.product.type_name == name],
        }
        for place, name in enumerate(names, start=1)
    ]
