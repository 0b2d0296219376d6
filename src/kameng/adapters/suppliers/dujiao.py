"""dujiao-next site docking: another shop of that kind as our supplier, paid from our wallet there.

Facts are from the public document (2026-04-01) and the program. The site answers a number it has seen with the first
order, so an order without its number is asked about by placing it once more. The site looks for the number before it
writes the order down and does not lock in between, so that is done half a minute later at the soonest.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from kameng.adapters.http import HttpClient
from kameng.adapters.options import Option
from kameng.adapters.suppliers import rates
from kameng.adapters.suppliers.dujiao_site import Site, refusal, words_of
from kameng.adapters.suppliers.dujiao_wire import asked_of, categories_of, goods_of, state_of
from kameng.adapters.suppliers.reading import (
    catalogue_of,
    one_of,
    read_object,
    text_of,
)
from kameng.adapters.suppliers.unable import CannotComplain
from kameng.kernel.clock import Clock
from kameng.kernel.text import Words
from kameng.supply.answer import (
    Accepted,
    Balance,
    CancelAnswer,
    Failed,
    InDoubt,
    NotFound,
    PlaceAnswer,
    QueryAnswer,
    Reason,
    Refused,
)
from kameng.supply.goods import GOODS_MAX, Catalogue, Goods, Unusable
from kameng.supply.supplier import Abilities, Callback, CallbackTrust, Forged, LossGuard, Post, Repeat, Reply, SupplyAsk

# What the program gives, whatever is asked for.
PAGE_SIZE = 50

OPTIONS = (
    Option("base_url", Words("站点地址"), hint=Words("对方 Dujiao-Next 站点的网址，例如 https://shop.example.com/")),
    Option("api_key", Words("API Key"), form="[!-~]+"),
    Option("api_secret", Words("API Secret"), secret=True, form="[!-~]+"),
    Option("currency", Words("站点币种"), default="CNY", form="[A-Za-z]{3,5}"),
    rates.RATE,
)


class Dujiao(CannotComplain):
    """Implements `supply.supplier.Supplier`. A number of goods is `product-sku`. `config` is what OPTIONS ask for.

    Callbacks are signed whole, and yet hints: goods are one text, and how many codes it holds is only known beside
    the order; nor do they say what was paid back.
    """

    abilities = Abilities(
        repeat=Repeat.SAME_ORDER,
        loss_guard=LossGuard.NONE,
        callback=CallbackTrust.HINT,
        quantity_max=100,
        # The program's own customers ask in these steps; a minute allows 60 calls.
        ask_after=tuple(timedelta(seconds=s) for s in (30, 30, 60, 60, 120, 120, 300, 300, 600, 1800)),
        not_found_means_no=timedelta(minutes=5),
    )
    acknowledgement = Reply('{"ok":true,"message":"received"}', media_type="application/json")
    rejection = Reply('{"ok":false,"message":"rejected"}', status=400, media_type="application/json")

    def __init__(self, config: Mapping[str, str], *, http: HttpClient, clock: Clock) -> None:
        self._site = Site(config, http=http, clock=clock)

    async def place(self, ask: SupplyAsk) -> PlaceAnswer:
        """Looks at the goods first: the site guards against no loss, and the name of the account's field stands in the
        goods' own form."""
        product = await self._affordable(ask)
        if isinstance(product, Refused):
            return product
        said = await self._order(ask, _account_field(product))
        if isinstance(said, InDoubt):
            return said
        if text_of(said, "error_code") == "payment_failed":
            return await self._unpaid(said, ask)
        return refusal(said) or self._begun(said)

    async def query(self, ask: SupplyAsk, *, supplier_no: str | None) -> QueryAnswer:
        if supplier_no is None:
            return await self._again(ask)
        if not supplier_no.isdecimal():
            return InDoubt("no number of this site's")
        said = await self._site.call("GET", f"orders/{supplier_no}")
        if isinstance(said, InDoubt):
            return said
        if text_of(said, "error_code") == "order_not_found":
            return NotFound(words_of(said))
        if no := refusal(said):
            return InDoubt(no.words)
        if text_of(said, "order_id") != supplier_no or said.get("ok") is not True:
            return InDoubt("an answer about another order")
        return state_of(said, ask, self._site.rate_of(said))

    async def cancel(self, ask: SupplyAsk, *, supplier_no: str | None) -> CancelAnswer:
        """The site withdraws unpaid orders alone, and ours are paid as they are placed."""
        del ask, supplier_no
        return Refused(Reason.NOT_SUPPORTED, "")

    async def balance(self) -> Balance | Refused | InDoubt:
        said = await self._site.said("POST", "ping")
        if isinstance(said, InDoubt | Refused):
            return said
        if text_of(said, "currency").upper() != self._site.currency:
            return Refused(Reason.NOT_SUPPORTED, f"the site counts in {text_of(said, 'currency')}")
        fen = rates.fen_down(said.get("balance"), self._site.rate)
        return InDoubt("a balance nobody can read") if fen is None else Balance(fen)

    async def catalogue(self) -> Catalogue | Refused | InDoubt:
        grouped = await self._site.said("GET", "categories")
        if isinstance(grouped, InDoubt | Refused):
            return grouped
        categories, read, seen = categories_of(grouped), list[Goods | Unusable](), 0
        for page in range(1, GOODS_MAX // PAGE_SIZE + 1):
            said = await self._site.said("GET", "products", {"page": str(page), "page_size": str(PAGE_SIZE)})
            if isinstance(said, InDoubt | Refused):
                return said
            items, total = said.get("items"), text_of(said, "total")
            if not isinstance(items, list) or not total.isdecimal():
                return InDoubt("a page nobody can read")
            seen += len(items)
            for item in items:
                read += goods_of(item, self._site.rate, categories)
            if int(total) > GOODS_MAX or len(read) > GOODS_MAX:
                break
            if seen >= int(total):
                return catalogue_of(read)
            if not items:
                return InDoubt(f"{seen} of {total} products")
        return Refused(Reason.NOT_SUPPORTED, f"more than {GOODS_MAX} goods")

    async def goods(self, number: str) -> Goods | Refused | InDoubt:
        product = await self._product(number)
        return product if isinstance(product, InDoubt | Refused) else self._of(product, number)

    def read_callback(self, post: Post) -> Callback:
        """Signed over a path that is always the same, wherever our address really is."""
        if wrong := self._site.wrong_with(post):
            raise Forged(wrong)
        said = read_object(post.body.decode("utf-8", "replace"))
        return Callback(text_of(said, "downstream_order_no") or None, text_of(said, "order_id") or None, None)

    async def _affordable(self, ask: SupplyAsk) -> dict[str, Any] | Refused:
        """The product. Nothing has been ordered yet, so whatever is not a clear yes is a known no."""
        if ask.quantity > self.abilities.quantity_max:
            return Refused(Reason.NOT_SUPPORTED, "more than is asked for at a time")
        product = await self._product(ask.goods)
        if isinstance(product, InDoubt):
            return Refused(Reason.OTHER, f"not ordered: {product.words}")
        if isinstance(product, Refused):
            return product
        priced = self._of(product, ask.goods)
        if isinstance(priced, Refused):
            return priced
        if priced.price_fen * ask.quantity > ask.cost_max_fen:
            return Refused(Reason.COSTS_TOO_MUCH, f"{priced.price_fen} fen a piece, at most {ask.cost_max_fen}")
        if ask.account is not None and _account_field(product) is None:
            return Refused(Reason.NOT_SUPPORTED, "these goods ask for no account")
        return product

    async def _order(self, ask: SupplyAsk, account_field: str | None) -> dict[str, Any] | InDoubt:
        form: dict[str, str] = dict(ask.fields)
        if ask.account is not None and account_field is not None:
            form[account_field] = ask.account
        sku_id = ask.goods.partition("-")[2]
        wanted = {
            "sku_id": int(sku_id) if sku_id.isdecimal() else 0,
            "quantity": ask.quantity,
            "manual_form_data": form,
            "downstream_order_no": ask.number,
            "trace_id": ask.number,
            "callback_url": ask.callback_url,
        }
        return await self._site.call("POST", "orders", body=wanted)

    async def _again(self, ask: SupplyAsk) -> QueryAnswer:
        """Places it once more, which answers with the first order if there was one. A refusal only says that there is
        none yet: the site forgives itself a look-up that failed."""
        product = await self._product(ask.goods)
        if isinstance(product, InDoubt):
            return product
        if isinstance(product, Refused) and product.reason is not Reason.GOODS_GONE:
            return InDoubt(product.words)
        # Goods that are gone can't be bought anew: the form no longer matters.
        said = await self._order(ask, None if isinstance(product, Refused) else _account_field(product))
        if isinstance(said, InDoubt):
            return said
        if text_of(said, "error_code") == "payment_failed":
            unpaid = await self._unpaid(said, ask)
            return Failed(unpaid.reason, unpaid.words) if isinstance(unpaid, Refused) else unpaid
        if no := refusal(said):
            return InDoubt(no.words) if no.reason is Reason.NOT_ALLOWED else NotFound(no.words)
        begun = self._begun(said)
        if not isinstance(begun, Accepted):
            return begun
        return await self.query(ask, supplier_no=begun.supplier_no)

    def _begun(self, said: dict[str, Any]) -> Accepted | InDoubt:
        """An order that exists; whatever state it is in is asked for with its number."""
        supplier_no = text_of(said, "order_id")
        if said.get("ok") is not True or not supplier_no.isdecimal():
            return InDoubt("neither a yes nor a no")
        rate = self._site.rate_of(said)
        cost_fen = None if rate is None else rates.fen_up(said.get("amount"), rate)
        return Accepted(supplier_no, cost_fen, text_of(said, "status"))

    async def _unpaid(self, said: dict[str, Any], ask: SupplyAsk) -> Accepted | Refused | InDoubt:
        """The site says it could not take the money and has withdrawn the order; the order itself is looked at."""
        supplier_no, words = text_of(said, "order_id"), words_of(said)
        state = await self.query(ask, supplier_no=supplier_no)
        if isinstance(state, Failed):
            return Refused(Reason.BALANCE_LOW if "insufficient" in words else Reason.OTHER, words)
        return Accepted(supplier_no, words=words) if supplier_no.isdecimal() else InDoubt(words)

    async def _product(self, number: str) -> dict[str, Any] | Refused | InDoubt:
        """That of a number of goods."""
        product_id, _, sku_id = number.partition("-")
        if not (product_id.isdecimal() and sku_id.isdecimal()):
            return Refused(Reason.GOODS_GONE, "no number of goods")
        said = await self._site.said("GET", f"products/{product_id}")
        if isinstance(said, InDoubt | Refused):
            return said
        product = said.get("product")
        if not isinstance(product, dict) or text_of(product, "id") != product_id:
            return InDoubt("an answer about other goods")
        return product

    def _of(self, product: dict[str, Any], number: str) -> Goods | Refused:
        for found in goods_of(product, self._site.rate, {}):
            if found.number == number and not (isinstance(found, Goods) and not found.on_sale):
                return one_of(found)
        return Refused(Reason.GOODS_GONE, "not sold any more")


def _account_field(product: Mapping[str, Any]) -> str | None:
    """What is topped up is the first thing the form asks for."""
    asks = asked_of(product)
    return asks[0].name if asks else None
