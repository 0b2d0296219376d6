"""What the contract suite has to know of a protocol, and the counter at which each test stands."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from kameng.adapters.http import HttpClient
from kameng.adapters.suppliers.table import PROTOCOLS
from kameng.kernel.clock import VirtualClock
from kameng.supply.answer import Accepted, PlaceAnswer, QueryAnswer, Reason
from kameng.supply.supplier import Post, Supplier, SupplyAsk
from kameng.web.sandbox.suppliers.course import Course
from kameng.web.sandbox.suppliers.emulation import Call
from kameng.web.sandbox.suppliers.room import Room
from kameng.web.sandbox.suppliers.serve import Stage, Staging
from kameng.web.sandbox.suppliers.warehouse import Warehouse
from kameng.web.sandbox.suppliers.wares import Ending, No, Purchase, Ware
from kameng.web.sandbox.suppliers.whims import How, Whim
from tests.stand_in import Heard, StandIn, says, stand_in

#: How long most calls may take on a busy machine, and how long those that will hang.
TIMEOUT_S = 20.0
SHORT_S = 0.15
ACCOUNT = "13812345678"
NUMBER = "K2611221430551234-1"


@dataclass(frozen=True)
class Entry:
    """One protocol under test.

    `credentials` are the emulator's (`{shop}` stands for where its callbacks go), `config` makes the adapter's
    configuration from the emulator's address. `top_up` and `codes`: goods of either kind, None where the platform has
    none. `refusals`: what each reason of the platform's becomes, None where its words leave it in doubt. `secrets`:
    credentials nobody may ever see. `owner`: the credential that names our account in a callback, if one does.
    `unsigned`: what may be changed in a callback, `signed_headers` what may not. `raw`: the names of an entry's fields
    in the catalogue. `tells_…`: what the query says.
    """

    protocol: str
    credentials: Mapping[str, str]
    config: Callable[[str], Mapping[str, str]]
    secrets: tuple[str, ...]
    refusals: Mapping[No, Reason | None]
    raw: Mapping[str, str] = field(default_factory=dict)
    top_up: Ware | None = None
    codes: Ware | None = None
    owner: str | None = None
    unsigned: frozenset[str] = frozenset()
    signed_headers: tuple[str, ...] = ()
    tells_refund: bool = True
    tells_cost: bool = True
    tells_receipt: bool = True
    has_partly: bool = True
    asks_goods_alone: bool = True
    calls_back: bool = True
    lists_goods: bool = True
    face_in_catalogue: bool = True
    emulation: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    #: Our number as it stands in the supplier's books.
    booked: Callable[[str], str] = str
    #: False where nothing at all can be asked about an order.
    can_ask: bool = True
    #: False where an order that failed can't be told from one that is not done.
    tells_failure: bool = True
    #: The secrets a callback is signed with; empty: all of them.
    signing: tuple[str, ...] = ()
    #: Ways to misbehave that this protocol can't show (an alteration that leaves its answers as they were).
    blind_to: frozenset[How] = frozenset()

    @property
    def wares(self) -> tuple[Ware, ...]:
        return tuple(ware for ware in (self.top_up, self.codes) if ware)

    @property
    def any_ware(self) -> Ware:
        return self.wares[0]


@dataclass
class Contract:
    """An adapter, the emulator it speaks to, and the shop the emulator's callbacks go to."""

    entry: Entry
    supplier: Supplier
    room: Room
    shop: StandIn
    clock: VirtualClock
    http: HttpClient
    hasty: HttpClient
    url: str

    @property
    def warehouse(self) -> Warehouse:
        return self.room.warehouse

    def ask(self, ware: Ware | None = None, *, number: str = NUMBER, quantity: int = 1, **more: Any) -> SupplyAsk:
        ware = ware or self.entry.any_ware
        for_account = ware.kind == "top_up"
        values: dict[str, Any] = {
            "number": number,
            "goods": ware.number,
            "quantity": quantity,
            "cost_max_fen": ware.price_fen * quantity,
            "callback_url": f"{self.shop.url}callbacks/{number}",
            "asked_at": self.clock.now(),
            "account": ACCOUNT if for_account else None,
            "face_fen": ware.face_fen,
            "client_address": "203.0.113.7",
            "fields": self.entry.fields if for_account else {},
        }
        return SupplyAsk(**values | more)

    def will(self, call: Call, how: How, **more: Any) -> None:
        self.room.whims.add(call, Whim(how, seconds=SHORT_S * 3, **more))

    def purchases(self, number: str = NUMBER) -> list[dict[str, Any]]:
        return self.warehouse.everything(self.entry.booked(number))["purchases"]

    def purchase(self, number: str = NUMBER) -> Purchase:
        found = self.warehouse.find(number=self.entry.booked(number))
        assert found
        return found

    def codes(self, number: str = NUMBER) -> list[dict[str, Any]]:
        return self.warehouse.everything(self.entry.booked(number))["codes"]

    async def asked(self, ask: SupplyAsk, placed: PlaceAnswer) -> QueryAnswer:
        """What became of it: by our number where that is possible, otherwise by the supplier's."""
        known = placed.supplier_no if isinstance(placed, Accepted) else None
        return await self.supplier.query(ask, supplier_no=None if self.supplier.abilities.asks_by_number else known)

    def settle(self, ending: Ending | None = None, *, number: str = NUMBER) -> Purchase:
        return self.room.settle(self.purchase(number), ending)

    async def called_back(self, number: str = NUMBER) -> Post:
        """The last callback about an order, as the shop got it."""
        await self.room.courier.quiet()
        heard = [one for one in self.shop.heard if one.path.endswith(number)]
        return post_of(heard[-1])

    def adapter(self, **changes: str) -> Supplier:
        """Another one, configured otherwise."""
        return make_adapter(self.entry, self.url, self.http, self.clock, **changes)

    def that_meets(self, how: How) -> Supplier:
        """The adapter; where the other side will hang, one that does not wait long."""
        hangs = how in {How.HANG, How.NOT_DONE_HANG}
        return make_adapter(self.entry, self.url, self.hasty, self.clock) if hangs else self.supplier


def make_adapter(entry: Entry, url: str, http: HttpClient, clock: VirtualClock, **changes: str) -> Supplier:
    return PROTOCOLS[entry.protocol].maker(http, clock)({**entry.config(url), **changes})


def post_of(heard: Heard) -> Post:
    query = heard.fields if not heard.body else {}
    return Post(query, heard.headers, heard.body.encode())


def with_body(post: Post, body: bytes) -> Post:
    return replace(post, body=body)


@asynccontextmanager
async def standing(entry: Entry, stage: Stage, *, http: HttpClient, hasty: HttpClient) -> AsyncIterator[Contract]:
    """Orders run until a test ends them."""
    clock = VirtualClock(datetime.now(UTC))
    words = {"text": ""}

    def staging(shop: StandIn) -> Staging:
        credentials = {name: value.replace("{shop}", shop.url) for name, value in entry.credentials.items()}
        return Staging(
            credentials, entry.wares, usual=Course(None), pauses_s=(0.01, 0.01), clock=clock, balance_fen=1_000_000
        )

    async with (
        stand_in(lambda _: says(words["text"])) as shop,
        stage.playing(entry.emulation or entry.protocol, staging(shop)) as running,
    ):
        supplier = make_adapter(entry, running.url, http, clock)
        words["text"] = supplier.acknowledgement.text
        yield Contract(entry, supplier, running.room, shop, clock, http, hasty, running.url)
