"""The doorway around the application: who comes in is found out, and every answer leaves with the same headers.

It stands outside routing, because `/s/<code>/…` is the address of a site and the rest the address of a page.
"""

import ipaddress
import re
import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

import structlog
from litestar.datastructures import State
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from kameng.sites.directory import SiteDirectory
from kameng.sites.site import Site, SiteMissing, for_host, with_code
from kameng.web.design.metrics import Metrics
from kameng.web.design.translation import LANGUAGES, Translator, choose_language
from kameng.web.design.visit import Visit, remember_visit
from kameng.web.design.web_settings import WebSettings

LANGUAGE_COOKIE = "language"
_SITE_PATH = re.compile(r"/s/([a-z][a-z0-9-]{1,30})(/.*|$)")
# These belong to the deployment and not to one of its sites.
_SITELESS = ("/static/", "/callbacks/", "/healthz", "/readyz", "/metrics")
SURFACES = ("static", "api", "shared", "callbacks", "console", "healthz", "readyz", "metrics")

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "worker-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Mapping[str, str] = {
    "content-security-policy": CONTENT_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=()",
}
HTTPS_HEADERS = {"strict-transport-security": "max-age=31536000; includeSubDomains"}

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

log = structlog.get_logger("kameng.web")


class Doorway:
    """Wraps the application's own ASGI handler; the order in which headers of the same name win is: page, then ours."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        state: State,
        translators: Mapping[str, Translator],
        settings: WebSettings,
        trusted_proxies: Sequence[Network],
        metrics: Metrics,
    ) -> None:
        self._app = app
        self._state = state
        self._translators = translators
        self._settings = settings
        self._trusted_proxies = trusted_proxies
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        visit, remember = await self._visit(scope)
        remember_visit(scope, visit)
        path, method = scope["path"], str(scope["method"])
        status = 0

        async def send_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                took = time.perf_counter() - started
                extra = {"server-timing": f"app;dur={took * 1000:.1f}", "x-request-id": visit.request_id, **remember}
                message["headers"] = _completed(list(message["headers"]), extra, is_https=visit.is_https)
                self._count(path, status, took)
            await send(message)

        try:
            await self._app(scope, receive, send_on)
        finally:
            took_ms = round((time.perf_counter() - started) * 1000, 1)
            log.info("request", method=method, path=path, status=status, took_ms=took_ms, request_id=visit.request_id)

    async def _visit(self, scope: Any) -> tuple[Visit, dict[str, str]]:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        address, is_https = self._came_from(scope, headers)
        asked = parse_qs(scope["query_string"].decode("latin-1")).get("lang", [None])[0]
        remembered = _cookie(headers.get("cookie", ""), LANGUAGE_COOKIE)
        language = choose_language(asked=asked, remembered=remembered, accepted=headers.get("accept-language", ""))
        site, prefix = await self._site(scope, headers.get("host", ""))
        visit = Visit(
            request_id=secrets.token_hex(8),
            found_site=site,
            prefix=prefix,
            words=self._translators[language],
            client_address=address,
            is_https=is_https,
        )
        if asked in LANGUAGES and asked != remembered:
            return visit, {"set-cookie": f"{LANGUAGE_COOKIE}={asked}; Path=/; Max-Age=31536000; SameSite=Lax"}
        return visit, {}

    def _came_from(self, scope: Any, headers: Mapping[str, str]) -> tuple[str, bool]:
        """The nearest address that is not a proxy of ours. Forwarded headers of anybody else are just claims."""
        address = _ip(scope["client"][0] if scope.get("client") else "") or "127.0.0.1"
        is_https = scope.get("scheme") == "https" or self._settings.is_https
        if not self._is_proxy(address):
            return address, is_https
        is_https = headers.get("x-forwarded-proto", "") == "https" or is_https
        for hop in reversed(headers.get("x-forwarded-for", "").split(",")):
            claimed = _ip(hop)
            if claimed is None:
                break
            address = claimed
            if not self._is_proxy(claimed):
                break
        return address, is_https

    def _is_proxy(self, address: str) -> bool:
        parsed = ipaddress.ip_address(address)
        return any(parsed in network for network in self._trusted_proxies)

    async def _site(self, scope: Any, host: str) -> tuple[Site | None, str]:
        if scope["path"].startswith(_SITELESS):
            return None, ""
        try:
            directory: SiteDirectory = self._state.directory
            sites = await directory.sites()
        except Exception:
            # Whatever needs the database will say so itself; what doesn't goes on.
            log.exception("sites could not be read")
            return None, ""
        match = _SITE_PATH.fullmatch(scope["path"])
        try:
            if match is None:
                return for_host(sites, host), ""
            site, prefix = with_code(sites, match[1]), f"/s/{match[1]}"
        except SiteMissing:
            # The path is left as it is, and no page has it.
            return None, ""
        scope["path"] = match[2] or "/"
        scope["raw_path"] = scope["raw_path"].removeprefix(prefix.encode()) or b"/"
        return site, prefix

    def _count(self, path: str, status: int, took_s: float) -> None:
        first = path.split("/", 2)[1]
        surface = first if first in SURFACES else "storefront"
        self._metrics.requests.labels(surface, str(status)).inc()
        self._metrics.request_seconds.labels(surface).observe(took_s)


def _completed(headers: list[Any], extra: Mapping[str, str], *, is_https: bool) -> list[Any]:
    present = {name.lower() for name, _ in headers}
    ours = {**HEADERS, **(HTTPS_HEADERS if is_https else {})}
    headers.extend((name.encode(), value.encode()) for name, value in ours.items() if name.encode() not in present)
    headers.extend((name.encode(), value.encode()) for name, value in extra.items())
    return headers


def _ip(text: str) -> str | None:
    try:
        parsed = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    mapped = getattr(parsed, "ipv4_mapped", None)
    return str(mapped or parsed)


def _cookie(header: str, name: str) -> str | None:
    for part in header.split(";"):
        key, _, value = part.strip().partition("=")
        if key == name:
            return value
    return None
