"""The help that stands on every order's page: answers that fit it, its case, and what else can be asked for."""

from kameng.aftersales.answers import chosen, list_answers
from kameng.aftersales.case import CASE_STATE_NAMES, KIND_NAMES, OUTCOME_NAMES, CaseKind, kinds_of
from kameng.aftersales.conversation import find_case
from kameng.aftersales.remedy import REMEDY_NAMES, STAGE_NAMES
from kameng.catalogue.filling import Delivers
from kameng.kernel.database import Database
from kameng.tracking.view import OrderView

CASE_NAMES: dict[str, object] = {
    "case_states": CASE_STATE_NAMES,
    "kinds_named": KIND_NAMES,
    "outcomes_named": OUTCOME_NAMES,
    "remedies_named": REMEDY_NAMES,
    "stages_named": STAGE_NAMES,
}


async def help_of(db: Database, view: OrderView) -> dict[str, object]:
    """What `order/_help.html` is rendered from."""
    answers = chosen(
        await list_answers(db),
        state=view.state,
        events={moment.event for moment in view.timeline},
        delivers=_delivers(view),
    )
    return {"answers": answers, "case": await find_case(db, view.order_id), "kinds": kinds_for(view), **CASE_NAMES}


def kinds_for(view: OrderView) -> tuple[CaseKind, ...]:
    """What can be wrong with the order as it stands."""
    return kinds_of(view.state, _delivers(view))


def _delivers(view: OrderView) -> Delivers:
    return Delivers.TOP_UP if view.is_top_up else Delivers.CODES
