"""The buyer puts right what is topped up: the product's form, a look at what was typed, and the order goes on."""

from dataclasses import replace
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from kameng.catalogue.browse import find_product_of
from kameng.catalogue.form import asks_for_phone
from kameng.catalogue.phone_segment import OPERATOR_NAMES
from kameng.fulfilment.ask_correction import NothingToCorrect
from kameng.kernel.errors import InvalidInput
from kameng.orders.number import OrderId, printed
from kameng.resubmission.correct_account import Correction, correct_account
from kameng.resubmission.desk import Desk
from kameng.resubmission.judge import SecondProofNeeded
from kameng.resubmission.show import Shown, show
from kameng.risk.guard import GuardRules
from kameng.tracking.access import Access
from kameng.tracking.view import view_order
from kameng.web.design.forms import read_form
from kameng.web.design.pages import NO_STORE
from kameng.web.design.visit import Visit
from kameng.web.storefront.order_cookies import remember_access
from kameng.web.storefront.order_form import OrderForm, check_account, empty_form, read_order_form
from kameng.web.storefront.order_page import OrderPage
from kameng.web.storefront.unproven import prove_owner


@get("/orders/{order_no:str}/correction")
async def correction_page(
    page: NamedDependency[OrderPage],
    resubmission_desk: NamedDependency[Desk],
    order_no: FromPath[str],
    visit: NamedDependency[Visit],
) -> Response[Any]:
    """The empty form; the order's own page when nothing can be corrected."""
    known = page.allowed(order_no)
    if known is None:
        return Redirect(visit.link(f"/orders/{order_no}"), status_code=303)
    order_id, access = known
    shown = await _shown(page, resubmission_desk, order_id)
    if not shown.form:
        return Redirect(visit.link(f"/orders/{printed(order_id)}"), status_code=303)
    form = empty_form(await find_product_of(page.db, shown.sku_id))
    return await _form_page(page, (order_id, access), shown, form)


@post("/orders/{order_no:str}/correction", status_code=200)
async def correct(
    page: NamedDependency[OrderPage],
    resubmission_desk: NamedDependency[Desk],
    guard_rules: NamedDependency[GuardRules],
    order_no: FromPath[str],
    visit: NamedDependency[Visit],
) -> Response[Any]:
    """The form comes back with words beside what is wrong; then what was typed is shown once more; then it is done."""
    known = page.allowed(order_no)
    if known is None:
        return Redirect(visit.link(f"/orders/{order_no}"), status_code=303)
    order_id, access = known
    sent = await read_form(page.request)
    shown = await _shown(page, resubmission_desk, order_id)
    form = check_account(read_order_form(await find_product_of(page.db, shown.sku_id), sent))
    if form.errors or "edit" in sent:
        return await _form_page(page, (order_id, access), shown, form, status=422 if form.errors else 200)
    has_proved = bool(sent["contact"]) or access is not Access.OWNER
    if has_proved:
        if (
            refused := await prove_owner(page, rules=guard_rules, order_id=order_id, sent=sent, visit=visit)
        ) is not None:
            return refused
        access = Access.OWNER
    if sent["confirmed"] != "yes":
        answer = await _form_page(page, (order_id, access), shown, form, confirming=True)
    else:
        correction = Correction(
            order_id,
            access is Access.OWNER,
            {name: text for name, text in form.answers.items() if text},
            operator=form.operator,
            address=visit.client_address,
            has_proved=has_proved,
        )
        try:
            await correct_account(resubmission_desk, correction)
        except SecondProofNeeded as refusal:
            return await _form_page(
                page, (order_id, access), shown, form, status=refusal.status, confirming=True, problem=refusal
            )
        except InvalidInput as wrong:
            return await _form_page(
                page, (order_id, access), shown, replace(form, errors=dict(wrong.fields)), status=422
            )
        except NothingToCorrect as refusal:
            return await page.show(order_id, access, status=refusal.status, problem=refusal.words)
        answer = Redirect(visit.link(f"/orders/{printed(order_id)}"), status_code=303)
    remember_access(answer, visit, page.keyring, order_id=order_id, access=access, now=page.db.clock.now())
    return answer


async def _shown(page: OrderPage, desk: Desk, order_id: OrderId) -> Shown:
    return await show(db=page.db, rules=desk.rules, order_id=order_id)


async def _form_page(
    page: OrderPage,
    known: tuple[OrderId, Access],
    shown: Shown,
    form: OrderForm,
    *,
    status: int = 200,
    **more: object,
) -> Response[Any]:
    """With `confirming` what was typed is shown once more, and with `problem` why that was not enough."""
    order_id, access = known
    return page.pages.page(
        page.request,
        "storefront/order/correction.html",
        status=status,
        headers=NO_STORE,
        order=await view_order(db=page.db, keyring=page.keyring, order_id=order_id),
        form=form,
        product=form.product,
        shown=shown,
        is_owner=access is Access.OWNER,
        operators=OPERATOR_NAMES if asks_for_phone(form.product.form) else None,
        **{"confirming": False, "problem": None, **more},
    )
