"""Looking up, reading the codes, listening."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, HeaderParameter, JSONBody
from litestar.response import Stream

from kameng.kernel.errors import InvalidInput
from kameng.orders.number import OrderId, printed
from kameng.tracking.guarded import ProofNeeded, SlowDown
from kameng.tracking.looking_again import AGAIN_AFTER_FIRST, again_after, with_pauses
from kameng.tracking.lookup import LookupAsk, LookupMissed, WholeContactNeeded, lookup
from kameng.tracking.prove import NothingToProve, ProveAsk, prove
from kameng.tracking.reveal import NothingToReveal, RevealAsk, reveal
from kameng.tracking.view import view_order
from kameng.tracking.whole_contact import ContactNeeded
from kameng.web.design.documented import problems
from kameng.web.design.event_stream import event, event_number
from kameng.web.guest_api.bearer import TokenNeeded
from kameng.web.guest_api.counter import Counter
from kameng.web.guest_api.document import SECURED
from kameng.web.guest_api.shapes import CodesShape, FoundShape, LookupShape, ProvenShape, ProveShape, RevealShape
from kameng.web.guest_api.showing import order_shape

LastEventId = Annotated[
    str,
    HeaderParameter(name="Last-Event-ID", description="Only what is newer than this event; nonsense is ignored."),
]


@post(
    "/lookup",
    operation_id="lookUp",
    status_code=200,
    responses=problems(LookupMissed, WholeContactNeeded, ProofNeeded, SlowDown),
)
async def look_up(counter: NamedDependency[Counter], data: JSONBody[LookupShape]) -> FoundShape:
    """One step: order number and last four digits of the phone, or the whole contact."""
    ask = LookupAsk(
        number=data.order_no,
        second_factor=data.second_factor,
        address=counter.visit.client_address,
        proof=data.proof,
    )
    try:
        found = await lookup(db=counter.db, keyring=counter.keyring, rules=counter.guard_rules, ask=ask)
    except (LookupMissed, WholeContactNeeded, ProofNeeded, SlowDown, InvalidInput) as refusal:
        counter.metrics.lookups.labels(refusal.code).inc()
        raise
    counter.metrics.lookups.labels("found").inc()
    return FoundShape(
        order=order_shape(found.view, counter.words, now=counter.db.clock.now()),
        corrected=found.corrected,
        token=found.token,
    )


@post(
    "/orders/{order_no:str}/reveal",
    operation_id="revealCodes",
    status_code=200,
    security=SECURED,
    responses=problems(TokenNeeded, ContactNeeded, NothingToReveal, ProofNeeded, SlowDown),
)
async def show_codes(
    counter: NamedDependency[Counter], order_no: FromPath[str], data: JSONBody[RevealShape]
) -> CodesShape:
    """The codes. Every look is written into the order's story."""
    bearer = counter.bearer(order_no)
    ask = RevealAsk(
        order_id=bearer.order_id,
        access=bearer.access,
        address=counter.visit.client_address,
        contact=data.contact,
        proof=data.proof,
    )
    return CodesShape(await reveal(db=counter.db, keyring=counter.keyring, rules=counter.guard_rules, ask=ask))


@post(
    "/orders/{order_no:str}/prove",
    operation_id="proveOrder",
    status_code=200,
    security=SECURED,
    responses=problems(TokenNeeded, ContactNeeded, NothingToProve, ProofNeeded, SlowDown),
)
async def prove_order(
    counter: NamedDependency[Counter], order_no: FromPath[str], data: JSONBody[ProveShape]
) -> ProvenShape:
    """A paid order that waits for a second proof is delivered at once."""
    order_id = counter.bearer(order_no).order_id
    ask = ProveAsk(order_id, counter.visit.client_address, data.contact, data.proof)
    state = await prove(db=counter.db, keyring=counter.keyring, rules=counter.guard_rules, ask=ask)
    return ProvenShape(order_no=printed(order_id), state=state)


@get(
    "/orders/{order_no:str}/events",
    operation_id="listen",
    security=SECURED,
    responses={
        200: ResponseSpec(
            data_container=str,
            description="Server-sent events named `order`: the whole order, now and whenever something happens to it or"
            " other things are to be expected of it.",
            media_type="text/event-stream",
            generate_examples=False,
        ),
        **problems(TokenNeeded, body=False),
    },
)
async def events(counter: NamedDependency[Counter], order_no: FromPath[str], last_event_id: LastEventId = "") -> Stream:
    """Stays open. Comments keep it alive; `Last-Event-ID` resumes where it broke."""
    order_id = counter.bearer(order_no).order_id
    return counter.streams.answer(_orders(counter, order_id, event_number(last_event_id)))


async def _orders(counter: Counter, order_id: OrderId, after: int) -> AsyncGenerator[bytes, None]:
    async with counter.live.listen(order_id, after=after) as happenings:
        sent, told, pause = after, "", AGAIN_AFTER_FIRST
        async with aclosing(with_pauses(happenings, lambda: pause)) as looks:
            async for happening in looks:
                if happening is not None and happening.id <= sent:
                    continue
                view = await view_order(db=counter.db, keyring=counter.keyring, order_id=order_id)
                sent, pause = view.last_event_id, again_after(view)
                shape = msgspec.json.encode(order_shape(view, counter.words, now=counter.db.clock.now())).decode()
                if happening is not None or shape != told:
                    told = shape
                    yield event(shape, name="order", event_id=str(sent))
