"""What the page of a case is made of."""

from typing import Any

import msgspec
from litestar import Response
from litestar.di import NamedDependency

from kameng.aftersales.case import CaseMissing, CaseRules
from kameng.aftersales.conversation import BuyersCase, read_case
from kameng.aftersales.figures import read_figures
from kameng.aftersales.reading import reading_of, steps_of
from kameng.kernel.errors import Refusal
from kameng.orders.number import OrderId
from kameng.tracking.guarded import ProofNeeded
from kameng.tracking.view import OrderView, view_order
from kameng.web.design.pages import NO_STORE
from kameng.web.storefront.order_help import CASE_NAMES, kinds_for
from kameng.web.storefront.order_page import OrderPage


class CasePage:
    """The order's page, and what belongs to its case. Only its owner comes further than `prove`."""

    def __init__(self, order: OrderPage, rules: CaseRules) -> None:
        self.order = order
        self.db = order.db
        self.keyring = order.keyring
        self.rules = rules

    def tools(self) -> dict[str, Any]:
        """What the verbs of a case take."""
        return {"db": self.db, "keyring": self.keyring, "rules": self.rules}

    async def show(self, order_id: OrderId, *, refusal: Refusal | None = None, words: str = "") -> Response[str]:
        """The newest case with everything said in it; or, of an order without one, what can be asked for."""
        view = await self._view(order_id)
        seen = await read_case(db=self.db, keyring=self.keyring, order_id=order_id)
        return self.order.pages.page(
            self.order.request, "storefront/case/page.html", status=refusal.status if refusal else 200,
            headers=NO_STORE, order=view, kinds=kinds_for(view), figures=await read_figures(self.db), refusal=refusal,
            words_typed=words, rules=self.rules, **(self._seen(seen) if seen else {"case": None}), **CASE_NAMES,
        )  # fmt: skip

    async def piece(self, order_id: OrderId) -> tuple[BuyersCase, str]:
        """What is sent anew when something happens."""
        seen = await read_case(db=self.db, keyring=self.keyring, order_id=order_id)
        if seen is None:
            raise CaseMissing
        view = await self._view(order_id)
        text = self.order.pages.fragment(
            self.order.request, "storefront/case/_live.html", order=view, refusal=None, **self._seen(seen), **CASE_NAMES
        )
        return seen, text

    async def prove(self, order_id: OrderId, *, kind: str = "", refusal: Refusal | None = None) -> Response[str]:
        """Who has only looked the order up gives the whole contact first."""
        challenge = refusal.challenge if isinstance(refusal, ProofNeeded) else None
        return self.order.pages.page(
            self.order.request, "storefront/case/prove.html", status=refusal.status if refusal else 200,
            headers=NO_STORE, order=await self._view(order_id), kind=kind,
            errors=refusal.fields if refusal else {},
            problem=refusal.words if refusal is not None and not refusal.fields else None,
            challenge=msgspec.json.encode(challenge).decode() if challenge else None,
        )  # fmt: skip

    async def _view(self, order_id: OrderId) -> OrderView:
        return await view_order(db=self.db, keyring=self.keyring, order_id=order_id)

    def _seen(self, seen: BuyersCase) -> dict[str, object]:
        return {
            "case": seen.case,
            "messages": seen.messages,
            "earlier": seen.earlier,
            "remedies": seen.remedies,
            "reading": reading_of(seen.case),
            "steps": steps_of(seen.case),
        }


def provide_case_page(page: NamedDependency[OrderPage], case_rules: NamedDependency[CaseRules]) -> CasePage:
    return CasePage(page, case_rules)
