"""acg-faka 共享店铺, types 0 (the shop itself) and 2 (its SharedStock plugin). Type 1 is in `acgfaka_v4`.

Facts are from the program (lizhipay/acg-faka 3.6.0). An order is paid from our balance and answered with its codes at
once. It can't be withdrawn, nothing is ever called back, and it is found by the shop's own number alone: an order
whose answer was lost stays in doubt until somebody looks into the shop.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from kameng.adapters.http import HttpClient
from kameng.adapters.options import Option
from kameng.adapters.suppliers.acgfaka_goods import Choice, goods_of, one_of, stock_of
from kameng.adapters.suppliers.acgfaka_wire import (
    QUANTITY_MAX,
    codes_in,
    dearer,
    judged,
    not_codes,
    not_for_codes,
    own_fields,
    request_no,
    sign,
)
from kameng.adapters.suppliers.reading import PAGE_BYTES_MAX, asked, catalogue_of, fen_up, signed_fen_down, text_of
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
from kameng.supply.goods import Catalogue, Goods, Unusable
from kameng.supply.supplier import Abilities, Callback, CallbackTrust, Forged, LossGuard, Post, Repeat, Reply, SupplyAsk

OPTIONS = (
    Option("base_url", Words("店铺地址"), hint=Words("对方店铺的网址，必须直接应答，不能跳转")),
    Option("app_id", Words("商户 ID"), form="[!-~]+"),
    Option("app_key", Words("商户密钥"), secret=True, form="[!-~]+"),
    Option(
        "type",
        Words("店铺类型"),
        default="0",
        choices={
            "0": Words("异次元发卡（原生共享店铺）"),
            "1": Words("萌次元 mcy-shop V4"),
            "2": Words("异次元发卡（SharedStock 插件）"),
        },
    ),
)

_NATIVE = {
    "connect": "shared/authentication/connect",
    "items": "shared/commodity/items",
    "item": "shared/commodity/item",
    "stock": "shared/commodity/stock",
    "valuation": "shared/commodity/valuation",
}
# The plugin shows the goods; bought they are from the shop itself.
_PLUGIN = {name: f"plugin/SharedStock/api/{name}" for name in _NATIVE}


class Acgfaka(CannotCancel, CannotComplain):
    """Implements `supply.supplier.Supplier`. A number of goods is an `acgfaka_wire.Choice` as text. `config` is what
    OPTIONS ask for."""

    abilities = Abilities(
        repeat=Repeat.REFUSED,
        loss_guard=LossGuard.NONE,
        callback=CallbackTrust.NONE,
        quantity_max=QUANTITY_MAX,
        ask_after=(timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30)),
        not_found_means_no=None,
        asks_by_number=False,
    )
    acknowledgement = Reply("")
    rejection = Reply("", status=404)

    def __init__(self, config: Mapping[str, str], *, http: HttpClient, clock: Clock) -> None:
        del clock
        self.base_url = config["base_url"]
        self.app_id = config["app_id"]
        self.app_key = config["app_key"]
        self.http = http
        self.pages = _PLUGIN if config["type"] == "2" else _NATIVE

    async def place(self, ask: SupplyAsk) -> PlaceAnswer:
        """Asks for the goods and for the price first: the shop itself guards against no loss, and goods it delivers by
        hand are answered as if they had been delivered."""
        choice = Choice.read(ask.goods)
        if no := not_for_codes(ask) or await self._too_dear(ask, choice):
            return no
        said = await self.call(
            "shared/commodity/trade",
            [
                *own_fields(ask),
                ("shared_code", choice.code),
                ("contact", request_no(ask.number)),
                ("num", str(ask.quantity)),
                ("card_id", "0"),
                ("device", "0"),
                ("password", ""),
                ("race", choice.race),
                ("request_no", request_no(ask.number)),
                *_sku(choice),
            ],
        )
        if isinstance(said, InDoubt | Refused):
            return said
        supplier_no, secret = text_of(said, "tradeNo"), text_of(said, "secret")
        if not supplier_no:
            return InDoubt("bought, without a number")
        codes, cost_fen = codes_in(secret, ask.quantity), fen_up(said.get("amount"))
        if codes is None:
            return Accepted(supplier_no, cost_fen, not_codes(secret, ask.quantity))
        return Delivered(supplier_no, codes, cost_fen=cost_fen)

    async def query(self, ask: SupplyAsk, *, supplier_no: str | None) -> QueryAnswer:
        if supplier_no is None or not (supplier_no.isascii() and supplier_no.isalnum()):
            return InDoubt("this shop is only asked by its own number of an order, and that was never answered")
        said = await self.call(f"shared/commodity/query.{supplier_no}", [])
        match said:
            case InDoubt(words) if words.startswith("订单不存在"):
                return NotFound(words)
            case Refused(_, words):
                return InDoubt(words)
            case InDoubt():
                return said
        status, secret = text_of(said, "status"), text_of(said, "secret")
        if status != "1":
            return InDoubt(f"status {status}")
        codes = codes_in(secret, ask.quantity)
        if codes is None:
            return Accepted(supplier_no, words=not_codes(secret, ask.quantity))
        return Delivered(supplier_no, codes)

    async def balance(self) -> Balance | Refused | InDoubt:
        said = await self.call(self.pages["connect"], [])
        if isinstance(said, InDoubt | Refused):
            return said
        fen = signed_fen_down(said.get("balance"))
        return InDoubt("a balance nobody can read") if fen is None else Balance(fen)

    async def catalogue(self) -> Catalogue | Refused | InDoubt:
        """Prices are those every customer of this shop pays, before what our own group there may get off."""
        said = await self.answer(self.pages["items"], [], bytes_max=PAGE_BYTES_MAX)
        if isinstance(said, InDoubt | Refused):
            return said
        groups = said.get("data")
        if not isinstance(groups, list):
            return InDoubt("a catalogue nobody can read")
        read: list[Goods | Unusable] = []
        for group in groups:
            children = group.get("children") if isinstance(group, dict) else None
            if not isinstance(children, list):
                read.append(Unusable("", "a category nobody can read"))
                continue
            for child in children:
                read += goods_of(child, category=text_of(group, "name"))
        return catalogue_of(read)

    async def goods(self, number: str) -> Goods | Refused | InDoubt:
        choice = Choice.read(number)
        found = await self._found(choice)
        if not isinstance(found, Goods):
            return found
        asked_for = [("code", choice.code), ("race", choice.race), *_sku(choice)]
        price = await self.call(self.pages["valuation"], [*asked_for, ("num", "1"), ("card_id", "0")])
        if isinstance(price, InDoubt | Refused):
            return price
        stock = await self.call(self.pages["stock"], asked_for)
        if isinstance(stock, InDoubt | Refused):
            return stock
        price_fen = fen_up(price.get("price"))
        if price_fen is None:
            return InDoubt("a price nobody can read")
        return replace(found, price_fen=price_fen, stock=stock_of(stock))

    def read_callback(self, post: Post) -> Callback:
        del post
        msg = "this platform never calls"
        raise Forged(msg)

    async def call(self, page: str, fields: list[tuple[str, str]]) -> dict[str, Any] | Refused | InDoubt:
        """`data` of an answer with code 200, if it is an object."""
        said = await self.answer(page, fields)
        if isinstance(said, InDoubt | Refused):
            return said
        data = said.get("data")
        return data if isinstance(data, dict) else InDoubt("done, without data")

    async def answer(
        self, page: str, fields: list[tuple[str, str]], *, bytes_max: int | None = None
    ) -> dict[str, Any] | Refused | InDoubt:
        """A whole answer with code 200. Keys travel in the form, so nothing of it may follow a redirect."""
        form = [*fields, ("app_id", self.app_id), ("app_key", self.app_key)]
        form.append(("sign", sign(form, self.app_key)))
        post = self.http.post_form(self.base_url + page, fields=form, bytes_max=bytes_max)
        return judged(await asked(post, secret=self.app_key), self.app_key)

    async def _found(self, choice: Choice) -> Goods | Refused | InDoubt:
        said = await self.answer(self.pages["item"], [("code", choice.code)])
        if isinstance(said, InDoubt | Refused):
            return said
        data = said.get("data")
        # The plugin answers with the category around it.
        if isinstance(data, list):
            group = data[0] if data and isinstance(data[0], dict) else {}
            children = group.get("children")
            data = children[0] if isinstance(children, list) and children else None
        return one_of(goods_of(data, category=""), choice)

    async def _too_dear(self, ask: SupplyAsk, choice: Choice) -> Refused | None:
        """Nothing has been ordered yet, so whatever is not a clear yes is a known no."""
        found = await self._found(choice)
        if isinstance(found, InDoubt):
            return Refused(Reason.OTHER, f"not ordered: {found.words}")
        if isinstance(found, Refused):
            return found
        fields = [("code", choice.code), ("race", choice.race), ("num", str(ask.quantity)), ("card_id", "0")]
        said = await self.call(self.pages["valuation"], [*fields, *_sku(choice)])
        return dearer(said, "price", ask)


def _sku(choice: Choice) -> list[tuple[str, str]]:
    return [(f"sku[{name}]", option) for name, option in choice.sku.items()]
