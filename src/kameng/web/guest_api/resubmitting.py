"""Putting an order right, taking it back, confirming it."""

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from kameng.fulfilment.ask_correction import NothingToCorrect
from kameng.fulfilment.confirm_arrival import NothingToConfirm, confirm_arrival
from kameng.kernel.errors import InvalidInput
from kameng.kernel.text import Words
from kameng.orders.number import OrderId, printed
from kameng.resubmission.apply import Application, CorrectionNeeded, OwnerNeeded, apply
from kameng.resubmission.change_goods import AlreadySent
from kameng.resubmission.correct_account import Correction, correct_account
from kameng.resubmission.desk import Desk
from kameng.resubmission.judge import SecondProofNeeded
from kameng.resubmission.resubmission import KIND_NAMES, RESUBMISSION_STATE_NAMES, WHY_WORDS, Kind, Resubmission
from kameng.resubmission.show import Shown, show
from kameng.tracking.access import Access, grant
from kameng.tracking.guarded import ProofNeeded, SlowDown
from kameng.tracking.whole_contact import Claim, ContactNeeded, check_whole_contact
from kameng.web.design.documented import problems
from kameng.web.guest_api.bearer import Bearer, TokenNeeded
from kameng.web.guest_api.counter import Counter
from kameng.web.guest_api.document import SECURED
from kameng.web.guest_api.resubmitting_shapes import (
    AlternativeShape,
    CorrectShape,
    FiveStepShape,
    OfferShape,
    PutRightShape,
    ResubmissionShape,
    ResubmitShape,
    WhyShape,
)
from kameng.web.guest_api.shapes import CancelledShape
from kameng.web.guest_api.showing import field_shape

UNKNOWN_KIND = Words("没有这种补交方式")


@get(
    "/orders/{order_no:str}/resubmission",
    operation_id="readResubmission",
    security=SECURED,
    responses=problems(TokenNeeded, body=False),
)
async def read_resubmission(
    counter: NamedDependency[Counter], resubmission_desk: NamedDependency[Desk], order_no: FromPath[str]
) -> PutRightShape:
    """What is being put right, and what can be."""
    bearer = counter.bearer(order_no)
    return await _put_right(counter, resubmission_desk, bearer)


@post(
    "/orders/{order_no:str}/resubmission",
    operation_id="resubmit",
    status_code=200,
    security=SECURED,
    responses=problems(
        TokenNeeded, ContactNeeded, OwnerNeeded, SecondProofNeeded, CorrectionNeeded, AlreadySent, ProofNeeded, SlowDown
    ),
)
async def resubmit(
    counter: NamedDependency[Counter],
    resubmission_desk: NamedDependency[Desk],
    order_no: FromPath[str],
    data: JSONBody[ResubmitShape],
) -> PutRightShape:
    """One tap. Sent again it is the same one; what the rules decline is told with its reasons and is no error."""
    bearer = counter.bearer(order_no)
    if data.kind not in set(Kind):
        raise InvalidInput(fields={"kind": UNKNOWN_KIND})
    application = Application(
        order_id=bearer.order_id,
        kind=Kind(data.kind),
        is_owner=await _is_owner(counter, bearer, data.contact, data.proof),
        has_proved=bool(data.contact),
        hint=data.hint,
        places=tuple(data.places),
        wanted_sku_id=data.sku_id,
        address=counter.visit.client_address,
    )
    await apply(resubmission_desk, application)
    return await _put_right(counter, resubmission_desk, bearer)


@post(
    "/orders/{order_no:str}/correction",
    operation_id="correctAccount",
    status_code=200,
    security=SECURED,
    responses=problems(
        TokenNeeded, ContactNeeded, OwnerNeeded, SecondProofNeeded, NothingToCorrect, ProofNeeded, SlowDown
    ),
)
async def correct(
    counter: NamedDependency[Counter],
    resubmission_desk: NamedDependency[Desk],
    order_no: FromPath[str],
    data: JSONBody[CorrectShape],
) -> PutRightShape:
    """Change what is topped up: when asked to, or while no supplier was asked for it."""
    bearer = counter.bearer(order_no)
    correction = Correction(
        bearer.order_id,
        await _is_owner(counter, bearer, data.contact, data.proof),
        data.account,
        operator=data.operator,
        address=counter.visit.client_address,
        has_proved=bool(data.contact),
    )
    await correct_account(resubmission_desk, correction)
    return await _put_right(counter, resubmission_desk, bearer)


@post(
    "/orders/{order_no:str}/confirm",
    operation_id="confirmArrival",
    status_code=200,
    security=SECURED,
    responses=problems(TokenNeeded, NothingToConfirm, body=False),
)
async def confirm(counter: NamedDependency[Counter], order_no: FromPath[str]) -> CancelledShape:
    """The buyer says that it has arrived."""
    order_id = counter.bearer(order_no).order_id
    return CancelledShape(order_no=printed(order_id), state=await confirm_arrival(db=counter.db, order_id=order_id))


async def _is_owner(counter: Counter, bearer: Bearer, contact: str | None, proof: str | None) -> bool:
    """A contact that is typed is looked at though the token came with the order: it may be a second proof."""
    if not contact:
        return bearer.access is Access.OWNER
    claim = Claim(bearer.order_id, counter.visit.client_address, contact, proof)
    await check_whole_contact(db=counter.db, keyring=counter.keyring, rules=counter.guard_rules, claim=claim)
    return True


async def _put_right(counter: Counter, desk: Desk, bearer: Bearer) -> PutRightShape:
    shown = await show(db=counter.db, rules=desk.rules, order_id=bearer.order_id)
    words = counter.words
    return PutRightShape(
        resubmission=_shape(counter, shown, shown.newest, bearer) if shown.newest else None,
        offers=[
            OfferShape(
                offer.kind, words(offer.found), words(offer.cases), words(offer.button), offer.needs_owner, offer.until
            )
            for offer in shown.offers
        ],
        correct_until=shown.correct_until,
        form=[field_shape(field) for field in shown.form],
        cancel_until=shown.cancel_until,
        can_confirm=shown.can_confirm,
        replaces_order_no=_number(shown.replaces),
        alternatives=[
            AlternativeShape(other.sku_id, other.face_value, other.price_fen, other.back_fen)
            for other in shown.alternatives
        ],
    )


def _shape(counter: Counter, shown: Shown, one: Resubmission, bearer: Bearer) -> ResubmissionShape:
    words, now = counter.words, counter.db.clock.now()
    new = one.new_order_id
    return ResubmissionShape(
        kind=one.kind,
        kind_name=words(KIND_NAMES[one.kind]),
        state=one.state,
        state_name=words(RESUBMISSION_STATE_NAMES[one.state]),
        by_itself=one.actor_kind == "system",
        reason=one.reason if one.state == "asked" else "",
        why=[WhyShape(why, words(WHY_WORDS[why])) for why in one.why],
        steps=[FiveStepShape(words(step.name), step.at, step.current) for step in shown.steps],
        new_order_no=_number(new),
        new_token=grant(counter.keyring, new, bearer.access, now) if new is not None else None,
    )


def _number(order_id: OrderId | None) -> str | None:
    return printed(order_id) if order_id is not None else None
