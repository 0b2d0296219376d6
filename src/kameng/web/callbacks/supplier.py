"""Suppliers say what became of an order. Believed only as far as they prove it."""

from typing import Any

from litestar import HttpMethod, Request, Response, route
from litestar.params import FromPath

from kameng.fulfilment.hear_supplier import hear_supplier
from kameng.supply.supplier import Post

FIELDS_MAX = 100


@route(
    "/callbacks/suppliers/{supplier_code:str}",
    http_method=[HttpMethod.GET, HttpMethod.POST],
    status_code=200,
    include_in_schema=False,
)
async def supplier_callback(request: Request[Any, Any, Any], supplier_code: FromPath[str]) -> Response[str]:
    """Answered in the sender's own words: it repeats itself until it reads them."""
    state = request.app.state
    post = Post(
        query=dict(list(request.query_params.items())[:FIELDS_MAX]),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=await request.body(),
    )
    heard = await hear_supplier(
        db=state.db, keyring=state.keyring, suppliers=state.suppliers, supplier_code=supplier_code, post=post
    )
    state.metrics.notifies.labels(supplier_code, "accepted" if heard.accepted else "rejected").inc()
    return Response(
        heard.reply.text,
        media_type=heard.reply.media_type,
        status_code=heard.reply.status,
        headers={"Cache-Control": "no-store"},
    )
