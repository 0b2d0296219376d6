"""The OpenAPI document: what every operation may answer, problems included."""

from collections import defaultdict

from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from kameng.kernel.errors import InvalidInput, Refusal
from kameng.web.design.problems import HTTP_WORDS, PROBLEM_TYPE, UNEXPECTED, Problem

PATH = "/api/v1"
VERSION = "1.0.0"
BEARER = "order token"
SECURED: list[dict[str, list[str]]] = [{BEARER: []}]

_DESCRIPTION = """\
Buy digital goods and follow the order, without an account.

Amounts are in fen (1/100 yuan). Order numbers are strings of twenty digits. Errors are problem details (RFC 9457)
whose `code` is stable; `detail` and `errors[].detail` are for people, in the language of `Accept-Language`.
"""


def problems(*refusals: type[Refusal], body: bool = True) -> dict[int, ResponseSpec]:
    """What an operation may be refused with, by status; with a body, also what is wrong with a body."""
    told: dict[int, list[str]] = defaultdict(list)
    for refusal in (*refusals, *((InvalidInput,) if body else ())):
        line = f"`{refusal.code}`: {refusal.words.chinese}"
        if line not in told[refusal.status]:
            told[refusal.status].append(line)
    for status in (400, 413, 415) if body else (400,):
        code, words = HTTP_WORDS[status]
        told[status].append(f"`{code}`: {words.chinese}")
    code, words = UNEXPECTED
    told[500].append(f"`{code}`: {words.chinese}")
    return {
        status: ResponseSpec(
            data_container=Problem,
            description="\n\n".join(lines),
            media_type=PROBLEM_TYPE,
            generate_examples=False,
        )
        for status, lines in sorted(told.items())
    }


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
