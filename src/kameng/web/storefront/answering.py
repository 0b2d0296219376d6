"""A product's questions, checked while they are being answered."""

from typing import Any

from litestar import Request, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from kameng.catalogue.browse import find_product
from kameng.catalogue.phone_segment import OPERATOR_NAMES, Operator
from kameng.kernel.database import Database
from kameng.orders.account import MAIN, Account
from kameng.web.design.forms import read_form
from kameng.web.design.translation import Translator
from kameng.web.design.visit import Visit
from kameng.web.storefront.order_form import check_account, read_order_form

AnyRequest = Request[Any, Any, Any]


class Told(Struct):
    """What stands beside a field: what is wrong with it, or what is known of it. Empty: its hint."""

    field: str
    right: bool
    words: str


@post("/goods/{type_slug:str}/{product_slug:str}/answers", status_code=200)
async def check_answers(
    request: AnyRequest,
    db: NamedDependency[Database],
    product_slug: FromPath[str],
    visit: NamedDependency[Visit],
) -> list[Told]:
    """Of every field of the account. Nothing is kept, and the account travels in the body, for addresses are logged."""
    product = await find_product(db, product_slug)
    form = check_account(read_order_form(product, await read_form(request)))
    fields = [f"{part}.{question.name}" for question in product.form for part in _parts(confirm=question.confirm)]
    told = [
        Told(field, field not in form.errors, visit.words(form.errors[field]) if field in form.errors else "")
        for field in fields
    ]
    if form.account is not None and told:
        main = next(one for one in told if one.field == f"{MAIN}.{MAIN}")
        main.words = whose(form.account, visit.words)
    return told


def _parts(*, confirm: bool) -> tuple[str, ...]:
    return ("account", "again") if confirm else ("account",)


def whose(account: Account, words: Translator) -> str:
    """`中国移动 · 江苏`; empty where nothing is known."""
    known = [words(OPERATOR_NAMES[Operator(account.operator)]) if account.operator else "", account.province or ""]
    return " · ".join(filter(None, known))
