"""What the handlers of one gateway share."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from litestar import Request

from kameng.web.sandbox.behaviour import Behaviours
from kameng.web.sandbox.books import Order, Payment
from kameng.web.sandbox.desk import Desk
from kameng.web.sandbox.notifier import Notice, Notifier
from kameng.web.sandbox.visit import with_fields

AnyRequest = Request[Any, Any, Any]


@dataclass(frozen=True)
class Room:
    """The desk, its whims, and the one who runs the errands. `public_url`: where buyers reach the pay page, without
    a slash at the end; None takes the host of each request."""

    desk: Desk
    behaviours: Behaviours
    notifier: Notifier
    public_url: str | None = None

    def notice_of(self, order: Order, payment: Payment, *, fen: int | None = None) -> Notice:
        """The true notify of a payment, or one that names another sum."""
        fields = self.desk.notice(order, payment.trade_no, fen=payment.paid_fen if fen is None else fen)
        return Notice(order.notify_url, fields)

    def forged_notice_of(self, order: Order) -> Notice:
        """A notify of a payment that never was, by someone who does not know the key."""
        fields = self.desk.notice(order, order.trade_no, fen=order.money_fen)
        return Notice(order.notify_url, fields | {"sign": "0" * 32})

    def way_back(self, order: Order, payment: Payment | None) -> str | None:
        """The merchant's return_url; after a payment with its signed fields."""
        if urlsplit(order.return_url).scheme not in {"http", "https"}:
            return None
        if payment is None:
            return order.return_url
        fields = self.desk.notice(order, payment.trade_no, fen=payment.paid_fen)
        return with_fields(order.return_url, fields)

    def pay_page_of(self, order: Order, request: AnyRequest) -> str:
        here = self.public_url or f"{request.scope['scheme']}://{request.headers.get('host')}"
        return f"{here}/pay/{order.trade_no}"


def room_of(request: AnyRequest) -> Room:
    room: Room = request.app.state.room
    return room


async def fields_of(request: AnyRequest) -> dict[str, str]:
    """Query string and form together, as PHP's $_REQUEST gives them: the form wins."""
    query = request.scope["query_string"].decode("ascii", "replace")
    form = (await request.body()).decode("utf-8", "replace") if request.method == "POST" else ""
    return dict(parse_qsl(query, keep_blank_values=True) + parse_qsl(form, keep_blank_values=True))
