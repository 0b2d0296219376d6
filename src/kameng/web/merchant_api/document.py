"""The OpenAPI document of the merchant API, apart from the guests'."""

import msgspec
from litestar import Litestar, Router
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme

PATH = "/api/merchant/v1"
VERSION = "1.0.0"
SCHEME = "KM1-HMAC-SHA256"
SECURED: list[dict[str, list[str]]] = [{SCHEME: []}]

_DESCRIPTION = """\
Buy digital goods from a balance, by program.

Every request is signed:

`Authorization: KM1-HMAC-SHA256 key=…,ts=…,nonce=…,sig=…`

where `sig` is the lower-case hexadecimal HMAC-SHA256, under your secret, of five lines joined by `\\n`: the method, the
path with its query exactly as sent, `ts` (seconds since 1970, at most 300 s from our clock), `nonce` (8 to 64 letters,
digits, `-`, `_`; never used before), and the hexadecimal SHA-256 of the body (of nothing, where there is none).

Amounts are in fen (1/100 yuan). Order numbers are strings of twenty digits. Errors are problem details (RFC 9457) whose
`code` is stable. After a time-out send the same order again, signed anew: your `out_order_no` makes one order.
"""


def document(routes: Router) -> bytes:
    """OpenAPI 3.1 as JSON."""
    config = OpenAPIConfig(
        title="Kameng merchant API",
        version=VERSION,
        description=_DESCRIPTION,
        create_examples=False,
        use_handler_docstrings=True,
        components=Components(
            security_schemes={SCHEME: SecurityScheme(type="apiKey", name="Authorization", security_scheme_in="header")}
        ),
    )
    app = Litestar(route_handlers=[routes], openapi_config=config, logging_config=None)
    return msgspec.json.encode(app.openapi_schema.to_schema())
