"""Gateways say that somebody paid. Whatever they say is checked by asking them."""

from typing import Any

from litestar import HttpMethod, MediaType, Request, Response, route
from litestar.params import FromPath

from kameng.payment.gateways import Gateways
from kameng.payment.hear_notify import hear_notify

FIELDS_MAX = 100


@route(
    "/callbacks/{gateway_code:str}",
    http_method=[HttpMethod.GET, HttpMethod.POST],
    media_type=MediaType.TEXT,
    status_code=200,
    include_in_schema=False,
)
async def notify(request: Request[Any, Any, Any], gateway_code: FromPath[str]) -> Response[str]:
    """Answered in the sender's own words: it repeats itself until it reads them."""
    state = request.app.state
    gateways: Gateways = state.gateways
    channel = await gateways.named(gateway_code)
    fields = await _fields(request)
    answer = await hear_notify(db=state.db, gateways=gateways, gateway_code=gateway_code, fields=fields)
    outcome = "accepted" if answer == channel.gateway.acknowledgement else "rejected"
    state.metrics.notifies.labels(gateway_code, outcome).inc()
    return Response(answer, media_type=MediaType.TEXT, headers={"Cache-Control": "no-store"})


async def _fields(request: Request[Any, Any, Any]) -> dict[str, str]:
    """Query and form as one; the form wins. NUL can't be stored and can't be signed by an honest sender."""
    texts = dict(request.query_params.items())
    if request.method == HttpMethod.POST:
        texts |= {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    return {name.replace("\0", ""): value.replace("\0", "") for name, value in list(texts.items())[:FIELDS_MAX]}
