"""卡速售 v2, which many houses run under their own names (聚石, 盟云, 云聚, 资源亭, …).

Facts are from the vendor's document (doc.kasushou.com/api/v2api, 2026-04); its example of a signature was recomputed.
Published: code 200 is yes, 400 no with the reason in words alone, 500 unknown. Which words there are is not published,
so only those that can't mean anything else count as a known no. Codes in a callback are not signed, so callbacks are a
reason to ask. Not published: whether `safe_price` is for a piece or for all (taken for all, as other integrators do),
what a part is told as, and whether an unpaid order (-1) is paid later; both are in doubt.
"""

from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha1
from hmac import compare_digest
from typing import Any
from urllib.parse import parse_qsl

from kameng.adapters.http import HttpClient
from kameng.adapters.options import Option
from kameng.adapters.suppliers.kasushou_wire import NO, codes_of, goods_of, state_of
from kameng.adapters.suppliers.pages import Page, page_of, read_pages
from kameng.adapters.suppliers.php_json import encode, read_exact
from kameng.adapters.suppliers.reading import (
    PAGE_BYTES_MAX,
    asked,
    compact,
    count_of,
    fen_up,
    masked,
    one_of,
    redacted,
    signed_fen_down,
    text_of,
    unfit,
    unplaced,
)
from kameng.adapters.suppliers.refusals import reason_in
from kameng.kernel.clock import Clock
from kameng.kernel.money import yuan
from kameng.kernel.text import Words
from kameng.supply.answer import (
    Accepted,
    Balance,
    CancelAnswer,
    CancelAsked,
    ComplaintFiled,
    Delivered,
    Failed,
    InDoubt,
    NotFound,
    PlaceAnswer,
    QueryAnswer,
    Reason,
    Refused,
)
from kameng.supply.goods import Catalogue, Goods
from kameng.supply.supplier import Abilities, Callback, CallbackTrust, Forged, LossGuard, Post, Repeat, Reply, SupplyAsk

PAGE = 100
# Left out of a callback's signature.
_UNSIGNED = ("sign", "card_list", "express_list")
_NO_TO_CANCEL = ("不允许", "不支持", "不能", "无法", "已完成", "已退款", "已取消")

OPTIONS = (
    Option("base_url", Words("接口地址"), hint=Words("货源站的网址，例如 https://shop.example.com/")),
    Option("userid", Words("接口 ID UserId"), form="[0-9A-Za-z_-]+"),
    Option("key", Words("接口密钥 apikey"), secret=True),
)


def sign(body: str, *, timestamp: str, key: str) -> str:
    """The header `Sign`: sha1 of the 13-digit timestamp, the body (its names sorted) and the key."""
    text = f"{timestamp}{body}{key}".encode("utf-8", "surrogatepass")
    return sha1(text, usedforsecurity=False).hexdigest()


class Kasushou:
    """Implements `supply.supplier.Supplier`. `config` is what OPTIONS ask for."""

    abilities = Abilities(
        repeat=Repeat.REFUSED,
        loss_guard=LossGuard.TOTAL,
        callback=CallbackTrust.HINT,
        quantity_max=100,
        query_window=timedelta(days=30),
        cancels=True,
        complains=True,
    )
    acknowledgement = Reply("ok")
    rejection = Reply("fail")

    def __init__(self, config: Mapping[str, str], *, http: HttpClient, clock: Clock) -> None:
        self._base_url = config["base_url"]
        self._userid = config["userid"]
        self._key = config["key"]
        self._http = http
        self._clock = clock

    async def place(self, ask: SupplyAsk) -> PlaceAnswer:
        if refused := unfit(ask, quantity_max=self.abilities.quantity_max):
            return refused
        if not (ask.goods.isascii() and ask.goods.isdecimal()):
            return Refused(Reason.GOODS_GONE, "no number of goods")
        wanted: dict[str, Any] = {
            "id": int(ask.goods),
            "quantity": ask.quantity,
            "external_orderno": ask.number,
            "url": ask.callback_url,
            "safe_price": yuan(ask.cost_max_fen),
            "mark": "",
        }
        if ask.account is not None:
            wanted["attach"] = {"recharge_account": ask.account, **ask.fields}
        said = await self._call("order/buy", wanted, ask)
        if isinstance(said, InDoubt | Refused):
            return unplaced(said)
        order = said.get("data")
        if not isinstance(order, dict) or text_of(order, "external_orderno") != ask.number:
            return InDoubt("accepted, but not this order")
        if not text_of(order, "ordersn"):
            return InDoubt("accepted without a number")
        return Accepted(text_of(order, "ordersn"), fen_up(order.get("total_price")))

    async def query(self, ask: SupplyAsk, *, supplier_no: str | None) -> QueryAnswer:
        said = await self._call("order/info", {"external_orderno": ask.number}, ask)
        if isinstance(said, InDoubt | Refused):
            return NotFound(said.words) if "订单不存在" in said.words else InDoubt(said.words)
        orders = said.get("data")
        if orders == []:
            return NotFound()
        order = orders[0] if isinstance(orders, list) and len(orders) == 1 else None
        if (
            not isinstance(order, dict)
            or text_of(order, "external_orderno") != ask.number
            or (supplier_no and text_of(order, "ordersn") != supplier_no)
        ):
            return InDoubt("an answer about another order")
        words = masked(redacted(text_of(order, "recharge_hints"), self._key, ask.account or ""))
        return state_of(order, codes_of(order.get("card_list")), ask, words)

    async def cancel(self, ask: SupplyAsk, *, supplier_no: str | None) -> CancelAnswer:
        """Withdrawn is not paid back yet: the query tells."""
        number = supplier_no or await self._number_of(ask)
        if number is None:
            return InDoubt("the platform's own number is not known")
        said = await self._call("order/close", {"ordersn": number}, ask)
        match said:
            case InDoubt(words) if any(no in words for no in _NO_TO_CANCEL):
                return Refused(Reason.NOT_ALLOWED, words)
            case InDoubt() | Refused():
                return said
        return CancelAsked(text_of(said, "msg"))

    async def complain(
        self, ask: SupplyAsk, *, supplier_no: str | None, words: str
    ) -> ComplaintFiled | Refused | InDoubt:
        number = supplier_no or await self._number_of(ask)
        if number is None:
            return InDoubt("the platform's own number is not known")
        complaint = {"ordersn": number, "content": words[:500], "screenshot": "", "url": ""}
        said = await self._call("order/complain", complaint, ask)
        return said if isinstance(said, InDoubt | Refused) else ComplaintFiled(None, text_of(said, "msg"))

    async def balance(self) -> Balance | Refused | InDoubt:
        said = await self._call("user/info", {})
        if isinstance(said, InDoubt | Refused):
            return said
        account = said.get("data")
        fen = signed_fen_down(account.get("balance")) if isinstance(account, dict) else None
        return InDoubt("a balance nobody can read") if fen is None else Balance(fen)

    async def catalogue(self) -> Catalogue | Refused | InDoubt:
        return await read_pages(self._page, size=PAGE, goods_of=goods_of)

    async def _page(self, number: int) -> Page | Refused | InDoubt:
        said = await self._call("goods/list", {"cate_id": 0, "keyword": "", "limit": PAGE, "page": number})
        if isinstance(said, InDoubt | Refused):
            return said
        data = said.get("data")
        return page_of(data.get("list") if isinstance(data, dict) else None, count_of(data, "total"))

    async def goods(self, number: str) -> Goods | Refused | InDoubt:
        if not (number.isascii() and number.isdecimal()):
            return Refused(Reason.GOODS_GONE, "no number of goods")
        said = await self._call("goods/info", {"id": int(number)})
        if isinstance(said, InDoubt | Refused):
            return said
        read = one_of(goods_of(said.get("data")))
        return InDoubt("an answer about other goods") if isinstance(read, Goods) and read.number != number else read

    def read_callback(self, post: Post) -> Callback:
        text = post.body.decode("utf-8", "replace")
        fields = read_exact(text) or dict(parse_qsl(text, keep_blank_values=True))
        if not self._wrote(fields):
            msg = "the signature is wrong"
            raise Forged(msg)
        number, supplier_no = text_of(fields, "external_orderno") or None, text_of(fields, "ordersn") or None
        if not (number or supplier_no):
            msg = "names no order"
            raise Forged(msg)
        return Callback(number, supplier_no, None)

    def _wrote(self, fields: Mapping[str, Any]) -> bool:
        """A request's slashes are not escaped before it is signed, a callback's are; either is taken."""
        signed = {name: fields[name] for name in sorted(fields) if name.partition("[")[0] not in _UNSIGNED}
        told = text_of(fields, "sign").lower().encode("utf-8", "surrogatepass")
        genuine = False
        for slashes_escaped in (True, False):
            try:
                body = encode(signed, slashes_escaped=slashes_escaped)
            except RecursionError:
                return False
            own = sign(body, timestamp=text_of(fields, "time"), key=self._key)
            genuine |= compare_digest(own.encode(), told)
        return genuine

    async def _number_of(self, ask: SupplyAsk) -> str | None:
        found = await self.query(ask, supplier_no=None)
        return found.supplier_no if isinstance(found, Accepted | Delivered | Failed) else None

    async def _call(
        self, path: str, wanted: Mapping[str, Any], ask: SupplyAsk | None = None
    ) -> dict[str, Any] | Refused | InDoubt:
        """An answer with code 200."""
        body = compact(dict(sorted(wanted.items())))
        timestamp = str(int(self._clock.now().timestamp() * 1000))
        headers = {
            "Sign": sign(body, timestamp=timestamp, key=self._key),
            "Timestamp": timestamp,
            "UserId": self._userid,
        }
        account = (ask.account if ask else None) or ""
        call = self._http.post_json(
            f"{self._base_url}api/v1/{path}", body=body.encode(), headers=headers, bytes_max=PAGE_BYTES_MAX
        )
        said = await asked(call, secret=self._key, more_secrets=[account])
        if isinstance(said, InDoubt):
            return said
        code, words = text_of(said, "code"), redacted(text_of(said, "msg"), self._key, account)
        if code == "200":
            return said
        reason = reason_in(words, NO) if code == "400" else None
        return InDoubt(f"{words} (code {code})") if reason is None else Refused(reason, words)
