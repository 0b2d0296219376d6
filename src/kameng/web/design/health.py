"""For machines that watch us: alive, ready, and how it goes."""

import hmac
import ipaddress
from typing import Any

import structlog
from litestar import MediaType, Request, Response, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from kameng.kernel.database import Database
from kameng.kernel.migrations import missing_migrations
from kameng.tracking.figures import figures
from kameng.tracking.live import LiveEvents
from kameng.web.design.metrics import Metrics
from kameng.web.design.visit import visit_of
from kameng.web.design.web_settings import WebSettings

log = structlog.get_logger("kameng.web")


@get("/healthz", media_type=MediaType.TEXT, include_in_schema=False, sync_to_thread=False)
def healthz() -> str:
    """The process answers."""
    return "ok"


@get("/readyz", media_type=MediaType.TEXT, include_in_schema=False)
async def readyz(db: NamedDependency[Database]) -> Response[str]:
    """The database answers and is migrated."""
    try:
        async with db.reading() as connection:
            missing = await missing_migrations(connection)
    except Exception:
        log.exception("not ready")
        return Response("database unreachable", status_code=503)
    if missing:
        return Response("migrations missing", status_code=503)
    return Response("ready")


@get("/metrics", media_type=MediaType.TEXT, include_in_schema=False)
async def metrics(
    request: Request[Any, Any, Any],
    metrics: NamedDependency[Metrics],
    web_settings: NamedDependency[WebSettings],
    db: NamedDependency[Database],
    live: NamedDependency[LiveEvents],
) -> Response[bytes]:
    """Prometheus text. With a token set, whoever has it; without one, this machine only, and nobody through a proxy."""
    if not _may_read(request, web_settings):
        raise NotFoundException
    metrics.take_in(await figures(db, after=metrics.seen_up_to))
    metrics.listeners.set(live.listeners)
    return Response(generate_latest(metrics.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _may_read(request: Request[Any, Any, Any], settings: WebSettings) -> bool:
    if settings.metrics_token:
        given = request.headers.get("authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {settings.metrics_token}".encode())
    if "x-forwarded-for" in request.headers or "forwarded" in request.headers:
        return False
    return ipaddress.ip_address(visit_of(request.scope).client_address).is_loopback
