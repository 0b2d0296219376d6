"""Our own data in the API's shapes, words in the reader's language."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from kameng.catalogue.form import FormField
from kameng.catalogue.product import Product, ProductType
from kameng.payment.attempt import Attempt
from kameng.payment.gateway import PayByCode, PayByForm, PayByLink
from kameng.payment.start_payment import PaymentUnavailable
from kameng.tracking.masked_account import MaskedAccount
from kameng.tracking.outlook import TROUBLE_WORDS, Outlook
from kameng.tracking.view import Attention, OrderView
from kameng.web.design.formats import duration, hour, line_name
from kameng.web.design.translation import Translator
from kameng.web.guest_api.shapes import (
    AccountShape,
    AnswerShape,
    AttentionShape,
    FieldShape,
    HindranceShape,
    MomentShape,
    OrderShape,
    OutlookShape,
    PayByShape,
    ProductShape,
    SkuShape,
    StepShape,
    TypeShape,
)

FEW = 20


def stock_word(left: int) -> str:
    if left <= 0:
        return "none"
    return "few" if left <= FEW else "plenty"


def types_shape(types: Sequence[ProductType], products: Sequence[Product], stock: Mapping[int, int]) -> list[TypeShape]:
    """Types that have something on sale, with it."""
    return [
        TypeShape(
            slug=one.slug,
            name=one.name,
            products=[_product(product, stock) for product in products if product.type_slug == one.slug],
        )
        for one in types
        if one.products
    ]


def _product(product: Product, stock: Mapping[int, int]) -> ProductShape:
    return ProductShape(
        slug=product.slug,
        name=product.name,
        summary=product.summary,
        usage_note=product.usage_note,
        delivers=product.delivers,
        form=[field_shape(field) for field in product.form],
        skus=[
            SkuShape(
                id=sku.id,
                face_value=sku.face_value,
                price_fen=sku.price_fen,
                quantity_max=sku.quantity_max,
                stock=stock_word(stock.get(sku.id, 0)),
            )
            for sku in product.skus
            if sku.on_sale
        ],
    )


def field_shape(field: FormField) -> FieldShape:
    """One question of a product."""
    return FieldShape(
        name=field.name,
        kind=field.kind,
        label=field.label,
        hint=field.hint,
        required=field.required,
        choices=list(field.choices),
        pattern=field.pattern,
        confirm=field.confirm,
    )


def pay_by_shape(attempt: Attempt) -> PayByShape:
    """Where to pay. Raises PaymentUnavailable when the gateway has not said yet."""
    match attempt.pay_by:
        case PayByLink(url):
            return PayByShape("link", attempt.amount_fen, url=url)
        case PayByCode(text):
            return PayByShape("code", attempt.amount_fen, text=text)
        case PayByForm(url, fields):
            return PayByShape("form", attempt.amount_fen, url=url, fields=dict(fields))
        case None:
            raise PaymentUnavailable


def _arrival(view: OrderView, words: Translator, now: datetime) -> str | None:
    if view.outlook is None:
        return words(view.arrival) if view.arrival else None
    about, latest = view.outlook.about, view.outlook.latest
    return words(
        view.outlook.words,
        about=duration(words, about) if about is not None else "",
        latest=hour(latest, now) if latest is not None else "",
    )


def _outlook(outlook: Outlook, words: Translator) -> OutlookShape:
    return OutlookShape(
        about_s=outlook.about.total_seconds() if outlook.about is not None else None,
        latest_at=outlook.latest,
        is_known=outlook.is_known,
        is_late=outlook.is_late,
        troubles=[
            HindranceShape(
                line=name,
                kind=trouble.kind,
                effect=trouble.effect,
                words=words(TROUBLE_WORDS[trouble.kind], line=name),
                expected_until=trouble.until,
            )
            for trouble in outlook.troubles
            for name in [line_name(words, trouble.line)]
        ],
    )


def order_shape(view: OrderView, words: Translator, *, now: datetime) -> OrderShape:
    return OrderShape(
        order_no=view.order_no,
        state=view.state,
        state_name=words(view.state_name),
        reading=words(view.reading),
        arrival=_arrival(view, words, now),
        outlook=_outlook(view.outlook, words) if view.outlook else None,
        attention=_attention(view.attention, words) if view.attention else None,
        actions=list(view.actions),
        prove_by=view.prove_by,
        steps=[StepShape(words(step.name), step.at, step.current) for step in view.steps],
        timeline=[MomentShape(moment.event, words(moment.words), moment.at) for moment in view.timeline],
        type_name=view.type_name,
        product_name=view.product_name,
        face_value=view.face_value,
        usage_note=view.usage_note,
        quantity=view.quantity,
        unit_price_fen=view.unit_price_fen,
        amount_fen=view.amount_fen,
        contact_masked=view.contact_masked,
        account=_account(view.account, words) if view.account else None,
        placed_at=view.placed_at,
        pay_until=view.pay_until,
        reveals=view.reveals,
        last_event_id=str(view.last_event_id),
    )


def _attention(attention: Attention, words: Translator) -> AttentionShape:
    return AttentionShape(words(attention.words), attention.since, attention.taken_at, attention.promise_at)


def _account(account: MaskedAccount, words: Translator) -> AccountShape:
    return AccountShape(
        answers=[AnswerShape(label, masked) for label, masked in account.answers],
        operator=words(account.operator) if account.operator else None,
        province=account.province,
    )
