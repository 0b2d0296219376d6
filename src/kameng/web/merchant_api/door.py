"""Who calls, and everything a call is served with."""

from typing import Any, cast

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.types import Guard

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.kernel.errors import Refusal
from kameng.kernel.km1 import NONCE_KEPT, Signed
from kameng.kernel.text import Words
from kameng.merchants.authenticate import Claim, authenticate, spend_nonce
from kameng.merchants.merchant import Caller, Merchant, Scope
from kameng.resubmission.resubmission import ResubmissionRules
from kameng.supply.suppliers import Suppliers
from kameng.web.design.metrics import Metrics
from kameng.web.design.visit import Visit, visit_of
from kameng.wholesale.buy import WholesaleRules

AnyRequest = Request[Any, Any, Any]
_CALLER = "caller"


class SignatureMissing(Refusal):
    code = "signature_missing"
    status = 401
    words = Words("缺少 KM1-HMAC-SHA256 签名，或格式不对")


class SignatureStale(Refusal):
    """The clocks differ by more than five minutes. `server_time`: seconds since 1970 here."""

    code = "signature_stale"
    status = 401
    words = Words("签名时间与服务器相差超过 5 分钟，请校准时钟")


class Desk:
    """What the application was put together from, and which merchant stands before it."""

    def __init__(self, request: AnyRequest) -> None:
        state = request.app.state
        self.visit: Visit = visit_of(request.scope)
        self.db: Database = state.db
        self.keyring: Keyring = state.keyring
        self.metrics: Metrics = state.metrics
        self.suppliers: Suppliers = state.suppliers
        self.rules: WholesaleRules = state.wholesale_rules
        self.resubmission: ResubmissionRules = state.resubmission_rules
        self.caller: Caller = request.scope["state"][_CALLER]

    @property
    def merchant(self) -> Merchant:
        return self.caller.merchant


def provide_desk(request: AnyRequest) -> Desk:
    return Desk(request)


def signed_for(scope: Scope) -> Guard:
    """A request passes with a signature of its own, once, by a key that has the scope."""

    async def guard(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        request = cast("AnyRequest", connection)
        visit, state = visit_of(request.scope), request.app.state
        signed = Signed.read(request.headers.get("authorization", ""))
        if signed is None:
            raise SignatureMissing
        body = await request.body()
        target = _target(request, visit)
        caller = await authenticate(
            db=state.db,
            keyring=state.keyring,
            claim=Claim(signed.key, visit.client_address, scope),
            is_signed_with=lambda secret: signed.is_of(secret, method=request.method, target=target, body=body),
        )
        now = state.db.clock.now()
        if not signed.is_timely(now):
            raise SignatureStale(server_time=int(now.timestamp()))
        state.pace.step(caller.key.id, now)
        await spend_nonce(db=state.db, key_id=caller.key.id, nonce=signed.nonce, until=now + NONCE_KEPT)
        request.scope["state"][_CALLER] = caller

    return guard


def _target(request: AnyRequest, visit: Visit) -> str:
    """Path and query as they were sent; the site's own prefix is a part of what the caller signed."""
    path = visit.prefix + request.scope["raw_path"].decode("latin-1")
    query = request.scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query else path
