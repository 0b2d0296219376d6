"""One account at Reloadly: tokens, one for each product, and calls with them."""

from asyncio import Lock
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

from kameng.adapters.http import Answer, HttpClient
from kameng.adapters.suppliers.reading import PAGE_BYTES_MAX, compact, count_of, read_json, redacted, text_of
from kameng.adapters.suppliers.reloadly_wire import DUPLICATE, REFUSALS, STALE_TOKEN
from kameng.kernel.clock import Clock
from kameng.kernel.errors import Outage
from kameng.supply.answer import InDoubt, Reason, Refused

# A token is let go before it runs out, so that none runs out on its way.
_EARLY = timedelta(minutes=1)


@dataclass
class _Token:
    text: str = field(default="", repr=False)
    ends_at: datetime | None = None
    lock: Lock = field(default_factory=Lock)


# Adapters are made anew all the time, and tokens are few: they live as long as the client they were fetched with.
_TOKENS: WeakKeyDictionary[HttpClient, dict[tuple[str, ...], _Token]] = WeakKeyDictionary()


class Account:
    """`config` is what `reloadly.OPTIONS` ask for. The audience of a token is the address of the product."""

    def __init__(self, config: Mapping[str, str], *, http: HttpClient, clock: Clock) -> None:
        self._auth_url, self._api_url = config["auth_url"], config["base_url"]
        self._client_id, self._client_secret = config["client_id"], config["client_secret"]
        accept = "giftcards" if config["product"] == "giftcard" else "topups"
        self._accept = f"application/com.reloadly.{accept}-v1+json"
        self._http = http
        self._clock = clock

    async def get(self, page: str, params: Mapping[str, str] | None = None) -> Any | Refused | InDoubt:
        """The JSON of an answer with status 200: an object or a list."""
        return await self._call(page, params=params)

    async def post(self, page: str, body: Mapping[str, Any]) -> Any | Refused | InDoubt:
        """As `get`. Refused only for a published no, by which nothing was ordered, or because there is no token."""
        token = await self._token()
        if isinstance(token, InDoubt):
            return Refused(Reason.OTHER, token.words)
        return await self._call(page, body=body)

    async def _call(
        self, page: str, *, params: Mapping[str, str] | None = None, body: Mapping[str, Any] | None = None
    ) -> Any | Refused | InDoubt:
        said: Any | Refused | InDoubt = InDoubt("never asked")
        # A token that was called back is answered with 401 before anything is done: a new one, and once more.
        for last in (False, True):
            token = await self._token()
            if isinstance(token, Refused | InDoubt):
                return token
            said, code = await self._once(page, token, params, body)
            if code not in STALE_TOKEN or last:
                break
            self._kept.ends_at = None
        return said

    async def _once(
        self, page: str, token: str, params: Mapping[str, str] | None, body: Mapping[str, Any] | None
    ) -> tuple[Any | Refused | InDoubt, str]:
        headers = {"accept": self._accept, "authorization": f"Bearer {token}"}
        url = self._api_url + page
        try:
            answer = (
                await self._http.get(url, params=params, headers=headers, bytes_max=PAGE_BYTES_MAX)
                if body is None
                else await self._http.post_json(url, body=compact(body).encode(), headers=headers)
            )
        except Outage as outage:
            return InDoubt(str(outage)), ""
        return self._read(answer, token)

    def _read(self, answer: Answer, token: str) -> tuple[Any | Refused | InDoubt, str]:
        said = read_json(answer.text)
        if answer.status == 200 and isinstance(said, dict | list):
            return said, ""
        code, message = text_of(said, "errorCode"), text_of(said, "message")
        words = redacted(f"{message} ({code})" if said else f"HTTP {answer.status}", token, self._client_secret)
        if code == DUPLICATE:
            return InDoubt(f"Reloadly does have an order under this number: {words}"), code
        reason = REFUSALS.get(code) if 400 <= answer.status < 500 else None
        return (InDoubt(words) if reason is None else Refused(reason, words)), code

    @property
    def _kept(self) -> _Token:
        tokens = _TOKENS.setdefault(self._http, {})
        return tokens.setdefault((self._auth_url, self._client_id, self._client_secret, self._api_url), _Token())

    async def _token(self) -> str | Refused | InDoubt:
        kept = self._kept
        async with kept.lock:
            if kept.ends_at is not None and self._clock.now() < kept.ends_at:
                return kept.text
            body = {
                "client_id": self._client_id,
                "client_secret": self._client_secret,
                "grant_type": "client_credentials",
                "audience": self._api_url.rstrip("/"),
            }
            try:
                answer = await self._http.post_json(self._auth_url + "oauth/token", body=compact(body).encode())
            except Outage as outage:
                return InDoubt(f"no token: {outage}")
            said = read_json(answer.text)
            token, seconds = text_of(said, "access_token"), count_of(said, "expires_in")
            if answer.status != 200 or not token or seconds is None or not token.isascii():
                code = text_of(said, "errorCode")
                words = f"no token: HTTP {answer.status} {code}"
                return Refused(REFUSALS[code], words) if code in REFUSALS else InDoubt(words)
            kept.text, kept.ends_at = token, self._clock.now() + timedelta(seconds=seconds) - _EARLY
            return token
