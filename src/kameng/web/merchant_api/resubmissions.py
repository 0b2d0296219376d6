"""Having many orders put right at once, and asking what became of each."""

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from kameng.batches.batch import BatchMissing, BatchState, ItemState
from kameng.batches.for_merchant import NUMBERS_MAX, Asked, KeyConflict, MerchantBatch
from kameng.batches.for_merchant import find_for_merchant as find_resubmissions
from kameng.batches.for_merchant import resubmit_for_merchant as resubmit_orders
from kameng.batches.look import Line
from kameng.kernel.errors import InvalidInput
from kameng.kernel.text import Words
from kameng.merchants.merchant import Scope
from kameng.orders.number import printed, read
from kameng.resubmission.resubmission import ResubmissionState
from kameng.web.design.documented import problems
from kameng.web.merchant_api.document import SECURED
from kameng.web.merchant_api.door import Desk, signed_for
from kameng.web.merchant_api.goods import DOOR
from kameng.web.merchant_api.shapes import ResubmissionsShape, ResubmitShape, ResubmittedShape

KEY_MAX = 64
QUEUED, UNDER_WAY, WITH_STAFF, DONE, FAILED, REFUSED = (
    "queued", "under_way", "with_staff", "done", "failed", "refused",
)  # fmt: skip
_ENDS = {
    ResubmissionState.DONE: DONE,
    ResubmissionState.WITH_STAFF: WITH_STAFF,
    ResubmissionState.DECLINED: FAILED,
    ResubmissionState.FAILED: FAILED,
}


@post(
    "/resubmissions",
    operation_id="resubmitOrders",
    status_code=202,
    security=SECURED,
    guards=[signed_for(Scope.RESUBMISSION)],
    responses=problems(*DOOR, BatchMissing, KeyConflict),
)
async def resubmit(desk: NamedDependency[Desk], data: JSONBody[ResubmitShape]) -> ResubmissionsShape:
    """Have up to 1000 of your orders that are in `exception` delivered after all, at the price they were bought at.
    Nothing is delivered twice. Each order has a result of its own; ask `GET /resubmissions/{key}` for them."""
    if not 1 <= len(data.order_nos) + len(data.out_order_nos) <= NUMBERS_MAX:
        raise InvalidInput(fields={"order_nos": Words("一次补交 1 到 1000 个订单")})
    asked = Asked(
        data.key,
        [order_id for text in data.order_nos if (order_id := read(text)) is not None],
        [number for number in data.out_order_nos if "\0" not in number],
        desk.visit.client_address,
    )
    return _shape(await resubmit_orders(db=desk.db, rules=desk.resubmission, merchant=desk.merchant, asked=asked))


@get(
    "/resubmissions/{key:str}",
    operation_id="readResubmissions",
    security=SECURED,
    guards=[signed_for(Scope.RESUBMISSION)],
    responses=problems(*DOOR, BatchMissing, body=False),
)
async def resubmissions(desk: NamedDependency[Desk], key: FromPath[str]) -> ResubmissionsShape:
    """What has become of each order so far."""
    if "\0" in key or len(key) > KEY_MAX:
        raise BatchMissing
    return _shape(await find_resubmissions(desk.db, desk.merchant, key))


def _shape(found: MerchantBatch) -> ResubmissionsShape:
    batch = found.batch
    state = DONE if batch.state is BatchState.DONE else str(BatchState.RUNNING)
    return ResubmissionsShape(batch.key or "", state, batch.drawn_at, [_result(line) for line in found.lines])


def _result(line: Line) -> ResubmittedShape:
    match line.state:
        case ItemState.TODO:
            state, code = QUEUED, None
        case ItemState.DONE | ItemState.WAITING:
            state = _ENDS.get(ResubmissionState(line.result), UNDER_WAY) if line.result else UNDER_WAY
            code = line.why
        case _:
            state, code = REFUSED, line.why or str(line.state)
    return ResubmittedShape(
        printed(line.order_id), line.out_order_no or "", state, code, str(line.order_state or line.seen_state or "")
    )
