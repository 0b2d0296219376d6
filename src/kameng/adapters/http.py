"""The one client through which adapters speak to other people's machines.

Never inside a transaction; bounded in time and size; no redirect is followed, for a redirect could carry a signed
request to someone else. What is logged is method, host, path, status and time: keys travel in query strings and
bodies, so neither is ever written, and errors carry no address beyond the host.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import monotonic
from types import TracebackType
from typing import Self
from urllib.parse import urlencode

import httpx
import structlog

from kameng.kernel.database import assert_no_transaction
from kameng.kernel.errors import Outage

CONNECT_TIMEOUT_S = 3.0
TOTAL_TIMEOUT_S = 10.0
ANSWER_BYTES_MAX = 256 * 1024
#: Open to one origin at a time.
CONNECTIONS_MAX = 100
# Kept for the next call to the same origin. The pool looks through all of them at every call.
IDLE_MAX = 50
ORIGINS_MAX = 100
# Shorter than the keep-alive of the usual servers (5 s and up), so that we hang up first and no call is lost to a
# connection the other side has just closed.
IDLE_MAX_S = 4.0

# A compressed answer of a few bytes can unpack into gigabytes, so none is asked for.
_HEADERS = httpx.Headers({"user-agent": "Kameng", "accept": "*/*", "accept-encoding": "identity"})
_JSON_HEADERS = httpx.Headers({**_HEADERS, "content-type": "application/json"})
_FORM_HEADERS = httpx.Headers({**_HEADERS, "content-type": "application/x-www-form-urlencoded"})

# httpcore traces whole requests at DEBUG.
logging.getLogger("httpcore").setLevel(logging.WARNING)

_log = structlog.get_logger("kameng.http")

# What went wrong before the request was on its way: it had no effect.
_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
)


@dataclass(slots=True)
class _Lane:
    """The connections to one origin. httpcore's pool gets slower with each connection that is open, to whomever: a
    supplier that takes its time would slow the calls to all others."""

    transport: httpx.AsyncHTTPTransport
    calls: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with a status below 500, as it came."""

    status: int
    body: bytes

    @property
    def text(self) -> str:
        """The body as UTF-8; a byte order mark is dropped, broken bytes become U+FFFD."""
        return self.body.decode("utf-8-sig", errors="replace")


class HttpClient:
    """One per process and event loop, shared by all adapters; connections are kept alive and reused.

    `get`, `post_form` and `post_json` raise Outage: with `outcome_known=True` when the request never left (refused
    connection, unknown host, failed TLS), with `outcome_known=False` after a time-out, a 5xx, a cut or an oversized
    answer.
    Cookies are not kept; proxies named in the environment are not used.
    """

    def __init__(
        self,
        *,
        connect_timeout_s: float = CONNECT_TIMEOUT_S,
        total_timeout_s: float = TOTAL_TIMEOUT_S,
        answer_bytes_max: int = ANSWER_BYTES_MAX,
        connections_max: int = CONNECTIONS_MAX,
    ) -> None:
        self._total_timeout_s = total_timeout_s
        self._answer_bytes_max = answer_bytes_max
        timeout = httpx.Timeout(total_timeout_s, connect=connect_timeout_s)
        self._extensions = {"timeout": timeout.as_dict()}
        self._limits = httpx.Limits(
            max_connections=connections_max,
            max_keepalive_connections=min(connections_max, IDLE_MAX),
            keepalive_expiry=IDLE_MAX_S,
        )
        self._tls = httpx.create_ssl_context(trust_env=False)
        self._lanes: dict[tuple[str, str, int | None], _Lane] = {}

    async def get(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        bytes_max: int | None = None,
    ) -> Answer:
        """`url` without a query string. `bytes_max`: for answers that may be longer than usual, such as a catalogue."""
        address = f"{url}?{urlencode(params)}" if params else url
        return await self._call("GET", address, headers=_with(_HEADERS, headers), content=None, bytes_max=bytes_max)

    async def post_form(
        self,
        url: str,
        *,
        fields: Mapping[str, str] | Sequence[tuple[str, str]],
        headers: Mapping[str, str] | None = None,
        bytes_max: int | None = None,
    ) -> Answer:
        """A sequence of pairs keeps its order and may repeat a name."""
        content = urlencode(fields).encode()
        return await self._call(
            "POST", url, headers=_with(_FORM_HEADERS, headers), content=content, bytes_max=bytes_max
        )

    async def post_json(
        self,
        url: str,
        *,
        body: bytes,
        headers: Mapping[str, str] | None = None,
        bytes_max: int | None = None,
        address: str | None = None,
    ) -> Answer:
        """`body` goes out byte for byte, for it is often what was signed. `address`: the IP address that is connected
        to, whatever the host's name leads to by now; certificate and Host header stay those of the name."""
        sent = _with(_JSON_HEADERS, headers)
        return await self._call("POST", url, headers=sent, content=body, bytes_max=bytes_max, address=address)

    async def close(self) -> None:
        lanes, self._lanes = self._lanes, {}
        for lane in lanes.values():
            await lane.transport.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _call(
        self,
        method: str,
        url: str,
        *,
        headers: httpx.Headers,
        content: bytes | None,
        bytes_max: int | None,
        address: str | None = None,
    ) -> Answer:
        assert_no_transaction()
        request = httpx.Request(method, url, headers=headers, content=content, extensions={**self._extensions})
        if address is not None:
            # The Host header was taken from the name already.
            request.extensions["sni_hostname"] = request.url.host
            request.url = request.url.copy_with(host=address)
        began = monotonic()
        got = await self._attempt(request, bytes_max or self._answer_bytes_max)
        facts = {
            "method": method,
            "host": request.url.host,
            "path": request.url.path,
            "ms": round((monotonic() - began) * 1000, 1),
        }
        if isinstance(got, Answer) and got.status < httpx.codes.INTERNAL_SERVER_ERROR:
            _log.info("called", status=got.status, **facts)
            return got
        outage = got if isinstance(got, Outage) else Outage(f"answered {got.status}", outcome_known=False)
        _log.warning("call failed", reason=str(outage), outcome_known=outage.outcome_known, **facts)
        raise outage

    async def _attempt(self, request: httpx.Request, bytes_max: int) -> Answer | Outage:
        """Returns the outage instead of raising it: httpx's exceptions hold the request, key and all, and must not
        follow ours as its context into a log."""
        try:
            async with asyncio.timeout(self._total_timeout_s):
                return await self._exchange(request, bytes_max)
        except _NEVER_SENT as error:
            return Outage(f"not reached: {type(error).__name__}", outcome_known=True)
        except TimeoutError:
            return Outage("no answer in time", outcome_known=False)
        except (httpx.HTTPError, httpx.StreamError) as error:
            return Outage(f"cut off: {type(error).__name__}", outcome_known=False)

    async def _exchange(self, request: httpx.Request, bytes_max: int) -> Answer | Outage:
        async with self._lane_to(request.url) as transport:
            return await self._through(transport, request, bytes_max)

    @asynccontextmanager
    async def _lane_to(self, url: httpx.URL) -> AsyncIterator[httpx.AsyncHTTPTransport]:
        origin = (url.scheme, url.host, url.port)
        lane = self._lanes.get(origin)
        if lane is None:
            # The transport alone: AsyncClient adds redirects, cookies, log lines with whole addresses, and a third to
            # the time of a call.
            transport = httpx.AsyncHTTPTransport(verify=self._tls, limits=self._limits, trust_env=False)
            lane = self._lanes[origin] = _Lane(transport)
        lane.calls += 1
        try:
            yield lane.transport
        finally:
            lane.calls -= 1
            if lane.calls == 0 and len(self._lanes) > ORIGINS_MAX:
                self._lanes.pop(origin, None)
                await lane.transport.aclose()

    async def _through(
        self, transport: httpx.AsyncHTTPTransport, request: httpx.Request, bytes_max: int
    ) -> Answer | Outage:
        response = await transport.handle_async_request(request)
        try:
            body = bytearray()
            # Raw bytes are the text itself unless the server compressed unasked.
            parts = response.aiter_bytes() if "content-encoding" in response.headers else response.aiter_raw()
            async for part in parts:
                body += part
                if len(body) > bytes_max:
                    return Outage("the answer is too large", outcome_known=False)
        finally:
            await response.aclose()
        return Answer(response.status_code, bytes(body))


def _with(headers: httpx.Headers, more: Mapping[str, str] | None) -> httpx.Headers:
    return headers if more is None else httpx.Headers({**headers, **more})
