"""Changing what is sold. Every change of words writes new sku versions; old orders keep theirs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kameng.catalogue import store
from kameng.catalogue.browse import ProductMissing
from kameng.catalogue.filling import ChooseBy, Delivers, FilledBy
from kameng.catalogue.form import AccountForm, check_form, rows_of
from kameng.catalogue.spelling import initials_of, pinyin_of, plain
from kameng.kernel.database import Transaction
from kameng.kernel.errors import InvalidInput
from kameng.kernel.money import FEN_MAX
from kameng.kernel.text import Words

NAME_MAX = 60
QUANTITY_MAX = 1000
#: A year.
RESUBMIT_HOURS_MAX = 8760
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,60}")


@dataclass(frozen=True)
class TypeDraft:
    slug: str
    name: str
    position: int = 0


@dataclass(frozen=True)
class ProductDraft:
    slug: str
    type_slug: str
    name: str
    summary: str = ""
    usage_note: str = ""
    aliases: tuple[str, ...] = ()
    code_format: str | None = None
    code_keeps_case: bool = False
    popularity: int = 0
    pinned: bool = False
    on_sale: bool = True
    form: AccountForm = ()
    delivers: Delivers = Delivers.CODES
    resubmit_within_hours: int | None = None


@dataclass(frozen=True)
class SkuDraft:
    product_slug: str
    face_value: str
    price_fen: int
    quantity_max: int = 20
    position: int = 0
    on_sale: bool = True
    filled_by: FilledBy = FilledBy.STOCK
    face_fen: int | None = None
    choose_by: ChooseBy = ChooseBy.PRIORITY


async def save_type(tx: Transaction, draft: TypeDraft) -> int:
    """Add a type, or change the one with this slug; its id. Raises InvalidInput."""
    _check(slug=draft.slug, name=draft.name)
    type_id = await store.save_type(tx, draft.slug, draft.name, draft.position)
    await store.write_versions(tx)
    return type_id


async def save_product(tx: Transaction, draft: ProductDraft) -> int:
    """Add a product, or change the one with this slug; its id. Raises InvalidInput."""
    _check(slug=draft.slug, name=draft.name)
    if draft.code_format is not None:
        try:
            re.compile(draft.code_format)
        except re.error as error:
            raise InvalidInput(fields={"code_format": Words("这不是有效的正则表达式")}) from error
    check_form(draft.form)
    if draft.delivers is Delivers.TOP_UP and not draft.form:
        raise InvalidInput(fields={"form": Words("直充商品要问买家充值账号")})
    if draft.resubmit_within_hours is not None and not 1 <= draft.resubmit_within_hours <= RESUBMIT_HOURS_MAX:
        raise InvalidInput(fields={"resubmit_within_hours": Words("应为 1–8760 小时，留空按全站设置")})
    spelled = [draft.name, *draft.aliases]
    product_id = await store.save_product(
        tx,
        (draft.slug, draft.type_slug, draft.name, draft.summary, draft.usage_note, list(draft.aliases),
         draft.code_format, draft.code_keeps_case, draft.popularity, draft.pinned, draft.on_sale,
         " ".join(map(plain, spelled)), " ".join(map(pinyin_of, spelled)), " ".join(map(initials_of, spelled)),
         rows_of(draft.form), draft.delivers, draft.resubmit_within_hours),
    )  # fmt: skip
    if product_id is None:
        raise InvalidInput(fields={"type_slug": Words("没有这个类型")})
    await store.write_versions(tx)
    return product_id


async def save_sku(tx: Transaction, draft: SkuDraft) -> int:
    """Add a face value, or change the one with this name; its id. Raises InvalidInput, ProductMissing."""
    (sku_id,) = await save_skus(tx, [draft])
    return sku_id


async def save_skus(tx: Transaction, drafts: Sequence[SkuDraft]) -> list[int]:
    """Several as `save_sku` does one, all or nothing; their ids."""
    sku_ids = []
    for draft in drafts:
        _check_sku(draft)
        sku_id = await store.save_sku(
            tx,
            (draft.product_slug, draft.face_value, draft.price_fen, draft.quantity_max, draft.position, draft.on_sale,
             draft.filled_by, draft.face_fen, draft.choose_by),
        )  # fmt: skip
        if sku_id is None:
            raise ProductMissing
        sku_ids.append(sku_id)
    await store.write_versions(tx)
    return sku_ids


def _check_sku(draft: SkuDraft) -> None:
    fields: dict[str, Words] = {}
    if not 1 <= len(draft.face_value) <= NAME_MAX:
        fields["face_value"] = Words("名称应为 1–60 个字")
    if not 1 <= draft.price_fen <= FEN_MAX:
        fields["price"] = Words("价格应大于 0")
    if not 1 <= draft.quantity_max <= QUANTITY_MAX:
        fields["quantity_max"] = Words("每单数量上限应为 1–1000")
    if draft.face_fen is not None and not 1 <= draft.face_fen <= FEN_MAX:
        fields["face"] = Words("面额应大于 0")
    if fields:
        raise InvalidInput(fields=fields)


def _check(*, slug: str, name: str) -> None:
    fields: dict[str, Words] = {}
    if not _SLUG.fullmatch(slug):
        fields["slug"] = Words("只能用小写字母、数字和连字符，最多 61 个字符")
    if not 1 <= len(name) <= NAME_MAX:
        fields["name"] = Words("名称应为 1–60 个字")
    if fields:
        raise InvalidInput(fields=fields)
