"""The catalogue as data; prices in fen."""

from dataclasses import dataclass

from kameng.catalogue.filling import ChooseBy, Delivers, FilledBy
from kameng.catalogue.form import AccountForm


@dataclass(frozen=True)
class ProductType:
    """The first level 类型, with what the shop shows beside it."""

    id: int
    slug: str
    name: str
    position: int
    products: int


@dataclass(frozen=True)
class Sku:
    """The third level 面值: what is bought and priced. `face_fen`: what one piece is worth, where it is measured so."""

    id: int
    face_value: str
    price_fen: int
    quantity_max: int
    position: int
    on_sale: bool
    filled_by: FilledBy = FilledBy.STOCK
    face_fen: int | None = None
    choose_by: ChooseBy = ChooseBy.PRIORITY


@dataclass(frozen=True)
class Product:
    """The second level 商品. `resubmit_within_hours` None: as the shop's setting says."""

    id: int
    slug: str
    name: str
    type_slug: str
    type_name: str
    summary: str
    usage_note: str
    aliases: tuple[str, ...]
    code_format: str | None
    code_keeps_case: bool
    pinned: bool
    popularity: int
    on_sale: bool
    form: AccountForm
    delivers: Delivers
    skus: tuple[Sku, ...]
    resubmit_within_hours: int | None = None

    @property
    def price_from_fen(self) -> int | None:
        """The lowest price on sale."""
        return min((sku.price_fen for sku in self.skus if sku.on_sale), default=None)


@dataclass(frozen=True)
class Offer:
    """What a sku is promised at, this moment: price and the words the buyer sees."""

    sku_id: int
    sku_version_id: int
    type_name: str
    product_name: str
    face_value: str
    usage_note: str
    price_fen: int
    quantity_max: int
    on_sale: bool
    form: AccountForm
    delivers: Delivers
    filled_by: FilledBy
    face_fen: int | None
