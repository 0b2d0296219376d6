"""Everything a guest's request is served with.

One dependency and not ten: resolving several costs more time than looking up an order does.
"""

from typing import Any

from litestar import Request

from kameng.checkout.place_order import CheckoutRules
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.payment.gateways import Gateways
from kameng.risk.guard import GuardRules
from kameng.supply.suppliers import Suppliers
from kameng.tracking.live import LiveEvents
from kameng.web.design.event_stream import Streams
from kameng.web.design.metrics import Metrics
from kameng.web.design.visit import Visit, visit_of
from kameng.web.design.web_settings import WebSettings
from kameng.web.guest_api.bearer import Bearer, bearer_of

AnyRequest = Request[Any, Any, Any]


class Counter:
    """What the application was put together from, and who stands before it."""

    def __init__(self, request: AnyRequest) -> None:
        state = request.app.state
        self.request = request
        self.visit: Visit = visit_of(request.scope)
        self.words = self.visit.words
        self.db: Database = state.db
        self.keyring: Keyring = state.keyring
        self.gateways: Gateways = state.gateways
        self.suppliers: Suppliers = state.suppliers
        self.live: LiveEvents = state.live
        self.streams: Streams = state.streams
        self.metrics: Metrics = state.metrics
        self.web_settings: WebSettings = state.web_settings
        self.checkout_rules: CheckoutRules = state.checkout_rules
        self.guard_rules: GuardRules = state.guard_rules

    def bearer(self, order_no: str) -> Bearer:
        """Raises TokenNeeded."""
        authorization = self.request.headers.get("authorization", "")
        return bearer_of(self.keyring, order_no, authorization, self.db.clock.now())


def provide_counter(request: AnyRequest) -> Counter:
    return Counter(request)
