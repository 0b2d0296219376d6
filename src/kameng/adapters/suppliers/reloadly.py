"""Reloadly: phone top-ups and gift cards all over the world, from an account in a currency of its own.

Facts are from its published API description. A number it has seen is refused for ever; an order without its number is
looked for in the report of transactions, which is filtered by our number (published for top-ups; for gift cards only
its public customers do so, hence a report that was not filtered proves nothing). Where callbacks go is set in its
console. What is in one is not published, so it is a reason to ask, however old it is.
"""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from hmac import compare_digest
from typing import Any

from kameng.adapters.http import HttpClient
from kameng.adapters.options import Option
from kameng.adapters.suppliers.rates import RATE, amount_of, fen_down, fen_up
from kameng.adapters.suppliers.reading import catalogue_of, count_of, one_of, read_object, text_of
from kameng.adapters.suppliers.reloadly_account import Account
from kameng.adapters.suppliers.reloadly_wire import (
    codes_of,
    gift_state,
    gifts_of,
    signature,
    top_up_state,
    top_ups_of,
    with_codes,
)
from kameng.adapters.suppliers.unable import CannotCancel, CannotComplain
from kameng.kernel.clock import Clock
from kameng.kernel.text import Words
from kameng.supply.answer import (
    Accepted,
    Balance,
    Delivered,
    InDoubt,
    NotFound,
    PlaceAnswer,
    QueryAnswer,
    Reason,
    Refused,
)
from kameng.supply.goods import GOODS_MAX, Catalogue, Goods, Unusable
from kameng.supply.supplier import Abilities, Callback, CallbackTrust, Forged, LossGuard, Post, Repeat, Reply, SupplyAsk

PAGE_SIZE = 200

OPTIONS = (
    Option(
        "product",
        Words("产品"),
        default="topup",
        choices={"topup": Words("话费充值 Airtime"), "giftcard": Words("礼品卡 Gift Cards")},
    ),
    Option(
        "base_url",
        Words("接口地址"),
        hint=Words(
            "话费 https://topups.reloadly.com/，礼品卡 https://giftcards.reloadly.com/；沙箱在名字后加 -sandbox"
        ),
    ),
    Option("auth_url", Words("授权地址"), default="https://auth.reloadly.com/"),
    Option("client_id", Words("Client ID"), form="[!-~]+"),
    Option("client_secret", Words("Client Secret"), secret=True, form="[!-~]+"),
    Option(
        "webhook_secret",
        Words("Webhook 密钥"),
        hint=Words("在 Reloadly 后台登记回调地址后得到；留空则不接收回调"),
        secret=True,
        default="",
    ),
    Option("sender_name", Words("寄件人名称"), hint=Words("写在礼品卡的收据上"), default="Kameng"),
    RATE,
)


class Reloadly(CannotCancel, CannotComplain):
    """Implements `supply.supplier.Supplier` for one of the two products. `config` is what OPTIONS ask for. Numbers of
    goods: see `reloadly_wire.top_ups_of` and `gifts_of`."""

    acknowledgement = Reply('{"received":true}', media_type="application/json")
    rejection = Reply('{"received":false}', status=400, media_type="application/json")

    def __init__(self, config: Mapping[str, str], *, http: HttpClient, clock: Clock) -> None:
        self._account = Account(config, http=http, clock=clock)
        self._gifts = config["product"] == "giftcard"
        self._rate = Decimal(config["rate"])
        self._webhook_secret = config["webhook_secret"]
        self._sender_name = config["sender_name"]
        self.abilities = Abilities(
            repeat=Repeat.REFUSED,
            loss_guard=LossGuard.NONE,
            callback=CallbackTrust.HINT if self._webhook_secret else CallbackTrust.NONE,
            quantity_max=10 if self._gifts else 1,
            # How soon a transaction stands in the report is not published.
            not_found_means_no=timedelta(minutes=15),
        )

    async def place(self, ask: SupplyAsk) -> PlaceAnswer:
        return await (self._order_gift(ask) if self._gifts else self._top_up(ask))

    async def query(self, ask: SupplyAsk, *, supplier_no: str | None) -> QueryAnswer:
        told = await self._told(ask, supplier_no)
        if isinstance(told, InDoubt | NotFound):
            return told
        if text_of(told, "customIdentifier") != ask.number or not text_of(told, "transactionId").isdecimal():
            return InDoubt("an answer about another order")
        return await self._gift(told, ask) if self._gifts else top_up_state(told, self._rate)

    async def balance(self) -> Balance | Refused | InDoubt:
        said = await self._account.get("accounts/balance")
        if isinstance(said, InDoubt | Refused):
            return said
        fen = fen_down(said.get("balance"), self._rate) if isinstance(said, dict) else None
        return InDoubt("a balance nobody can read") if fen is None else Balance(fen)

    async def catalogue(self) -> Catalogue | Refused | InDoubt:
        read: list[Goods | Unusable] = []
        asks = {"includeRange": "true", "includeFixed": "true"}
        asks |= {} if self._gifts else {"suggestedAmounts": "true", "includePin": "false"}
        for page in range(1, GOODS_MAX // PAGE_SIZE + 1):
            where = {"size": str(PAGE_SIZE), "page": str(page)}
            said = await self._account.get("products" if self._gifts else "operators", asks | where)
            if isinstance(said, InDoubt | Refused):
                return said
            entries = said.get("content") if isinstance(said, dict) else None
            if not isinstance(entries, list):
                return InDoubt("a page nobody can read")
            for entry in entries:
                read += self._goods_of(entry)
            if len(read) > GOODS_MAX or (count_of(said, "totalElements") or 0) > GOODS_MAX:
                break
            if not entries or said.get("last") is True:
                return catalogue_of(read)
        return Refused(Reason.NOT_SUPPORTED, f"more than {GOODS_MAX} goods")

    async def goods(self, number: str) -> Goods | Refused | InDoubt:
        entry = number.partition("-")[0]
        if not entry.isdecimal():
            return Refused(Reason.GOODS_GONE, "no number of goods")
        page = "products" if self._gifts else "operators"
        said = await self._account.get(f"{page}/{entry}", None if self._gifts else {"suggestedAmounts": "true"})
        if isinstance(said, InDoubt | Refused):
            return said
        if entry not in {text_of(said, name) for name in ("productId", "operatorId", "id")}:
            return InDoubt("an answer about other goods")
        for found in self._goods_of(said):
            if found.number == number:
                return one_of(found)
        return Refused(Reason.GOODS_GONE, "not sold any more")

    def read_callback(self, post: Post) -> Callback:
        own = signature(self._webhook_secret, post.body, post.headers.get("x-reloadly-request-timestamp", ""))
        told = post.headers.get("x-reloadly-signature", "").strip().lower()
        if not self._webhook_secret or not compare_digest(own.encode(), told.encode("utf-8", "surrogatepass")):
            msg = "the signature is wrong"
            raise Forged(msg)
        said = read_object(post.body.decode("utf-8", "replace")) or {}
        data = said.get("data", said)
        inner = data.get("transaction", data) if isinstance(data, dict) else {}
        supplier_no = text_of(inner, "transactionId") or text_of(inner, "id")
        return Callback(text_of(inner, "customIdentifier") or None, supplier_no or None, None)

    async def _top_up(self, ask: SupplyAsk) -> PlaceAnswer:
        """Asynchronous, for an operator may take longer than anyone waits for an answer."""
        operator_id, _, rest = ask.goods.partition("-")
        country, _, amount = rest.partition("-")
        local = amount.startswith("L")
        amount = amount.removeprefix("L")
        if not operator_id.isdecimal() or not country.isalpha() or amount_of(amount) is None:
            return Refused(Reason.GOODS_GONE, "no number of goods")
        if ask.account is None or ask.quantity != 1:
            return Refused(Reason.NOT_SUPPORTED, "one phone at a time")
        if no := await self._too_dear(ask, None if local else amount):
            return no
        wanted = {
            "operatorId": operator_id,
            "amount": amount,
            "useLocalAmount": local,
            "customIdentifier": ask.number,
            "recipientPhone": {"countryCode": country, "number": ask.account},
        }
        said = await self._account.post("topups-async", wanted)
        if isinstance(said, InDoubt | Refused):
            return said
        supplier_no = text_of(said, "transactionId")
        return Accepted(supplier_no) if supplier_no.isdecimal() else InDoubt("neither a yes nor a no")

    async def _order_gift(self, ask: SupplyAsk) -> PlaceAnswer:
        product_id, _, value = ask.goods.partition("-")
        price = amount_of(value)
        if not product_id.isdecimal() or price is None:
            return Refused(Reason.GOODS_GONE, "no number of goods")
        if ask.account is not None or ask.quantity > self.abilities.quantity_max:
            return Refused(Reason.NOT_SUPPORTED, "some gift cards at a time, to nobody's account")
        if no := await self._too_dear(ask, None):
            return no
        wanted = {
            "productId": int(product_id),
            "quantity": ask.quantity,
            "unitPrice": float(price),
            "customIdentifier": ask.number,
            "senderName": self._sender_name,
            "preOrder": False,
        }
        said = await self._account.post("orders", wanted)
        if isinstance(said, InDoubt | Refused):
            return said
        if text_of(said, "customIdentifier") not in {"", ask.number} or not text_of(said, "transactionId").isdecimal():
            return InDoubt("an answer about another order")
        answer = await self._gift(said, ask)
        # The order stands, whatever became of asking for its codes.
        known = Accepted(text_of(said, "transactionId"), fen_up(said.get("amount"), self._rate))
        return known if isinstance(answer, InDoubt | NotFound) else answer

    async def _too_dear(self, ask: SupplyAsk, amount: str | None) -> Refused | None:
        """What an amount costs is plain in the account's currency, and is looked up otherwise. Nothing has been ordered
        yet, so whatever is not a clear yes is a known no."""
        if amount is None:
            goods = await self.goods(ask.goods)
            if isinstance(goods, InDoubt):
                return Refused(Reason.OTHER, f"not ordered: {goods.words}")
            if isinstance(goods, Refused):
                return goods
            if not goods.on_sale:
                return Refused(Reason.GOODS_GONE, "not on sale")
            fen: int | None = goods.price_fen * ask.quantity
        else:
            fen = fen_up(amount, self._rate)
        if fen is None or fen > ask.cost_max_fen:
            return Refused(Reason.COSTS_TOO_MUCH, f"{fen} fen, at most {ask.cost_max_fen}")
        return None

    async def _gift(self, told: Mapping[str, Any], ask: SupplyAsk) -> QueryAnswer:
        """The second step: the codes of an order that was carried out."""
        state = gift_state(told, self._rate)
        if not isinstance(state, Delivered):
            return state
        cards = await self._account.get(f"orders/transactions/{state.supplier_no}/cards")
        if isinstance(cards, InDoubt | Refused):
            return Accepted(state.supplier_no, state.cost_fen, f"codes not told yet: {cards.words}")
        return with_codes(state, codes_of(cards), ask.quantity)

    async def _told(self, ask: SupplyAsk, supplier_no: str | None) -> Mapping[str, Any] | NotFound | InDoubt:
        if supplier_no is not None and not supplier_no.isdecimal():
            return InDoubt("no number of Reloadly's")
        report = "reports/transactions" if self._gifts else "topups/reports/transactions"
        page = report if supplier_no is None else f"{report}/{supplier_no}"
        if supplier_no is not None and not self._gifts:
            page = f"topups/{supplier_no}/status"
        said = await self._account.get(page, {"customIdentifier": ask.number} if supplier_no is None else None)
        if isinstance(said, InDoubt | Refused):
            return InDoubt(said.words)
        if supplier_no is not None:
            inner = said.get("transaction") if isinstance(said, dict) else None
            found = {**inner, "status": said.get("status")} if isinstance(inner, dict) else said
            same = isinstance(found, dict) and text_of(found, "transactionId") == supplier_no
            return found if same else InDoubt("an answer about another order")
        return _reported(said, ask.number)

    def _goods_of(self, entry: object) -> list[Goods | Unusable]:
        return gifts_of(entry, self._rate) if self._gifts else top_ups_of(entry, self._rate)


def _reported(said: Any, number: str) -> Mapping[str, Any] | NotFound | InDoubt:
    """The one transaction of a filtered report. A report of others was not filtered, and proves nothing."""
    entries = said.get("content") if isinstance(said, dict) else said
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        return InDoubt("a report nobody can read")
    found: list[Mapping[str, Any]] = [entry for entry in entries if text_of(entry, "customIdentifier") == number]
    if len(found) == 1:
        return found[0]
    return InDoubt("a report of other orders") if entries else NotFound("not in the report")
