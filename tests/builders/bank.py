"""A payment gateway in this process: it keeps books of its own, and misbehaves when it is told to."""

import hashlib
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from kameng.kernel.clock import Clock
from kameng.kernel.database import assert_no_transaction
from kameng.kernel.money import fen_of, yuan
from kameng.payment.gateway import (
    Ask,
    Forged,
    InDoubt,
    Notice,
    Paid,
    PartlySentBack,
    PayByLink,
    QueryAnswer,
    RefundAnswer,
    RefundAsk,
    RefundDone,
    Refused,
    SentBack,
    StartAnswer,
    Unpaid,
)

KEY = "the bank's key"


class Call(StrEnum):
    START = "start"
    QUERY = "query"
    REFUND = "refund"


class Mood(StrEnum):
    """How a call goes wrong. `LOST`: it has its effect, and nobody hears of it. `DOUBT`: it has none, nor an answer."""

    FINE = "fine"
    DOUBT = "doubt"
    LOST = "lost"
    REFUSES = "refuses"
    BREAKS = "breaks"


class BrokenAdapter(Exception):
    """A bug of ours, not of the bank's."""


@dataclass
class Trade:
    """Money that a buyer truly paid."""

    trade_no: str
    reference: str
    amount_fen: int
    paid_at: datetime
    parts_sent_back: list[int] = field(default_factory=list)

    @property
    def sent_back_fen(self) -> int:
        return sum(self.parts_sent_back)


class Bank:
    """Implements `payment.gateway.Gateway`. `asks`, `trades` and `calls` are what a test looks at."""

    acknowledgement = "success"
    rejection = "fail"

    def __init__(self, name: str, clock: Clock) -> None:
        self.name = name
        self.asks: dict[str, Ask] = {}
        self.trades: dict[str, Trade] = {}
        self.calls: list[tuple[Call, str]] = []
        #: Whether a query says how much of a payment was sent back.
        self.tells_parts = False
        self.mood_of: Callable[[Call], Mood] = lambda _call: Mood.FINE
        self._moods: dict[Call, deque[Mood]] = defaultdict(deque)
        self._clock = clock

    def will(self, call: Call, *moods: Mood) -> None:
        """How the next calls of this kind go; after them, all is well again."""
        self._moods[call].extend(moods)

    def called(self, call: Call) -> int:
        return sum(made is call for made, _ in self.calls)

    # What the buyer does.

    def pay(self, reference: str, amount_fen: int | None = None) -> Trade:
        """Somebody pays, as much as was asked or what they like, as often as they like."""
        amount_fen = self.asks[reference].amount_fen if amount_fen is None else amount_fen
        trade = Trade(f"{self.name}-{len(self.trades) + 1:06d}", reference, amount_fen, self._clock.now())
        self.trades[trade.trade_no] = trade
        return trade

    def notify(self, trade: Trade, **changes: str) -> dict[str, str]:
        """What the bank would tell us of this payment; changes are signed as well."""
        fields = {
            "out_trade_no": trade.reference,
            "trade_no": trade.trade_no,
            "money": yuan(trade.amount_fen),
            "trade_status": "TRADE_SUCCESS",
        } | changes
        return fields | {"sign": _sign(fields)}

    # What we do.

    async def start(self, ask: Ask) -> StartAnswer:
        mood = self._goes(Call.START, ask.reference)
        if mood is Mood.REFUSES:
            return Refused("渠道维护")
        if mood is not Mood.DOUBT:
            self.asks[ask.reference] = ask
        return InDoubt("time-out") if mood in {Mood.DOUBT, Mood.LOST} else PayByLink(f"https://bank/{ask.reference}")

    def read_notify(self, fields: Mapping[str, str]) -> Notice:
        unsigned = {name: value for name, value in fields.items() if name != "sign"}
        if fields.get("sign") != _sign(unsigned):
            msg = "the signature is wrong"
            raise Forged(msg)
        paid = fields["trade_status"] == "TRADE_SUCCESS"
        return Notice(fields["out_trade_no"], fields["trade_no"], fen_of(fields["money"]), paid)

    async def query(self, reference: str, *, trade_no: str | None) -> QueryAnswer:
        if self._goes(Call.QUERY, reference) is not Mood.FINE:
            return InDoubt("time-out")
        trades = [t for t in self.trades.values() if t.reference == reference and trade_no in {None, t.trade_no}]
        if not trades:
            return Unpaid()
        trade = trades[0]
        if trade.sent_back_fen == trade.amount_fen:
            return SentBack(trade.trade_no)
        if trade.sent_back_fen and self.tells_parts:
            return PartlySentBack(trade.trade_no, trade.sent_back_fen)
        if trade.sent_back_fen:
            return InDoubt(f"of {yuan(trade.amount_fen)}, {yuan(trade.sent_back_fen)} was sent back")
        return Paid(
            reference, trade.trade_no, trade.amount_fen, trade.paid_at, nothing_sent_back=self.tells_parts
        )  # fmt: skip

    async def refund(self, ask: RefundAsk) -> RefundAnswer:
        mood = self._goes(Call.REFUND, ask.reference)
        if mood is Mood.REFUSES:
            return Refused("商户余额不足")
        if mood is Mood.DOUBT:
            return InDoubt("time-out")
        trade = self.trades[ask.trade_no]
        assert trade.reference == ask.reference
        assert trade.amount_fen == ask.whole_fen
        if trade.sent_back_fen + ask.amount_fen > trade.amount_fen:
            return Refused("退款金额超过可退金额")
        trade.parts_sent_back.append(ask.amount_fen)
        return InDoubt("time-out") if mood is Mood.LOST else RefundDone("退款成功")

    def _goes(self, call: Call, reference: str) -> Mood:
        assert_no_transaction()
        self.calls.append((call, reference))
        mood = self._moods[call].popleft() if self._moods[call] else self.mood_of(call)
        if mood is Mood.BREAKS:
            raise BrokenAdapter
        return mood


def _sign(fields: Mapping[str, str]) -> str:
    return hashlib.sha256(repr((sorted(fields.items()), KEY)).encode("utf-8", "surrogatepass")).hexdigest()
