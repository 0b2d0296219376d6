"""One account at a dujiao-next site: signed calls, and what belongs to every answer."""

from collections.abc import Mapping
from decimal import Decimal
from hmac import compare_digest
from typing import Any
from urllib.parse import urlsplit

from kameng.adapters.http import HttpClient
from kameng.adapters.suppliers.dujiao_wire import CALLBACK_PATH, REFUSALS, sign
from kameng.adapters.suppliers.reading import PAGE_BYTES_MAX, asked, compact, redacted, text_of
from kameng.kernel.clock import Clock
from kameng.supply.answer import InDoubt, Refused
from kameng.supply.supplier import Post

CLOCKS_APART_MAX_S = 60


class Site:
    """`config` is what `dujiao.OPTIONS` ask for. `rate`: fen for one unit of `currency`."""

    def __init__(self, config: Mapping[str, str], *, http: HttpClient, clock: Clock) -> None:
        self._base_url = config["base_url"] + "api/v1/upstream/"
        self._api_key = config["api_key"]
        self._secret = config["api_secret"]
        self.currency = config["currency"].upper()
        self.rate = Decimal(config["rate"])
        self._http = http
        self._clock = clock

    def rate_of(self, said: Mapping[str, Any]) -> Decimal | None:
        """None for a currency nobody told us of."""
        return self.rate if text_of(said, "currency").upper() in {self.currency, ""} else None

    async def said(
        self, method: str, page: str, params: Mapping[str, str] | None = None
    ) -> dict[str, Any] | Refused | InDoubt:
        """As `call`, for answers that say yes; a published no is set apart."""
        said = await self.call(method, page, params=params)
        if isinstance(said, InDoubt) or said.get("ok") is True:
            return said
        return refusal(said) or InDoubt(f"neither a yes nor a known no: {words_of(said)}")

    async def call(
        self, method: str, page: str, *, params: Mapping[str, str] | None = None, body: Mapping[str, Any] | None = None
    ) -> dict[str, Any] | InDoubt:
        """Whatever object it answers. The path is signed, what stands behind a question mark is not."""
        raw = b"" if body is None else compact(body).encode()
        url, timestamp = self._base_url + page, str(int(self._clock.now().timestamp()))
        headers = {
            "dujiao-next-api-key": self._api_key,
            "dujiao-next-timestamp": timestamp,
            "dujiao-next-signature": sign(
                self._secret, method=method, path=urlsplit(url).path, timestamp=timestamp, body=raw
            ),
        }
        call = (
            self._http.get(url, params=params, headers=headers, bytes_max=PAGE_BYTES_MAX)
            if method == "GET"
            else self._http.post_json(url, body=raw, headers=headers)
        )
        return await asked(call, secret=self._secret)

    def wrong_with(self, post: Post) -> str | None:
        """Why a callback is not from this site; None if it is."""
        timestamp = post.headers.get("dujiao-next-timestamp", "")
        own = sign(self._secret, method="POST", path=CALLBACK_PATH, timestamp=timestamp, body=post.body)
        told = post.headers.get("dujiao-next-signature", "").lower()
        if not compare_digest(own.encode(), told.encode("utf-8", "surrogatepass")):
            return "the signature is wrong"
        if post.headers.get("dujiao-next-api-key") != self._api_key:
            return "meant for another customer"
        now = int(self._clock.now().timestamp())
        if not timestamp.isdecimal() or abs(now - int(timestamp)) > CLOCKS_APART_MAX_S:
            return "from another time"
        return None


def refusal(said: Mapping[str, Any]) -> Refused | None:
    """A published no; None for everything else."""
    reason = REFUSALS.get(text_of(said, "error_code")) if said.get("ok") is False else None
    return None if reason is None else Refused(reason, words_of(said))


def words_of(said: Mapping[str, Any]) -> str:
    return redacted(f"{text_of(said, 'error_message')} ({text_of(said, 'error_code')})")
