"""What every handler around an order needs: who asks, what their browser may see, and how the page is made."""

from typing import Any

from litestar import Request, Response
from litestar.di import NamedDependency

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.orders.number import OrderId, printed, read
from kameng.payment.gateways import Gateways
from kameng.resubmission.resubmission import KIND_NAMES, RESUBMISSION_STATE_NAMES, WHY_WORDS, ResubmissionRules
from kameng.resubmission.show import show
from kameng.tracking.access import Access
from kameng.tracking.outlook import EFFECT_WORDS, TROUBLE_WORDS
from kameng.tracking.view import OrderView, view_order
from kameng.web.design.pages import NO_STORE, Pages
from kameng.web.design.ways_to_pay import ways_to_pay
from kameng.web.storefront.order_cookies import present_access
from kameng.web.storefront.order_help import help_of

AnyRequest = Request[Any, Any, Any]


class OrderPage:
    """What the order page and its live piece are rendered from."""

    def __init__(self, request: AnyRequest, db: Database, keyring: Keyring, gateways: Gateways, pages: Pages) -> None:
        self.request = request
        self.db = db
        self.keyring = keyring
        self.gateways = gateways
        self.pages = pages
        self.rules: ResubmissionRules = request.app.state.resubmission_rules

    def access_to(self, order_id: OrderId) -> Access | None:
        return present_access(self.request, self.keyring, order_id, self.db.clock.now())

    def allowed(self, order_no: str) -> tuple[OrderId, Access] | None:
        """The order of this number and what the browser may do with it; None if nothing."""
        order_id = read(order_no)
        access = self.access_to(order_id) if order_id is not None else None
        return (order_id, access) if order_id is not None and access is not None else None

    async def show(self, order_id: OrderId, access: Access, *, status: int = 200, **more: object) -> Response[str]:
        """The whole page. It may hold codes: nobody keeps it."""
        context = {"typed": None, "codes": None, "errors": {}, "problem": None, "challenge": None, "prove_for": "",
                   **more}  # fmt: skip
        order = await self._order(order_id, access)
        view = order["order"]
        assert isinstance(view, OrderView)
        return self.pages.page(
            self.request,
            "storefront/order/page.html",
            status=status,
            headers=NO_STORE,
            **order,
            **await help_of(self.db, view),
            **context,
        )

    async def piece(self, order_id: OrderId, access: Access) -> tuple[OrderView, str]:
        """What is sent anew when something happens."""
        order = await self._order(order_id, access)
        view = order["order"]
        assert isinstance(view, OrderView)
        return view, self.pages.fragment(
            self.request, "storefront/order/_live.html", **order, errors={}, challenge=None, prove_for=""
        )

    async def _order(self, order_id: OrderId, access: Access) -> dict[str, object]:
        view = await view_order(db=self.db, keyring=self.keyring, order_id=order_id)
        return {
            "order": view,
            "is_owner": access is Access.OWNER,
            "ways": await ways_to_pay(self.gateways),
            "trouble_words": TROUBLE_WORDS,
            "effect_words": EFFECT_WORDS,
            **await self._put_right(order_id),
        }

    async def _put_right(self, order_id: OrderId) -> dict[str, object]:
        shown = await show(db=self.db, rules=self.rules, order_id=order_id)
        new_order_id = shown.newest.new_order_id if shown.newest else None
        return {
            "shown": shown,
            "kind_names": KIND_NAMES,
            "resubmission_states": RESUBMISSION_STATE_NAMES,
            "why_words": WHY_WORDS,
            "new_order_no": printed(new_order_id) if new_order_id else None,
            "old_order_no": printed(shown.replaces) if shown.replaces else None,
            "confirm_days": self.rules.confirm_after.days,
        }


def provide_order_page(
    request: AnyRequest,
    db: NamedDependency[Database],
    keyring: NamedDependency[Keyring],
    gateways: NamedDependency[Gateways],
    pages: NamedDependency[Pages],
) -> OrderPage:
    return OrderPage(request, db, keyring, gateways, pages)
