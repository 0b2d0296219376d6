"""What an order's page says where the whole contact is missing, is wrong, or was tried too often."""

import msgspec
from litestar import Response

from kameng.kernel.errors import InvalidInput, Refusal
from kameng.orders.number import OrderId
from kameng.risk.guard import GuardRules
from kameng.tracking.access import Access
from kameng.tracking.guarded import ProofNeeded, SlowDown
from kameng.tracking.whole_contact import Claim, ContactNeeded, check_whole_contact
from kameng.web.design.forms import Form
from kameng.web.design.visit import Visit
from kameng.web.storefront.order_page import OrderPage

UNPROVEN = (ContactNeeded, InvalidInput, ProofNeeded, SlowDown)


async def say_unproven(
    page: OrderPage, order_id: OrderId, access: Access, refusal: Refusal, **more: object
) -> Response[str]:
    """The order's page with the words beside the field, or on top where there is none; and with a challenge to solve
    where one is asked for."""
    errors = {"contact": refusal.words} if isinstance(refusal, ContactNeeded) else dict(refusal.fields)
    challenge = msgspec.json.encode(refusal.challenge).decode() if isinstance(refusal, ProofNeeded) else None
    return await page.show(
        order_id, access, status=refusal.status, errors=errors, problem=None if errors else refusal.words,
        challenge=challenge, **more,
    )  # fmt: skip


async def prove_owner(
    page: OrderPage, *, rules: GuardRules, order_id: OrderId, sent: Form, visit: Visit
) -> Response[str] | None:
    """None when the whole contact that was typed is the order's; else the page with what is wrong or missing."""
    claim = Claim(order_id, visit.client_address, sent["contact"] or None, sent["proof"] or None)
    try:
        await check_whole_contact(db=page.db, keyring=page.keyring, rules=rules, claim=claim)
    except UNPROVEN as refusal:
        return await say_unproven(page, order_id, Access.VIEWER, refusal, prove_for=sent["kind"])
    return None
