"""The OpenAPI document: what every operation may answer, problems included."""

from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

PATH = "/api/v1"
VERSION = "1.0.0"
BEARER = "order token"
SECURED: list[dict[str, list[str]]] = [{BEARER: []}]

_DESCRIPTION = """\
Buy digital goods and follow the order, without an account.

Amounts are in fen (1/100 yuan). Order numbers are strings of twenty digits. Errors are problem details (RFC 9457)
whose `code` is stable; `detail` and `errors[].detail` are for people, in the language of `Accept-Language`.
"""


def openapi() -> OpenAPIConfig:
    """OpenAPI 3.1 at `/api/v1/openapi.json`."""
    return OpenAPIConfig(
        title="Kameng guest API",
        version=VERSION,
        description=_DESCRIPTION,
        path=PATH,
        render_plugins=[JsonRenderPlugin()],
        create_examples=False,
        use_handler_docstrings=True,
        components=Components(
            security_schemes={
                BEARER: SecurityScheme(
                    type="http", scheme="bearer", description="The token of one order, from placing or looking up."
                )
            }
        ),
    )
