"""The exception queue, and everything about one attempt in it."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from kameng.desk.delivery import DeliveryAttempt, DeliveryFile, delivery_of_attempt
from kameng.desk.exceptions import ExceptionKind, count_exceptions, list_exceptions
from kameng.desk.orders import order_subject
from kameng.fulfilment.decide_attempt import AttemptMissing
from kameng.fulfilment.preview_route import Imagined, Preview, preview_route
from kameng.kernel.errors import Refusal
from kameng.staff.roles import Permission
from kameng.supply.suppliers import Suppliers, SupplierUnknown
from kameng.web.console.door import Desk, needs
from kameng.web.console.pages import EXCEPTIONS, show

LOOK = [needs(Permission.ORDER_LOOK)]
ATTEMPT_ID_MAX = 2**63 - 1
_ENDED_BADLY = frozenset({"failed", "refused", "partly"})


@get("/exceptions", guards=LOOK)
async def exceptions_page(desk: NamedDependency[Desk]) -> Response[str]:
    wanted = desk.request.query_params.get("show", "")
    kind = ExceptionKind(wanted) if wanted in set(ExceptionKind) else None
    me = desk.looker.staff.id
    lines = await list_exceptions(desk.db, kind=kind, owner_id=me if wanted == "mine" else None)
    counts = await count_exceptions(desk.db, owner_id=me)
    return show(
        desk.request, "console/exceptions.html", lines=lines, counts=counts, kind=kind, mine=wanted == "mine",
        kinds=list(ExceptionKind),
    )  # fmt: skip


@get("/exceptions/{attempt_id:int}", guards=LOOK)
async def exception_page(
    desk: NamedDependency[Desk], suppliers: NamedDependency[Suppliers], attempt_id: FromPath[int]
) -> Response[str]:
    return await show_attempt(desk, suppliers, await attempt_in(desk, attempt_id))


@dataclass(frozen=True)
class AttemptInHand:
    """An attempt within its delivery. `subject` is how the log names what it is for."""

    delivery: DeliveryFile
    attempt: DeliveryAttempt

    @property
    def subject(self) -> str:
        order_id = self.delivery.order_id
        return f"delivery:{self.delivery.id}" if order_id is None else order_subject(order_id)

    @property
    def path(self) -> str:
        return f"{EXCEPTIONS}/{self.attempt.id}"


async def attempt_in(desk: Desk, attempt_id: int) -> AttemptInHand:
    """Raises AttemptMissing."""
    delivery = None
    if attempt_id <= ATTEMPT_ID_MAX:
        async with desk.db.reading() as connection:
            delivery = await delivery_of_attempt(connection, attempt_id)
    if delivery is None:
        raise AttemptMissing
    return AttemptInHand(delivery, delivery.attempt(attempt_id))


async def show_attempt(
    desk: Desk,
    suppliers: Suppliers,
    hand: AttemptInHand,
    *,
    name: str = "console/delivery/attempt_page.html",
    refusal: Refusal | None = None,
    **more: Any,
) -> Response[str]:
    """One attempt with what can be done about it, or another page about it."""
    return show(
        desk.request, name, status=refusal.status if refusal else 200, delivery=hand.delivery, attempt=hand.attempt,
        can=await _abilities(suppliers, hand.attempt), refusal=refusal, **more,
    )  # fmt: skip


async def what_follows(desk: Desk, suppliers: Suppliers, hand: AttemptInHand) -> Preview:
    """Who would be asked next if this attempt is known to have failed."""
    failures = Counter(
        one.supplier_id for one in hand.delivery.attempts if one.state in _ENDED_BADLY or one.id == hand.attempt.id
    )
    imagined = Imagined(
        hand.delivery.sku_id, hand.attempt.operator, hand.attempt.province, left=hand.attempt.asked_for,
        price_fen=hand.delivery.unit_price_fen, failures=failures,
    )  # fmt: skip
    return await preview_route(db=desk.db, suppliers=suppliers, imagined=imagined)


async def _abilities(suppliers: Suppliers, attempt: DeliveryAttempt) -> frozenset[str]:
    """What its supplier's platform can be asked for beside the result."""
    try:
        abilities = (await suppliers.with_id(attempt.supplier_id)).supplier.abilities
    except SupplierUnknown:
        return frozenset()
    return frozenset(name for name in ("cancels", "complains") if getattr(abilities, name))
