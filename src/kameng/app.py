"""The web process: everything is put together here, once."""

import asyncio
import gc
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from litestar import Litestar
from litestar.config.compression import CompressionConfig
from litestar.config.csrf import CSRFConfig
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.types import ControllerRouterHandler

from kameng.adapters.gateways.table import PROTOCOLS, gateway_makers
from kameng.adapters.http import HttpClient
from kameng.adapters.suppliers.table import PROTOCOLS as SUPPLIER_PROTOCOLS
from kameng.adapters.suppliers.table import supplier_makers
from kameng.journey import FOLLOWING
from kameng.kernel.clock import Clock, SystemClock
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database, open_pool
from kameng.kernel.errors import Refusal
from kameng.kernel.logs import configure_logs
from kameng.payment.gateways import Gateways
from kameng.settings import DATABASE_URL, Settings, SettingWrong, settings_from
from kameng.sites.directory import SiteDirectory
from kameng.supply.suppliers import Suppliers
from kameng.tracking.live import LiveEvents
from kameng.web.callbacks.notify import notify
from kameng.web.callbacks.supplier import supplier_callback
from kameng.web.console.routes import CONSOLE
from kameng.web.design.assets import Assets, static, theme
from kameng.web.design.doorway import Doorway
from kameng.web.design.event_stream import Streams
from kameng.web.design.health import healthz, metrics, readyz
from kameng.web.design.metrics import Metrics
from kameng.web.design.pace import Pace
from kameng.web.design.pages import Pages
from kameng.web.design.problems import on_http, on_refusal, on_unexpected
from kameng.web.design.provide import DEPENDENCIES
from kameng.web.design.translation import load_translators
from kameng.web.docking.acgfaka import acgfaka_routes
from kameng.web.docking.dujiao import dujiao_routes
from kameng.web.guest_api.document import openapi
from kameng.web.guest_api.routes import guest_api_routes
from kameng.web.merchant_api.routes import merchant_api_routes
from kameng.web.storefront.routes import storefront_routes

BODY_BYTES_MAX = 64 * 1024
PURPOSE_FORMS = "form token"
# Collecting rarely keeps pauses out of the answers; what was made at start-up is never looked at again.
GC_THRESHOLDS = (50_000, 50, 100)

Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]

ROUTES: tuple[ControllerRouterHandler, ...] = (
    static,
    theme,
    healthz,
    readyz,
    metrics,
    notify,
    supplier_callback,
)


def app_from_environment() -> Litestar:
    """For the web server, in a process of its own."""
    settings = settings_from(os.environ)
    configure_logs(settings.log_level)
    return make_app(settings, long_lived=True)


def make_app(settings: Settings, *, clock: Clock | None = None, long_lived: bool = False) -> Litestar:
    """The application over one database. `long_lived` tunes the garbage collector of the whole process.

    Raises SettingWrong.
    """
    keyring = settings.keyring()
    clock = clock or SystemClock()
    assets = Assets()
    app = Litestar(
        route_handlers=[
            *ROUTES,
            storefront_routes(),
            guest_api_routes(),
            *merchant_api_routes(),
            dujiao_routes(),
            acgfaka_routes(),
            CONSOLE,
        ],
        state=State(
            {
                "keyring": keyring,
                "gateway_protocols": PROTOCOLS,
                "supplier_protocols": SUPPLIER_PROTOCOLS,
                "web_settings": settings.web,
                "checkout_rules": settings.checkout,
                "resubmission_rules": settings.resubmission,
                "wholesale_rules": settings.wholesale,
                "guard_rules": settings.guard,
                "case_rules": settings.cases,
                "refund_rules": settings.refunds,
                "pace": Pace(),
                "assets": assets,
                "pages": Pages(assets, clock),
                "metrics": Metrics(),
                "streams": Streams(),
            }
        ),
        lifespan=[_lifespan(settings, clock, long_lived=long_lived)],
        dependencies=DEPENDENCIES,
        exception_handlers={Refusal: on_refusal, HTTPException: on_http, Exception: on_unexpected},
        csrf_config=_forms(settings, keyring),
        compression_config=CompressionConfig(backend="gzip", gzip_compress_level=6, exclude=["/static/", "/events$"]),
        request_max_body_size=BODY_BYTES_MAX,
        openapi_config=openapi(),
        logging_config=None,
    )
    app.asgi_handler = Doorway(
        app.asgi_handler,
        state=app.state,
        translators=load_translators(),
        settings=settings.web,
        trusted_proxies=settings.trusted_proxies,
        metrics=app.state.metrics,
    )
    return app


def _lifespan(settings: Settings, clock: Clock, *, long_lived: bool) -> Lifespan:
    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        if settings.database_url is None:
            raise SettingWrong(DATABASE_URL, "the web process needs a database; `kameng up` brings its own")
        async with HttpClient() as http, await open_pool(settings.database_url, size=settings.pool_size) as pool:
            db = Database(pool, following=FOLLOWING, clock=clock)
            app.state.db = db
            app.state.directory = SiteDirectory(db)
            app.state.gateways = Gateways(db, app.state.keyring, gateway_makers(http))
            app.state.suppliers = Suppliers(db, app.state.keyring, supplier_makers(http, clock))
            app.state.live = LiveEvents(db)
            following = asyncio.create_task(app.state.live.follow())
            if long_lived:
                app.state.streams.close_on(asyncio.get_running_loop(), signal.SIGTERM, signal.SIGINT)
                gc.collect()
                gc.freeze()
                gc.set_threshold(*GC_THRESHOLDS)
            try:
                yield
            finally:
                following.cancel()

    return lifespan


def _forms(settings: Settings, keyring: Keyring) -> CSRFConfig:
    """Every form proves that it came from a page of ours; programs and gateways prove themselves in other ways."""
    return CSRFConfig(
        secret=keyring.index("secret", purpose=PURPOSE_FORMS).hex(),
        cookie_name="form_token",
        cookie_secure=settings.web.is_https,
        cookie_httponly=True,
        exclude=["^/callbacks/", "^/api/", "^/shared/"],
    )
