"""萌次元 mcy-shop V4, as acg-faka docks with it (type 1): other pages, the signature in a header, no key in the form.

Facts are from acg-faka's client for it (lizhipay/acg-faka 3.6.0, `Service/Bind/Shared.php`); its own documents are not
public. The client knows no way to ask about an order, so one whose answer was lost stays in doubt.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from hashlib import md5
from typing import Any

from kameng.adapters.http import HttpClient
from kameng.adapters.suppliers.acgfaka import Acgfaka
from kameng.adapters.suppliers.acgfaka_goods import asked_fields
from kameng.adapters.suppliers.acgfaka_wire import (
    codes_in,
    dearer,
    judged,
    not_codes,
    not_for_codes,
    own_fields,
    sign,
)
from kameng.adapters.suppliers.reading import PAGE_BYTES_MAX, asked, catalogue_of, fen_up, one_of, text_of
from kameng.kernel.clock import Clock
from kameng.supply.answer import Accepted, Delivered, InDoubt, PlaceAnswer, QueryAnswer, Reason, Refused
from kameng.supply.goods import Catalogue, Goods, GoodsKind, Unusable
from kameng.supply.supplier import SupplyAsk

_BASE = "plugin/open-api/"


def trade_no(number: str) -> str:
    """The shop's number of an order, which the customer chooses: made of ours as acg-faka does it."""
    return md5(number.encode(), usedforsecurity=False).hexdigest()[:24]


class AcgfakaV4(Acgfaka):
    """A number of goods is `item-sku`."""

    # What isn't delivered at once is a person's business at once: no question will ever tell.
    abilities = replace(Acgfaka.abilities, query_window=timedelta(0))

    def __init__(self, config: Mapping[str, str], *, http: HttpClient, clock: Clock) -> None:
        super().__init__(config, http=http, clock=clock)
        self.pages = {"connect": "connect"}

    async def place(self, ask: SupplyAsk) -> PlaceAnswer:
        _, _, sku = ask.goods.partition("-")
        if no := not_for_codes(ask):
            return no
        if not sku.isdecimal():
            return Refused(Reason.GOODS_GONE, "no number of goods")
        wanted = [("sku_id", sku), ("quantity", str(ask.quantity))]
        if no := dearer(await self.call("amount", wanted), "amount", ask):
            return no
        said = await self.call("trade", [*own_fields(ask), *wanted, ("trade_no", trade_no(ask.number))])
        if isinstance(said, InDoubt | Refused):
            return said
        contents = text_of(said, "contents")
        codes, cost_fen = codes_in(contents, ask.quantity), fen_up(said.get("amount"))
        if codes is None:
            return Accepted(trade_no(ask.number), cost_fen, not_codes(contents, ask.quantity))
        return Delivered(trade_no(ask.number), codes, cost_fen=cost_fen)

    async def query(self, ask: SupplyAsk, *, supplier_no: str | None) -> QueryAnswer:
        del ask, supplier_no
        return InDoubt("this shop can't be asked about orders")

    async def catalogue(self) -> Catalogue | Refused | InDoubt:
        said = await self.answer("items", [], bytes_max=PAGE_BYTES_MAX)
        if isinstance(said, InDoubt | Refused):
            return said
        items = said.get("data")
        if not isinstance(items, list):
            return InDoubt("a catalogue nobody can read")
        return catalogue_of(goods for item in items for goods in _goods(item))

    async def goods(self, number: str) -> Goods | Refused | InDoubt:
        item, _, sku = number.partition("-")
        if not (item.isdecimal() and sku.isdecimal()):
            return Refused(Reason.GOODS_GONE, "no number of goods")
        said = await self.call("item", [("id", item)])
        if isinstance(said, InDoubt | Refused):
            return said
        for found in _goods(said):
            if found.number == number:
                return one_of(found)
        return Refused(Reason.GOODS_GONE, "not sold in this kind any more")

    async def answer(
        self, page: str, fields: list[tuple[str, str]], *, bytes_max: int | None = None
    ) -> dict[str, Any] | Refused | InDoubt:
        headers = {"Api-Id": self.app_id, "Api-Signature": sign(fields, self.app_key)}
        url = self.base_url + _BASE + page
        post = self.http.post_form(url, fields=fields, headers=headers, bytes_max=bytes_max)
        return judged(await asked(post, secret=self.app_key), self.app_key)


def make_acgfaka(config: Mapping[str, str], *, http: HttpClient, clock: Clock) -> Acgfaka:
    """The adapter for the configured type of shop."""
    made = AcgfakaV4 if config["type"] == "1" else Acgfaka
    return made(config, http=http, clock=clock)


def _goods(item: object) -> list[Goods | Unusable]:
    if not isinstance(item, dict):
        return [Unusable("", "not an object")]
    number, name, skus = text_of(item, "id"), text_of(item, "name"), item.get("sku")
    asks = asked_fields(item.get("widget"))
    if not number.isdecimal() or not name or not isinstance(skus, list):
        return [Unusable(number, "no number, no name or no sku")]
    if asks is None:
        return [Unusable(number, "asks for something that can't be asked for")]
    category = item.get("category")
    found: list[Goods | Unusable] = []
    for sku in skus:
        entry = sku if isinstance(sku, dict) else {}
        sku_number, price_fen = text_of(entry, "id"), fen_up(entry.get("stock_price"))
        whole = f"{number}-{sku_number}"
        if not sku_number.isdecimal() or price_fen is None:
            found.append(Unusable(whole, "a number or a price nobody can read"))
            continue
        # A shop that hides its numbers says 充足 or the like.
        stock = text_of(entry, "stock")
        found.append(
            Goods(
                number=whole,
                name=f"{name} {text_of(entry, 'name')}".strip(),
                price_fen=price_fen,
                kind=GoodsKind.CODE,
                category=text_of(category, "name") if isinstance(category, dict) else "",
                stock=int(stock) if stock.isdecimal() else None,
                asks=asks,
            )
        )
    return found
