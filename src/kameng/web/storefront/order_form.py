"""The shortest form 下单表单: face value, quantity, phone or e-mail, and the account where there is one to top up.

Pure reading and checking of what was typed. The answer to the product's question `server` stands in `account.server`,
and once more in `again.server` where it has to be typed twice; errors stand under the same names.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from kameng.catalogue.product import Product, Sku
from kameng.catalogue.read_account import read_account, read_answer
from kameng.kernel.errors import InvalidInput
from kameng.kernel.text import Words
from kameng.orders.account import Account
from kameng.orders.contact import contact_of
from kameng.web.design.forms import Form


@dataclass(frozen=True)
class OrderForm:
    """As typed, with what is wrong beside each field. `problem` is about the whole form; `account` is known once it
    was read without fault."""

    product: Product
    sku: Sku | None
    quantity: str
    contact: str
    answers: Mapping[str, str] = field(default_factory=dict, repr=False)
    again: Mapping[str, str] = field(default_factory=dict, repr=False)
    operator: str = ""
    account: Account | None = None
    errors: dict[str, Words] = field(default_factory=dict)
    values: dict[str, object] = field(default_factory=dict)
    problem: Words | None = None

    @property
    def chosen_id(self) -> int | None:
        """The face value that is marked: the chosen one, or the only one."""
        if self.sku is not None:
            return self.sku.id
        on_sale = [sku for sku in self.product.skus if sku.on_sale]
        return on_sale[0].id if len(on_sale) == 1 else None

    def with_problem(self, words: Words) -> "OrderForm":
        return replace(self, problem=words)


def empty_form(product: Product) -> OrderForm:
    return OrderForm(product=product, sku=None, quantity="1", contact="")


def read_order_form(product: Product, form: Form) -> OrderForm:
    sku_id = form.whole_number("sku")
    sku = next((sku for sku in product.skus if sku.id == sku_id and sku.on_sale), None)
    names = [question.name for question in product.form]
    return OrderForm(
        product=product,
        sku=sku,
        quantity=form["quantity"].strip() or "1",
        contact=form["contact"].strip(),
        answers={name: form[f"account.{name}"].strip() for name in names},
        again={name: form[f"again.{name}"].strip() for name in names},
        operator=form["operator"],
    )


def check_order_form(form: OrderForm, quantity: int | None) -> OrderForm:
    """The form with words beside each field that is wrong; stock and price are checked when the order is placed."""
    errors: dict[str, Words] = {}
    values: dict[str, object] = {}
    if form.sku is None:
        errors["sku"] = Words("请选择面值")
    most = form.sku.quantity_max if form.sku else max((sku.quantity_max for sku in form.product.skus), default=1)
    if quantity is None or not 1 <= quantity <= most:
        errors["quantity"] = Words("数量应为 1 到 %(most)s")
        values["most"] = most
    try:
        contact_of(form.contact)
    except InvalidInput as wrong:
        errors.update(wrong.fields)
    form = check_account(form)
    return replace(form, errors=errors | form.errors, values=values)


def check_account(form: OrderForm) -> OrderForm:
    """The form with its account, or with words beside each answer that is wrong."""
    errors: dict[str, Words] = {}
    account = None
    try:
        account = read_account(form.product.form, form.answers, operator=form.operator)
    except InvalidInput as wrong:
        errors.update(wrong.fields)
    for question in form.product.form:
        once, twice = form.answers.get(question.name, ""), form.again.get(question.name, "")
        if question.confirm and read_answer(question, once) != read_answer(question, twice):
            errors[f"again.{question.name}"] = Words("两次填写的不一样")
    return replace(form, account=account, errors=errors)
