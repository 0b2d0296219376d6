"""After-sales by a program: the owner's case and what is said in it."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody

from kameng.aftersales.case import (
    CASE_STATE_NAMES,
    KIND_NAMES,
    OUTCOME_NAMES,
    CaseKind,
    CaseMissing,
    CaseMoved,
    CaseRules,
)
from kameng.aftersales.confirm_case import confirm_case
from kameng.aftersales.conversation import find_picture, read_case
from kameng.aftersales.open_case import TooManyCases, open_case
from kameng.aftersales.picture import (
    AT_ONCE_MAX,
    BYTES_MAX,
    MEDIA_TYPE,
    PictureTooLarge,
    PictureUnusable,
    TooManyPictures,
)
from kameng.aftersales.reading import reading_of
from kameng.aftersales.remedy import STAGE_NAMES
from kameng.aftersales.withdraw_case import withdraw_case
from kameng.aftersales.write_message import TooManyMessages, write_message
from kameng.kernel.errors import InvalidInput
from kameng.kernel.text import Words
from kameng.orders.number import OrderId, printed
from kameng.tracking.access import Access, grant
from kameng.tracking.guarded import ProofNeeded, SlowDown
from kameng.tracking.whole_contact import Claim, ContactNeeded, check_whole_contact
from kameng.web.design.documented import problems
from kameng.web.design.formats import hour
from kameng.web.guest_api.bearer import TokenNeeded
from kameng.web.guest_api.case_shapes import (
    CaseShape,
    MessageShape,
    OpenCaseShape,
    OwnerShape,
    OwnShape,
    PictureShape,
    RemedyShape,
    VerdictShape,
    WriteShape,
)
from kameng.web.guest_api.counter import Counter
from kameng.web.guest_api.document import SECURED

# Base64 takes four bytes for three.
BODY_BYTES_MAX = AT_ONCE_MAX * BYTES_MAX * 4 // 3 + 64 * 1024
PICTURE_IDS_END = 2**63
_OWNED = (TokenNeeded, ContactNeeded)


@post(
    "/orders/{order_no:str}/owner",
    operation_id="ownOrder",
    status_code=200,
    security=SECURED,
    responses=problems(TokenNeeded, ContactNeeded, ProofNeeded, SlowDown),
)
async def own(counter: NamedDependency[Counter], order_no: FromPath[str], data: JSONBody[OwnShape]) -> OwnerShape:
    """The whole contact for a token that opens codes and case."""
    order_id = counter.bearer(order_no).order_id
    claim = Claim(order_id, counter.visit.client_address, data.contact, data.proof)
    await check_whole_contact(db=counter.db, keyring=counter.keyring, rules=counter.guard_rules, claim=claim)
    token = grant(counter.keyring, order_id, Access.OWNER, counter.db.clock.now())
    return OwnerShape(order_no=printed(order_id), token=token)


@post(
    "/orders/{order_no:str}/case",
    operation_id="openCase",
    status_code=200,
    security=SECURED,
    responses=problems(*_OWNED, TooManyCases),
)
async def open_one(
    counter: NamedDependency[Counter],
    case_rules: NamedDependency[CaseRules],
    order_no: FromPath[str],
    data: JSONBody[OpenCaseShape],
) -> CaseShape:
    """With the order's facts attached. An order has one case under way: sent again, it is the same one."""
    order_id = _owner(counter, order_no)
    if data.kind not in set(CaseKind):
        raise InvalidInput(fields={"kind": Words("没有这种问题类型")})
    await open_case(db=counter.db, rules=case_rules, order_id=order_id, kind=CaseKind(data.kind))
    return await _shape(counter, order_id)


@get(
    "/orders/{order_no:str}/case",
    operation_id="readCase",
    security=SECURED,
    responses=problems(*_OWNED, CaseMissing, body=False),
)
async def read_one(counter: NamedDependency[Counter], order_no: FromPath[str]) -> CaseShape:
    """The order's newest case with everything said in it."""
    return await _shape(counter, _owner(counter, order_no))


@post(
    "/orders/{order_no:str}/case/messages",
    operation_id="writeMessage",
    status_code=200,
    security=SECURED,
    responses=problems(
        *_OWNED, CaseMissing, CaseMoved, TooManyMessages, TooManyPictures, PictureTooLarge, PictureUnusable
    ),
    request_max_body_size=BODY_BYTES_MAX,
)
async def write(
    counter: NamedDependency[Counter],
    case_rules: NamedDependency[CaseRules],
    order_no: FromPath[str],
    data: JSONBody[WriteShape],
) -> CaseShape:
    """Say something, show something."""
    order_id = _owner(counter, order_no)
    await write_message(
        db=counter.db, keyring=counter.keyring, rules=case_rules, order_id=order_id, words=data.words,
        pictures=data.pictures,
    )  # fmt: skip
    return await _shape(counter, order_id)


@post(
    "/orders/{order_no:str}/case/verdict",
    operation_id="judgeCase",
    status_code=200,
    security=SECURED,
    responses=problems(*_OWNED, CaseMissing, CaseMoved, TooManyMessages),
)
async def judge(
    counter: NamedDependency[Counter],
    case_rules: NamedDependency[CaseRules],
    order_no: FromPath[str],
    data: JSONBody[VerdictShape],
) -> CaseShape:
    """Say whether a solved case is solved: yes closes it, no opens it again."""
    order_id = _owner(counter, order_no)
    await confirm_case(
        db=counter.db, keyring=counter.keyring, rules=case_rules, order_id=order_id, is_solved=data.solved,
        words=data.words,
    )  # fmt: skip
    return await _shape(counter, order_id)


@post(
    "/orders/{order_no:str}/case/withdraw",
    operation_id="withdrawCase",
    status_code=200,
    security=SECURED,
    responses=problems(*_OWNED, CaseMissing, CaseMoved, body=False),
)
async def withdraw(
    counter: NamedDependency[Counter], case_rules: NamedDependency[CaseRules], order_no: FromPath[str]
) -> CaseShape:
    """Nothing more is needed."""
    order_id = _owner(counter, order_no)
    await withdraw_case(db=counter.db, rules=case_rules, order_id=order_id)
    return await _shape(counter, order_id)


@get(
    "/orders/{order_no:str}/case/pictures/{picture_id:int}",
    operation_id="readPicture",
    security=SECURED,
    media_type=MEDIA_TYPE,
    responses={
        200: ResponseSpec(
            data_container=bytes, description="The picture.", media_type=MEDIA_TYPE, generate_examples=False
        ),
        **problems(*_OWNED, CaseMissing, body=False),
    },
)
async def picture(
    counter: NamedDependency[Counter], order_no: FromPath[str], picture_id: FromPath[int]
) -> Response[bytes]:
    """A picture of a case of this order, as we made it anew."""
    order_id = _owner(counter, order_no)
    if not 0 < picture_id < PICTURE_IDS_END:
        raise CaseMissing
    content = await find_picture(db=counter.db, keyring=counter.keyring, order_id=order_id, picture_id=picture_id)
    return Response(content, media_type=MEDIA_TYPE)


def _owner(counter: Counter, order_no: str) -> OrderId:
    """Raises TokenNeeded; ContactNeeded for who has only looked the order up."""
    bearer = counter.bearer(order_no)
    if bearer.access is not Access.OWNER:
        raise ContactNeeded
    return bearer.order_id


async def _shape(counter: Counter, order_id: OrderId) -> CaseShape:
    seen = await read_case(db=counter.db, keyring=counter.keyring, order_id=order_id)
    if seen is None:
        raise CaseMissing
    case, words, now = seen.case, counter.words, counter.db.clock.now()
    return CaseShape(
        state=case.state,
        state_name=words(CASE_STATE_NAMES[case.state]),
        reading=words(reading_of(case), when=hour(case.close_at, now) if case.close_at else ""),
        kind=case.kind,
        kind_name=words(KIND_NAMES[case.kind]),
        opened_at=case.opened_at,
        first_answered_at=case.first_answered_at,
        due_at=case.due_at,
        due_for=case.due_for,
        is_late=case.missed_at is not None,
        outcome=case.outcome,
        outcome_name=words(OUTCOME_NAMES[case.outcome]) if case.outcome else None,
        closes_at=case.close_at,
        closed_at=case.closed_at,
        messages=[
            MessageShape(
                message.author,
                message.words,
                message.at,
                [PictureShape(shot.id, shot.width, shot.height) for shot in message.pictures],
            )
            for message in seen.messages
        ],
        remedies=[
            RemedyShape(
                one.kind,
                one.stage,
                words(STAGE_NAMES[one.kind, one.stage]),
                one.amount_fen or 0,
                one.began_at,
                one.ended_at,
            )
            for one in seen.remedies
        ],
    )
