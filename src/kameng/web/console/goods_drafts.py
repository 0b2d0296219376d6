"""Goods as they are typed and changed in the console."""

from collections.abc import Iterator
from dataclasses import replace

from kameng.catalogue.edit import ProductDraft, SkuDraft
from kameng.catalogue.filling import ChooseBy, Delivers, FilledBy
from kameng.catalogue.form import FIELDS_MAX, FieldKind, FormField
from kameng.catalogue.product import Product
from kameng.kernel.errors import InvalidInput
from kameng.kernel.money import fen_of
from kameng.kernel.text import Words
from kameng.web.console.fields import whole_number

#: Empty rows below the questions that are there, for more of them.
ROWS_TO_SPARE = 2
FIELD_KINDS = {
    FieldKind.PHONE: Words("手机号（识别运营商）"),
    FieldKind.QQ: Words("QQ 号"),
    FieldKind.GAME_ACCOUNT: Words("游戏或平台账号"),
    FieldKind.EMAIL: Words("邮箱"),
    FieldKind.SERVER: Words("区服"),
    FieldKind.ROLE: Words("角色名"),
    FieldKind.CHOICE: Words("从列表中选"),
    FieldKind.TEXT: Words("其他文字"),
}
DELIVERS = {Delivers.CODES: Words("卡密"), Delivers.TOP_UP: Words("直充到账号")}
FILLED_BY = {FilledBy.STOCK: Words("自有库存"), FilledBy.SUPPLIER: Words("货源")}
CHOOSE_BY = {
    ChooseBy.PRIORITY: Words("按优先级"),
    ChooseBy.CHEAPEST: Words("成本最低的先"),
    ChooseBy.FASTEST: Words("到账最快的先"),
}


def draft_of(product: Product) -> ProductDraft:
    same = ("slug", "type_slug", "name", "summary", "usage_note", "aliases", "code_format", "code_keeps_case",
            "popularity", "pinned", "on_sale", "form", "delivers", "resubmit_within_hours")  # fmt: skip
    return ProductDraft(**{name: getattr(product, name) for name in same})


def typed_product(form: dict[str, str]) -> ProductDraft:
    aliases = tuple(part for part in form.get("aliases", "").replace("，", ",").replace("、", ",").split(",") if part)
    draft = ProductDraft(form.get("slug", ""), form.get("type_slug", ""), form.get("name", ""))
    return replace(
        draft,
        summary=form.get("summary", ""),
        usage_note=form.get("usage_note", ""),
        aliases=tuple(alias.strip() for alias in aliases if alias.strip()),
        code_format=form.get("code_format") or None,
        code_keeps_case="code_keeps_case" in form,
        popularity=whole_number(form.get("popularity", "")) or 0,
        pinned="pinned" in form,
        on_sale="on_sale" in form,
        form=tuple(_typed_questions(form)),
        resubmit_within_hours=_typed_hours(form.get("resubmit_within_hours", "")),
        delivers=Delivers.TOP_UP if form.get("delivers") == Delivers.TOP_UP else Delivers.CODES,
    )


def _typed_hours(text: str) -> int | None:
    """None for nothing; what is no number is none that may be saved."""
    return (whole_number(text) or 0) if text else None


def _typed_questions(form: dict[str, str]) -> Iterator[FormField]:
    """The rows that have a name: emptying a name takes its question away."""
    for row in range(FIELDS_MAX + ROWS_TO_SPARE):
        if not (name := form.get(f"form.{row}.name")):
            continue
        kind = form.get(f"form.{row}.kind", "")
        yield FormField(
            name=name,
            kind=FieldKind(kind) if kind in set(FieldKind) else FieldKind.TEXT,
            label=form.get(f"form.{row}.label", ""),
            hint=form.get(f"form.{row}.hint", ""),
            required=f"form.{row}.required" in form,
            choices=tuple(filter(None, map(str.strip, form.get(f"form.{row}.choices", "").splitlines()))),
            pattern=form.get(f"form.{row}.pattern") or None,
            confirm=f"form.{row}.confirm" in form,
        )


def typed_sku(form: dict[str, str], slug: str) -> SkuDraft:
    """Raises InvalidInput."""
    filled_by, choose_by = form.get("filled_by", ""), form.get("choose_by", "")
    return SkuDraft(
        product_slug=slug,
        face_value=form.get("face_value", ""),
        price_fen=_typed_fen(form, "price"),
        quantity_max=whole_number(form.get("quantity_max", "")) or 0,
        position=whole_number(form.get("position", "")) or 0,
        on_sale="on_sale" in form,
        filled_by=FilledBy(filled_by) if filled_by in set(FilledBy) else FilledBy.STOCK,
        face_fen=_typed_fen(form, "face") if form.get("face") else None,
        choose_by=ChooseBy(choose_by) if choose_by in set(ChooseBy) else ChooseBy.PRIORITY,
    )


def _typed_fen(form: dict[str, str], name: str) -> int:
    """Raises InvalidInput."""
    try:
        return fen_of(form.get(name, ""))
    except ValueError as error:
        raise InvalidInput(fields={name: Words("价格写作元，最多两位小数，例如 98.50")}) from error
