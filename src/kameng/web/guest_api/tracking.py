"""Looking up, reading the codes, listening."""

from collections.abc import AsyncGenerator
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import HeaderParameter, JSONBody
from litestar.response import Stream

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.kernel.errors import InvalidInput
from kameng.risk.guard import GuardRules
from kameng.tracking.guarded import ProofNeeded, SlowDown
from kameng.tracking.live import LiveEvents
from kameng.tracking.lookup import LookupAsk, LookupMissed, WholeContactNeeded, lookup
from kameng.tracking.reveal import ContactNeeded, NothingToReveal, RevealAsk, reveal
from kameng.tracking.view import view_order
from kameng.web.design.event_stream import Streams, event, event_number
from kameng.web.design.metrics import Metrics
from kameng.web.design.translation import Translator
from kameng.web.design.visit import Visit
from kameng.web.guest_api.bearer import Bearer, TokenNeeded
from kameng.web.guest_api.document import SECURED, problems
from kameng.web.guest_api.shapes import CodesShape, FoundShape, LookupShape, RevealShape
from kameng.web.guest_api.showing import order_shape

LastEventId = Annotated[
    str,
    HeaderParameter(name="Last-Event-ID", max_length=64, description="Only what is newer than this event."),
]


class Finder:
    """What looking up and revealing need beside the question."""

    def __init__(self, db: Database, keyring: Keyring, guard_rules: GuardRules, visit: Visit) -> None:
        self.db = db
        self.keyring = keyring
        self.rules = guard_rules
        self.visit = visit


def provide_finder(
    db: NamedDependency[Database],
    keyring: NamedDependency[Keyring],
    guard_rules: NamedDependency[GuardRules],
    visit: NamedDependency[Visit],
) -> Finder:
    return Finder(db, keyring, guard_rules, visit)


@post(
    "/lookup",
    operation_id="lookUp",
    status_code=200,
    responses=problems(LookupMissed, WholeContactNeeded, ProofNeeded, SlowDown),
)
async def look_up(
    finder: NamedDependency[Finder],
    words: NamedDependency[Translator],
    metrics: NamedDependency[Metrics],
    data: JSONBody[LookupShape],
) -> FoundShape:
    """One step: order number and last four digits of the phone, or the whole contact."""
    ask = LookupAsk(
        number=data.order_no,
        second_factor=data.second_factor,
        address=finder.visit.client_address,
        proof=data.proof,
    )
    try:
        found = await lookup(db=finder.db, keyring=finder.keyring, rules=finder.rules, ask=ask)
    except (LookupMissed, WholeContactNeeded, ProofNeeded, SlowDown, InvalidInput) as refusal:
        metrics.lookups.labels(refusal.code).inc()
        raise
    metrics.lookups.labels("found").inc()
    return FoundShape(order=order_shape(found.view, words), corrected=found.corrected, token=found.token)


@post(
    "/orders/{order_no:str}/reveal",
    operation_id="revealCodes",
    status_code=200,
    security=SECURED,
    responses=problems(TokenNeeded, ContactNeeded, NothingToReveal, ProofNeeded, SlowDown),
)
async def show_codes(
    finder: NamedDependency[Finder], bearer: NamedDependency[Bearer], data: JSONBody[RevealShape]
) -> CodesShape:
    """The codes. Every look is written into the order's story."""
    ask = RevealAsk(
        order_id=bearer.order_id,
        access=bearer.access,
        address=finder.visit.client_address,
        contact=data.contact,
        proof=data.proof,
    )
    return CodesShape(await reveal(db=finder.db, keyring=finder.keyring, rules=finder.rules, ask=ask))


@get(
    "/orders/{order_no:str}/events",
    operation_id="listen",
    security=SECURED,
    responses={
        200: ResponseSpec(
            data_container=str,
            description="Server-sent events named `order`: the whole order, now and whenever something happens to it.",
            media_type="text/event-stream",
            generate_examples=False,
        ),
        **problems(TokenNeeded, body=False),
    },
)
async def events(
    finder: NamedDependency[Finder],
    bearer: NamedDependency[Bearer],
    live: NamedDependency[LiveEvents],
    streams: NamedDependency[Streams],
    last_event_id: LastEventId = "",
) -> Stream:
    """Stays open. Comments keep it alive; `Last-Event-ID` resumes where it broke."""
    return streams.answer(_orders(finder, bearer, live, event_number(last_event_id)))


async def _orders(finder: Finder, bearer: Bearer, live: LiveEvents, after: int) -> AsyncGenerator[bytes, None]:
    async with live.listen(bearer.order_id, after=after) as happenings:
        sent = after
        async for happening in happenings:
            if happening.id <= sent:
                continue
            view = await view_order(db=finder.db, keyring=finder.keyring, order_id=bearer.order_id)
            sent = view.last_event_id
            shape = msgspec.json.encode(order_shape(view, finder.visit.words)).decode()
            yield event(shape, name="order", event_id=str(sent))
