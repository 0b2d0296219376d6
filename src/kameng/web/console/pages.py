"""How a page of the console is made: its frame, its menu, the words for what it shows, and what was typed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response
from litestar.datastructures import State
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER

from kameng.kernel.money import yuan
from kameng.kernel.text import Words
from kameng.staff.member import Session, Step
from kameng.staff.roles import Permission, may
from kameng.web.console import supply_wording, wording
from kameng.web.console.work_lines import LOOKS
from kameng.web.design.pages import NO_STORE, Pages

AnyRequest = Request[Any, Any, State]


@dataclass(frozen=True)
class MenuItem:
    path: str
    name: Words
    permission: Permission


EXCEPTIONS = "/console/exceptions"
CASES = "/console/cases"
RESUBMISSIONS = "/console/resubmissions"

WORK = "/console/queues"

MENU = (
    MenuItem(WORK, Words("待办"), Permission.ORDER_LOOK),
    MenuItem("/console/orders", Words("订单"), Permission.ORDER_LOOK),
    MenuItem(EXCEPTIONS, Words("异常队列"), Permission.ORDER_LOOK),
    MenuItem(CASES, Words("售后工单"), Permission.CASE_LOOK),
    MenuItem(RESUBMISSIONS, Words("待核对的补交"), Permission.ORDER_LOOK),
    MenuItem("/console/money", Words("待处理资金"), Permission.ORDER_LOOK),
    MenuItem("/console/refunds", Words("退款审批"), Permission.REFUND_APPROVE),
    MenuItem("/console/batches", Words("批量处理"), Permission.BATCH_LOOK),
    MenuItem("/console/risk", Words("风险"), Permission.RISK_LOOK),
    MenuItem("/console/stock", Words("库存"), Permission.STOCK_LOOK),
    MenuItem("/console/goods", Words("商品与价格"), Permission.PRICE_LOOK),
    MenuItem("/console/routes", Words("供货线路"), Permission.SUPPLIER_LOOK),
    MenuItem("/console/suppliers", Words("货源"), Permission.SUPPLIER_LOOK),
    MenuItem("/console/troubles", Words("故障"), Permission.TROUBLE_LOOK),
    MenuItem("/console/gateways", Words("支付渠道"), Permission.GATEWAY_LOOK),
    MenuItem("/console/answers", Words("常见问题"), Permission.ANSWER_EDIT),
    MenuItem("/console/alarms", Words("告警"), Permission.ALARM_LOOK),
    MenuItem("/console/audit", Words("操作记录"), Permission.AUDIT_LOOK),
    MenuItem("/console/staff", Words("员工"), Permission.STAFF_EDIT),
)


def show(request: AnyRequest, name: str, *, status: int = 200, **context: object) -> Response[str]:
    """A page nobody keeps a copy of, with the menu of whoever is signed in."""
    pages: Pages = request.app.state.pages
    return pages.page(request, name, status=status, headers=NO_STORE, **_framed(request, context))


def _framed(request: AnyRequest, context: Mapping[str, Any]) -> dict[str, object]:
    session: Session | None = request.state.get("staff_session")
    staff = session.staff if session is not None and session.step is Step.DONE else None
    return {
        "staff": staff,
        "menu": [item for item in MENU if staff is not None and may(staff.role, item.permission)],
        "path": request.scope["path"],
        "may": lambda permission: staff is not None and may(staff.role, Permission(permission)),
        "names": wording,
        "supply": supply_wording,
        "wanting": request.state.get("wanting", 0),
        "cases_due": request.state.get("cases_due", 0),
        "work_count": sum(
            count
            for queue, count in request.state.get("work_counts", {}).items()
            if staff is not None and may(staff.role, LOOKS[queue])
        ),
        "yuan": yuan,
        "done": wording.DONE.get(request.query_params.get("done", "")),
        "refusal": None,
        **context,
        "form": Entered(context.get("form", {})),
    }


class Entered(dict[str, str]):
    """What was typed, to be shown again; nothing where nothing was."""

    def __missing__(self, name: str) -> str:
        return ""


async def typed(request: AnyRequest) -> dict[str, str]:
    """The text fields of a posted form, outer blanks gone; of a field sent twice the last."""
    form = await request.form()
    return {name: clean(value) for name, value in form.multi_items() if isinstance(value, str)}


async def typed_lists(request: AnyRequest, name: str) -> list[str]:
    """Every value of a field that may be sent several times."""
    form = await request.form()
    values: Sequence[Any] = form.getall(name, [])
    return [clean(value) for value in values if isinstance(value, str)]


def clean(text: str) -> str:
    """Without outer blanks and without NUL, which PostgreSQL can't store."""
    return text.replace("\0", "").strip()


def back_to(path: str, *, done: str = "") -> Redirect:
    """After an action: the page that shows what came of it."""
    return Redirect(f"{path}?{urlencode({'done': done})}" if done else path, status_code=HTTP_303_SEE_OTHER)
