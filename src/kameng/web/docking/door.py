"""What every docking protocol is served with, and who calls."""

from collections.abc import Callable
from typing import Any

from litestar import Request

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.merchants.authenticate import Claim, authenticate
from kameng.merchants.merchant import Caller, Scope
from kameng.supply.ask_again import ask_again
from kameng.supply.suppliers import Suppliers
from kameng.web.design.metrics import Metrics
from kameng.web.design.visit import Visit, visit_of
from kameng.wholesale.buy import WholesaleRules, buy
from kameng.wholesale.order import MerchantOrder, codes_of
from kameng.wholesale.purchase import Purchase

AnyRequest = Request[Any, Any, Any]


class Counter:
    """A request with what the application was put together from."""

    def __init__(self, request: AnyRequest) -> None:
        state = request.app.state
        self.request = request
        self.visit: Visit = visit_of(request.scope)
        self.db: Database = state.db
        self.keyring: Keyring = state.keyring
        self.metrics: Metrics = state.metrics
        self.suppliers: Suppliers = state.suppliers
        self.rules: WholesaleRules = state.wholesale_rules

    async def caller(self, key_id: str, scope: Scope, is_signed_with: Callable[[str], bool]) -> Caller:
        """Raises what `authenticate` raises, and TooFast."""
        claim = Claim(key_id, self.visit.client_address, scope)
        caller = await authenticate(db=self.db, keyring=self.keyring, claim=claim, is_signed_with=is_signed_with)
        self.request.app.state.pace.step(caller.key.id, self.db.clock.now())
        return caller

    async def bought(self, caller: Caller, purchase: Purchase) -> MerchantOrder:
        """Raises what `buy` raises."""
        await ask_again(db=self.db, suppliers=self.suppliers, sku_id=purchase.sku_id)
        order = await buy(db=self.db, keyring=self.keyring, rules=self.rules, caller=caller, purchase=purchase)
        self.metrics.orders_placed.inc()
        return order

    async def codes(self, order: MerchantOrder) -> list[str]:
        return await codes_of(self.db, self.keyring, order)
