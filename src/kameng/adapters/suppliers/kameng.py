"""Another Kameng as our supplier, by its merchant API (`/api/merchant/v1`), paid from our balance there.

Our number of an attempt makes one order there, for ever, so an order whose answer was lost is asked about by it.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from kameng.adapters.http import HttpClient
from kameng.adapters.options import Option
from kameng.adapters.suppliers.kameng_wire import goods_of, placed_of, reason_of, state_of, words_of
from kameng.adapters.suppliers.reading import (
    PAGE_BYTES_MAX,
    asked,
    catalogue_of,
    compact,
    count_of,
    one_of,
    read_object,
    text_of,
    unfit,
    unplaced,
)
from kameng.kernel.clock import Clock
from kameng.kernel.km1 import WEBHOOK, Signed, authorization
from kameng.kernel.text import Words
from kameng.supply.answer import (
    Balance,
    CancelAnswer,
    ComplaintFiled,
    InDoubt,
    NotFound,
    PlaceAnswer,
    QueryAnswer,
    Reason,
    Refused,
)
from kameng.supply.goods import GOODS_MAX, Catalogue, Goods, Unusable
from kameng.supply.supplier import Abilities, Callback, CallbackTrust, Forged, LossGuard, Post, Repeat, Reply, SupplyAsk

API = "api/merchant/v1/"
PAGE_SIZE = 100
QUANTITY_MAX = 1000

OPTIONS = (
    Option(
        "base_url",
        Words("店铺地址"),
        hint=Words("对方 Kameng 的网址，分站请带上 /s/代码，例如 https://km.example.com/"),
    ),
    Option("key", Words("密钥 ID"), form="[0-9]{10}"),
    Option("secret", Words("密钥"), secret=True, form="[!-~]+"),
)


class Kameng:
    """Implements `supply.supplier.Supplier`. A number of goods is the other shop's number of a face value. `config` is
    what OPTIONS ask for."""

    abilities = Abilities(
        repeat=Repeat.SAME_ORDER,
        loss_guard=LossGuard.TOTAL,
        # It names the order and its state; codes have to be asked for.
        callback=CallbackTrust.HINT,
        quantity_max=QUANTITY_MAX,
        not_found_means_no=timedelta(minutes=1),
        query_window=timedelta(days=3 * 365),
    )
    acknowledgement = Reply("ok")
    rejection = Reply("rejected", status=400)

    def __init__(self, config: Mapping[str, str], *, http: HttpClient, clock: Clock) -> None:
        self._base_url = config["base_url"] + API
        self._key = config["key"]
        self._secret = config["secret"]
        self._http = http
        self._clock = clock

    async def place(self, ask: SupplyAsk) -> PlaceAnswer:
        if not ask.goods.isdecimal():
            return Refused(Reason.GOODS_GONE, "no number of goods")
        if no := unfit(ask, quantity_max=QUANTITY_MAX):
            return no
        wanted: dict[str, Any] = {
            "out_order_no": ask.number,
            "sku": int(ask.goods),
            "quantity": ask.quantity,
            "fields": dict(ask.fields),
            "callback_url": ask.callback_url,
            "cost_max_fen": ask.cost_max_fen,
        }
        if ask.account is not None:
            wanted["account"] = ask.account
        said = await self._post("orders", wanted)
        if isinstance(said, InDoubt):
            return unplaced(said)
        return placed_of(said, ask)

    async def query(self, ask: SupplyAsk, *, supplier_no: str | None) -> QueryAnswer:
        """By our own number, which finds it always."""
        del supplier_no
        said = await self._get("orders", {"out_order_no": ask.number})
        if isinstance(said, InDoubt):
            return said
        if text_of(said, "code") == "order_missing":
            return NotFound(words_of(said))
        if reason_of(said) is not None:
            return InDoubt(words_of(said))
        return state_of(said, ask)

    async def cancel(self, ask: SupplyAsk, *, supplier_no: str | None) -> CancelAnswer:
        del ask, supplier_no
        return Refused(Reason.NOT_SUPPORTED, "")

    async def complain(
        self, ask: SupplyAsk, *, supplier_no: str | None, words: str
    ) -> ComplaintFiled | Refused | InDoubt:
        del ask, supplier_no, words
        return Refused(Reason.NOT_SUPPORTED, "")

    async def balance(self) -> Balance | Refused | InDoubt:
        said = await self._known("balance")
        if isinstance(said, InDoubt | Refused):
            return said
        fen = count_of(said, "balance_fen")
        return InDoubt("a balance nobody can read") if fen is None else Balance(fen)

    async def catalogue(self) -> Catalogue | Refused | InDoubt:
        read, cursor = list[Goods | Unusable](), ""
        while len(read) <= GOODS_MAX:
            said = await self._known("products", {"limit": str(PAGE_SIZE)} | ({"cursor": cursor} if cursor else {}))
            if isinstance(said, InDoubt | Refused):
                return said
            page = said.get("data")
            if not isinstance(page, list) or not isinstance(said.get("has_more"), bool):
                return InDoubt("a page nobody can read")
            for product in page:
                read += goods_of(product)
            following = text_of(said, "next_cursor")
            if not said["has_more"]:
                return catalogue_of(read)
            if not page or following in {"", cursor}:
                return InDoubt("pages that lead nowhere")
            cursor = following
        return Refused(Reason.NOT_SUPPORTED, f"more than {GOODS_MAX} goods")

    async def goods(self, number: str) -> Goods | Refused | InDoubt:
        if not number.isdecimal():
            return Refused(Reason.GOODS_GONE, "no number of goods")
        said = await self._known(f"skus/{number}")
        if isinstance(said, InDoubt | Refused):
            return said
        found = [entry for entry in goods_of(said) if entry.number == number]
        return one_of(found[0]) if found else InDoubt("an answer about other goods")

    def read_callback(self, post: Post) -> Callback:
        signed = Signed.read(post.headers.get("authorization", ""))
        if signed is None or signed.key != self._key:
            msg = "not signed, or meant for another customer"
            raise Forged(msg)
        if not signed.is_of(self._secret, method="POST", target=WEBHOOK, body=post.body):
            msg = "the signature is wrong"
            raise Forged(msg)
        if not signed.is_timely(self._clock.now()):
            msg = "from another time"
            raise Forged(msg)
        said = read_object(post.body.decode("utf-8", "replace")) or {}
        order = said.get("data")
        return Callback(text_of(order, "out_order_no") or None, text_of(order, "order_no") or None, None)

    async def _known(self, page: str, params: Mapping[str, str] | None = None) -> dict[str, Any] | Refused | InDoubt:
        """A published no set apart."""
        said = await self._get(page, params)
        if isinstance(said, InDoubt):
            return said
        reason = reason_of(said)
        if reason is not None:
            return Refused(reason, words_of(said))
        return InDoubt(words_of(said)) if "code" in said else said

    async def _get(self, page: str, params: Mapping[str, str] | None = None) -> dict[str, Any] | InDoubt:
        url = self._base_url + page
        target = urlsplit(url).path + (f"?{urlencode(params)}" if params else "")
        call = self._http.get(url, params=params, headers=self._signed("GET", target, b""), bytes_max=PAGE_BYTES_MAX)
        return await asked(call, secret=self._secret)

    async def _post(self, page: str, wanted: Mapping[str, Any]) -> dict[str, Any] | InDoubt:
        url, body = self._base_url + page, compact(wanted).encode()
        headers = self._signed("POST", urlsplit(url).path, body)
        return await asked(self._http.post_json(url, body=body, headers=headers), secret=self._secret)

    def _signed(self, method: str, target: str, body: bytes) -> dict[str, str]:
        now = self._clock.now()
        return {
            "authorization": authorization(self._key, self._secret, method=method, target=target, body=body, now=now)
        }
