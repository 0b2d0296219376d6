"""星海, API v1.9: a phone and voucher platform that several houses run under their own names. Where its facts come
from is said in `xinghai_wire`.

Not published: whether `itemPrice` must equal the price or only reach it (hence the option), and whether `cardData` of a
callback is signed as the text it was sent as (taken so; where it is not, such callbacks are refused and the query finds
the codes).
"""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from hmac import compare_digest
from typing import Any
from urllib.parse import parse_qsl

from kameng.adapters.http import HttpClient
from kameng.adapters.options import Option
from kameng.adapters.suppliers.reading import (
    PAGE_BYTES_MAX,
    asked,
    catalogue_of,
    fen_up,
    goods_in,
    other_order,
    redacted,
    signed_fen_down,
    text_of,
    unfit,
    unplaced,
)
from kameng.adapters.suppliers.unable import CannotCancel, CannotComplain
from kameng.adapters.suppliers.xinghai_wire import codes_of, goods_of, guard, plain, refusal, sign, state_of, timestamp
from kameng.kernel.clock import Clock
from kameng.kernel.text import Words
from kameng.supply.answer import Accepted, Balance, Delivered, InDoubt, NotFound, PlaceAnswer, QueryAnswer, Refused
from kameng.supply.goods import Catalogue, Goods
from kameng.supply.supplier import Abilities, Callback, CallbackTrust, Forged, LossGuard, Post, Repeat, Reply, SupplyAsk

OPTIONS = (
    Option("base_url", Words("接口地址"), hint=Words("例如 https://api.example.com:8920/")),
    Option("app_id", Words("应用 ID appId")),
    Option(
        "secret",
        Words("应用密钥 appSecret"),
        hint=Words("也用来解密卡密"),
        secret=True,
        form=r"[!-~]{16}",
        form_words=Words("应为 16 位"),
    ),
    Option(
        "quantity_max",
        Words("一单最多几件"),
        hint=Words("商品是否支持一次多件，以平台商务的答复为准"),
        default="1",
        form=r"[1-9][0-9]{0,2}",
        form_words=Words("应为 1–999"),
    ),
    Option(
        "price_check",
        Words("校验结算单价 itemPrice"),
        default="on",
        choices={"on": Words("传最高单价，由平台核对"), "off": Words("不传")},
    ),
)

_OPERATORS = {"mobile": "yd", "unicom": "lt", "telecom": "dx", "broadcast": "gd"}
# Further answers an order can carry. The platform's people say which goods want which.
_FIELDS = frozenset({"ext1", "ext2", "ext3", "smsCode", "phoneNo"})
_CATALOGUE = "api/item/query"
_PHONES = "api/hf/order/submit"


class Xinghai(CannotCancel, CannotComplain):
    """Implements `supply.supplier.Supplier`. Phones whose operator is known go the phones' own way in."""

    acknowledgement = Reply("ok")
    rejection = Reply("fail")

    def __init__(self, config: Mapping[str, str], *, http: HttpClient, clock: Clock) -> None:
        self._base_url = config["base_url"]
        self._app_id = config["app_id"]
        self._secret = config["secret"]
        self._guarded = config["price_check"] == "on"
        self._http = http
        self._clock = clock
        self.abilities = Abilities(
            repeat=Repeat.ANEW_AFTER_FAILURE,
            loss_guard=LossGuard.UNIT if self._guarded else LossGuard.NONE,
            callback=CallbackTrust.FINAL,
            quantity_max=int(config["quantity_max"]),
            # Asking sooner, or much more often, is answered with a ban of the address.
            ask_after=(timedelta(minutes=3), timedelta(minutes=2)),
            # Three by the document, counted by the platform's clock.
            not_found_means_no=timedelta(minutes=4),
            # This month and the one before: 28 days on the first of March.
            query_window=timedelta(days=28),
        )

    async def place(self, ask: SupplyAsk) -> PlaceAnswer:
        if refused := unfit(ask, quantity_max=self.abilities.quantity_max, fields=_FIELDS):
            return refused
        for_codes = ask.account is None
        said = await self._call(_page_for(ask), self._wanted(ask))
        if isinstance(said, InDoubt):
            return unplaced(said)
        words = self._words(said, ask.account)
        if reason := refusal(said, for_codes=for_codes):
            return Refused(reason, words)
        if text_of(said, "code") != "00":
            return InDoubt(words)
        if other_order(said, ("outOrderId", "orderId"), number=ask.number, supplier_no=None):
            return InDoubt("an answer about another order")
        supplier_no, cost_fen = text_of(said, "orderId") or None, fen_up(said.get("cost"))
        codes = codes_of(said.get("cardData"), self._secret)
        if for_codes and codes and len(codes) == ask.quantity:
            return Delivered(supplier_no, codes, cost_fen=cost_fen, words=words)
        return Accepted(supplier_no, cost_fen, words)

    async def query(self, ask: SupplyAsk, *, supplier_no: str | None) -> QueryAnswer:
        # With both, the platform looks by its own number.
        said = await self._call("api/order/query", {"orderId": supplier_no or "", "outOrderId": ask.number})
        if isinstance(said, InDoubt):
            return said
        if text_of(said, "code") != "00":
            return InDoubt(self._words(said, ask.account))
        status = text_of(said, "orderStatus")
        if status == "4":
            return NotFound(self._words(said, ask.account))
        if other_order(said, ("outOrderId", "orderId"), number=ask.number, supplier_no=supplier_no):
            return InDoubt("an answer about another order")
        said["orderDesc"] = redacted(text_of(said, "orderDesc"), self._secret, ask.account or "")
        state = state_of(said, self._secret)
        if ask.account is None and isinstance(state, Delivered) and len(state.codes) != ask.quantity:
            return InDoubt(f"done, with {len(state.codes)} of {ask.quantity} codes")
        return state or InDoubt(f"status {status}, or codes nobody can read")

    async def balance(self) -> Balance | Refused | InDoubt:
        """Without the credit that may come on top of it. The platform allows one question in ten seconds."""
        said = await self._told("api/account/balance")
        if isinstance(said, InDoubt | Refused):
            return said
        fen = signed_fen_down(said.get("balance"))
        return InDoubt("a balance nobody can read") if fen is None else Balance(fen)

    async def catalogue(self) -> Catalogue | Refused | InDoubt:
        """All in one answer. The platform allows one question in five seconds."""
        said = await self._told(_CATALOGUE)
        if isinstance(said, InDoubt | Refused):
            return said
        entries = said.get("data")
        return catalogue_of(goods_of(entries)) if isinstance(entries, list) else InDoubt("a catalogue nobody can read")

    async def goods(self, number: str) -> Goods | Refused | InDoubt:
        """Nothing can be asked about one alone: the catalogue is read."""
        found = await self.catalogue()
        return goods_in(found, number) if isinstance(found, Catalogue) else found

    def read_callback(self, post: Post) -> Callback:
        fields = dict(parse_qsl(post.body.decode("utf-8", "replace"), keep_blank_values=True))
        if wrong := self._wrong_with(fields):
            raise Forged(wrong)
        number, supplier_no = fields.get("outOrderId") or None, fields.get("orderId") or None
        return Callback(number, supplier_no, state_of(fields, self._secret))

    def _wrong_with(self, fields: Mapping[str, str]) -> str | None:
        theirs = fields.get("sign", "").lower()
        if not compare_digest(sign(fields, self._secret).encode(), theirs.encode("utf-8", "surrogatepass")):
            return "the signature is wrong"
        return None if fields.get("appId") == self._app_id else "meant for another customer"

    def _wanted(self, ask: SupplyAsk) -> dict[str, str]:
        wanted = {
            "outOrderId": ask.number,
            "uuid": ask.account or "",
            "itemId": ask.goods,
            "itemFace": plain(Decimal(ask.face_fen) / 100) if ask.face_fen else "",
            "itemPrice": guard(ask.cost_max_fen, ask.quantity) if self._guarded else "",
            "callbackUrl": ask.callback_url,
        }
        if _page_for(ask) == _PHONES:
            return wanted | {"isp": _OPERATORS[ask.operator or ""], "provinceName": ask.province or ""}
        return wanted | {"amount": str(ask.quantity), **ask.fields}

    def _words(self, said: Mapping[str, Any], account: str | None = None) -> str:
        return redacted(f"{text_of(said, 'msg')} (code {text_of(said, 'code')})", self._secret, account or "")

    async def _told(self, page: str) -> dict[str, Any] | Refused | InDoubt:
        """For questions that change nothing: a no is a no."""
        said = await self._call(page, {})
        if isinstance(said, InDoubt) or text_of(said, "code") == "00":
            return said
        reason = refusal(said, for_codes=False)
        return InDoubt(self._words(said)) if reason is None else Refused(reason, self._words(said))

    async def _call(self, page: str, fields: Mapping[str, str]) -> dict[str, Any] | InDoubt:
        told = {name: value for name, value in fields.items() if value != ""}
        told |= {"appId": self._app_id, "timestamp": timestamp(self._clock.now())}
        told["sign"] = sign(told, self._secret)
        bytes_max = PAGE_BYTES_MAX if page == _CATALOGUE else None
        call = self._http.post_form(self._base_url + page, fields=told, bytes_max=bytes_max)
        return await asked(call, secret=self._secret, more_secrets=(fields.get("uuid", ""),))


def _page_for(ask: SupplyAsk) -> str:
    if ask.account is None:
        return "api/card/get"
    # The phones' way in knows neither quantities nor further fields but the code sent to the phone.
    for_phones = ask.operator in _OPERATORS and ask.quantity == 1 and not ask.fields
    return _PHONES if for_phones else "api/order/submit"
