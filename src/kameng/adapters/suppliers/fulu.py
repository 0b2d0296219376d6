"""福禄, API 2.0 (docs.open.fulu.com). Where its facts come from is said in `fulu_wire`.

Callbacks come to the address that is set in the platform's console; an order can't name one. They are signed by the
rule of requests, which proves little (see `sign`), so they are a reason to ask. Phones are topped up by a number of
goods like everything else (`fulu.order.direct.add`); the orders by face value alone (`mobile.add`, `data.add`) are not
used. Not published: whether `customer_price` keeps an order from costing more (so no guard is promised).
"""

from collections.abc import Mapping
from datetime import timedelta
from decimal import ROUND_FLOOR, Decimal
from hmac import compare_digest
from typing import Any

from kameng.adapters.http import HttpClient
from kameng.adapters.options import Option
from kameng.adapters.suppliers.fulu_wire import (
    FIELDS,
    NOT_FOUND,
    asks_of,
    goods_of,
    one_entry,
    refusal,
    result_of,
    sign_of,
    state_of,
    told_of,
)
from kameng.adapters.suppliers.reading import (
    PAGE_BYTES_MAX,
    asked,
    catalogue_of,
    compact,
    one_of,
    other_order,
    read_list,
    read_object,
    redacted,
    signed_fen_down,
    text_of,
    unfit,
    unplaced,
)
from kameng.adapters.suppliers.unable import CannotCancel, CannotComplain
from kameng.kernel.clock import SHANGHAI, Clock
from kameng.kernel.text import Words
from kameng.supply.answer import Balance, Delivered, InDoubt, NotFound, PlaceAnswer, QueryAnswer, Reason, Refused
from kameng.supply.goods import Catalogue, Goods
from kameng.supply.supplier import Abilities, Callback, CallbackTrust, Forged, LossGuard, Post, Repeat, Reply, SupplyAsk

OPTIONS = (
    Option(
        "base_url",
        Words("接口地址"),
        hint=Words("回调地址要在福禄商户控制台里填写"),
        default="https://openapi.fulu.com/",
    ),
    Option("app_key", Words("应用 AppKey")),
    Option(
        "secret",
        Words("应用密钥 AppSecret"),
        hint=Words("也用来解密卡密"),
        secret=True,
        form=r"[!-~]{32}",
        form_words=Words("应为 32 位"),
    ),
    Option(
        "customer_price",
        Words("外部销售价 customer_price"),
        default="cost_max",
        choices={"cost_max": Words("传我们能接受的最高单价"), "none": Words("不传")},
    ),
)

_LIST = "fulu.goods.list.get"
_WRONG_SIGNATURE = "the signature is wrong"


class Fulu(CannotCancel, CannotComplain):
    """Implements `supply.supplier.Supplier`."""

    abilities = Abilities(
        repeat=Repeat.REFUSED,
        loss_guard=LossGuard.NONE,
        callback=CallbackTrust.HINT,
        quantity_max=100,
        # "Never heard of it" two hours later is for people to decide, the platform says.
        not_found_means_no=None,
        ask_after=(
            *(timedelta(seconds=seconds) for seconds in (2, 3, 5, 10, 20, 30)),
            *(timedelta(minutes=minutes) for minutes in (1, 2, 5)),
        ),
    )
    acknowledgement = Reply("success")
    rejection = Reply("fail")

    def __init__(self, config: Mapping[str, str], *, http: HttpClient, clock: Clock) -> None:
        self._url = config["base_url"].removesuffix("api/getway/") + "api/getway"
        self._app_key = config["app_key"]
        self._secret = config["secret"]
        self._priced = config["customer_price"] == "cost_max"
        self._http = http
        self._clock = clock

    async def place(self, ask: SupplyAsk) -> PlaceAnswer:
        if refused := unfit(ask, quantity_max=self.abilities.quantity_max, fields=FIELDS):
            return refused
        if not (ask.goods.isascii() and ask.goods.isdecimal()):
            return Refused(Reason.GOODS_GONE, "no number of goods")
        said = await self._call(*self._wanted(ask))
        if isinstance(said, InDoubt):
            return unplaced(said)
        if reason := refusal(said):
            return Refused(reason, self._words(said, ask.account))
        order = self._order(said, ask, None)
        if isinstance(order, InDoubt):
            return order
        state = state_of(order, self._secret)
        if isinstance(state, Delivered) and ask.account is None:
            return InDoubt("done, without its codes")
        return state or InDoubt(f"state {text_of(order, 'order_state')}")

    def _wanted(self, ask: SupplyAsk) -> tuple[str, dict[str, Any]]:
        """The method and what it is told."""
        wanted: dict[str, Any] = {
            "product_id": int(ask.goods),
            "customer_order_no": ask.number,
            "buy_num": ask.quantity,
        }
        if self._priced:
            wanted["customer_price"] = _yuan_each(ask.cost_max_fen, ask.quantity)
        if ask.account is None:
            return "fulu.order.card.add", wanted
        address = {"charge_ip": ask.client_address} if ask.client_address else {}
        return "fulu.order.direct.add", wanted | {"charge_account": ask.account, **ask.fields, **address}

    async def query(self, ask: SupplyAsk, *, supplier_no: str | None) -> QueryAnswer:
        said = await self._call("fulu.order.info.get", {"customer_order_no": ask.number})
        if isinstance(said, InDoubt):
            return said
        if text_of(said, "code") == NOT_FOUND:
            return NotFound(self._words(said, ask.account))
        order = self._order(said, ask, supplier_no)
        if isinstance(order, InDoubt):
            return order
        state = state_of(order, self._secret)
        if ask.account is None and isinstance(state, Delivered) and len(state.codes) != ask.quantity:
            return InDoubt(f"done, with {len(state.codes)} of {ask.quantity} codes")
        return state or InDoubt(f"state {text_of(order, 'order_state')}, or codes nobody can read")

    async def balance(self) -> Balance | Refused | InDoubt:
        told = await self._told("fulu.user.info.get", {})
        if isinstance(told, InDoubt | Refused):
            return told
        fen = signed_fen_down((read_object(told) or {}).get("balance"))
        return InDoubt("a balance nobody can read") if fen is None else Balance(fen)

    async def catalogue(self) -> Catalogue | Refused | InDoubt:
        """All that is on sale, in one answer."""
        told = await self._told(_LIST, {})
        if isinstance(told, InDoubt | Refused):
            return told
        entries = read_list(told)
        return InDoubt("a catalogue nobody can read") if entries is None else catalogue_of(goods_of(entries))

    async def goods(self, number: str) -> Goods | Refused | InDoubt:
        """With what they ask for, which only their template tells."""
        told = await self._told("fulu.goods.info.get", {"product_id": number})
        if isinstance(told, InDoubt | Refused):
            return told
        entry = read_object(told)
        if entry is None or text_of(entry, "product_id") != number:
            return InDoubt("an answer about other goods")
        template_id = text_of(entry, "template_id")
        if not template_id:
            return one_of(one_entry(entry))
        template = await self._told("fulu.goods.template.get", {"template_id": template_id})
        if isinstance(template, InDoubt | Refused):
            return template
        asks = asks_of(template)
        if asks is None:
            return Refused(Reason.NOT_SUPPORTED, "asks for something that can't be asked for")
        return one_of(one_entry(entry, asks=asks))

    def read_callback(self, post: Post) -> Callback:
        told = read_object(post.body.decode("utf-8", "replace")) or {}
        theirs = text_of(told, "sign").lower()
        if not compare_digest(sign_of(told, self._secret).encode(), theirs.encode("utf-8", "surrogatepass")):
            raise Forged(_WRONG_SIGNATURE)
        return Callback(text_of(told, "customer_order_no") or None, text_of(told, "order_id") or None, told_of(told))

    def _order(self, said: Mapping[str, Any], ask: SupplyAsk, supplier_no: str | None) -> dict[str, Any] | InDoubt:
        """The order an answer with code 0 tells of."""
        if text_of(said, "code") != "0":
            return InDoubt(self._words(said, ask.account))
        result = result_of(said, self._secret)
        order = read_object(result) if result is not None else None
        if order is None:
            return InDoubt("an answer whose signature doesn't fit, or without an order")
        if other_order(order, ("customer_order_no", "order_id"), number=ask.number, supplier_no=supplier_no):
            return InDoubt("an answer about another order")
        return order

    def _words(self, said: Mapping[str, Any], account: str | None = None) -> str:
        words = f"{text_of(said, 'message')} (code {text_of(said, 'code')})"
        return redacted(words, self._secret, self._app_key, account or "")

    async def _told(self, method: str, content: Mapping[str, Any]) -> str | Refused | InDoubt:
        """For questions that change nothing: the result as its text."""
        said = await self._call(method, content)
        if isinstance(said, InDoubt):
            return said
        if reason := refusal(said):
            return Refused(reason, self._words(said))
        if text_of(said, "code") != "0":
            return InDoubt(self._words(said))
        result = result_of(said, self._secret)
        return InDoubt("an answer whose signature doesn't fit") if result is None else result

    async def _call(self, method: str, content: Mapping[str, Any]) -> dict[str, Any] | InDoubt:
        told = {
            "app_key": self._app_key,
            "method": method,
            "timestamp": f"{self._clock.now().astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}",
            "version": "2.0",
            "format": "json",
            "charset": "utf-8",
            "sign_type": "md5",
            "app_auth_token": "",
            "biz_content": compact(content),
        }
        body = compact(told | {"sign": sign_of(told, self._secret)}).encode()
        bytes_max = PAGE_BYTES_MAX if method == _LIST else None
        call = self._http.post_json(self._url, body=body, bytes_max=bytes_max)
        secrets = (self._app_key, str(content.get("charge_account", "")))
        return await asked(call, secret=self._secret, more_secrets=secrets)


def _yuan_each(fen: int, quantity: int) -> float:
    return float((Decimal(fen) / 100 / quantity).quantize(Decimal("0.0001"), ROUND_FLOOR))
