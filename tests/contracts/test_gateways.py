"""What every payment gateway adapter promises, against a gateway that misbehaves, on real sockets.

A new adapter is one more entry in CHANNELS: what serves its gateway, makes its adapter, and pulls the strings.
"""

import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from kameng.adapters.gateways.table import gateway_makers
from kameng.adapters.http import HttpClient
from kameng.payment.gateway import (
    Ask,
    Forged,
    Gateway,
    InDoubt,
    Notice,
    Paid,
    PartlySentBack,
    PayByCode,
    PayByForm,
    PayByLink,
    RefundAsk,
    RefundDone,
    Refused,
    SentBack,
    Unpaid,
)
from kameng.web.sandbox.serve import running
from kameng.web.sandbox.signature import Merchant
from tests.stand_in import StandIn, says, stand_in

pytestmark = pytest.mark.anyio

REFERENCE = "P202611221430551234"
KEY = "k3y-nobody-may-see"
TIMEOUT_S = 0.4


@dataclass
class Channel:
    """A gateway under test: its adapter, the strings of its sandbox, and the shop its notifies go to."""

    gateway: Gateway
    control: httpx.AsyncClient
    shop: StandIn
    asks: dict[str, Ask] = field(default_factory=dict)

    def ask(self, reference: str = REFERENCE, *, amount_fen: int = 1234) -> Ask:
        return Ask(
            reference=reference,
            method="alipay",
            amount_fen=amount_fen,
            goods="和平精英点卡 & 60 点券",
            notify_url=self.shop.url + "notify/main",
            return_url=self.shop.url + "back?order=1",
            client_address="127.0.0.1",
            on_phone=False,
        )

    async def will(self, call: str, how: str, *, times: int | None = 1) -> None:
        await self.pulled("behaviour", call=call, how=how, times=times, seconds=TIMEOUT_S * 3)

    async def pulled(self, string: str, **what: Any) -> Any:
        answer = await self.control.post(f"control/{string}", json=what)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def books(self) -> dict[str, Any]:
        books: dict[str, Any] = (await self.control.get("control/books")).json()
        return books

    async def paid(self, reference: str = REFERENCE, **how: Any) -> str:
        """Starts, pays, and returns the gateway's number."""
        await self.gateway.start(self.ask(reference))
        trade_no: str = (await self.pulled("pay", out_trade_no=reference, wait=True, **how))["trade_no"]
        return trade_no


def refund_of(trade_no: str, *, amount_fen: int = 1234) -> RefundAsk:
    return RefundAsk("R1", REFERENCE, trade_no, amount_fen, 1234)


@asynccontextmanager
async def epay_v1(sign_with: str = "key") -> AsyncIterator[Channel]:
    merchant = Merchant("1001", KEY, joint="" if sign_with == "key" else sign_with)
    async with (
        stand_in(lambda _: says("success")) as shop,
        running(merchant=merchant) as sandbox,
        HttpClient(total_timeout_s=TIMEOUT_S) as http,
        httpx.AsyncClient(base_url=sandbox.url, trust_env=False) as control,
    ):
        config = {"base_url": sandbox.url, "pid": "1001", "key": KEY, "sign_with": sign_with}
        yield Channel(gateway_makers(http)["epay_v1"](config), control, shop)


Serving = Callable[[], AbstractAsyncContextManager[Channel]]

CHANNELS: dict[str, Serving] = {"epay_v1": epay_v1}
# Settings that change the form of every message: the whole way once is enough.
VARIANTS: dict[str, Serving] = {"epay_v1, a clone with &key=": lambda: epay_v1("&key=")}


@pytest.fixture(params=CHANNELS)
async def channel(request: pytest.FixtureRequest) -> AsyncIterator[Channel]:
    async with (CHANNELS | VARIANTS)[request.param]() as channel:
        yield channel


@pytest.mark.parametrize("channel", [*CHANNELS, *VARIANTS], indirect=True)
async def test_a_payment_goes_its_way(channel: Channel) -> None:
    gateway = channel.gateway
    assert isinstance(await gateway.start(channel.ask()), PayByLink | PayByCode | PayByForm)
    assert await gateway.query(REFERENCE, trade_no=None) == Unpaid()

    said = await channel.pulled("pay", out_trade_no=REFERENCE, wait=True)
    trade_no = said["trade_no"]
    assert said["notified"] == [{"status": 200, "said": "success"}]
    heard = channel.shop.heard[0]
    assert heard.path == "/notify/main"
    assert gateway.read_notify(heard.fields) == Notice(REFERENCE, trade_no, 1234, paid=True)

    for number in (None, trade_no):
        paid = await gateway.query(REFERENCE, trade_no=number)
        assert isinstance(paid, Paid)
        assert (paid.reference, paid.trade_no, paid.amount_fen) == (REFERENCE, trade_no, 1234)
        assert paid.paid_at is not None

    assert isinstance(await gateway.refund(refund_of(trade_no)), RefundDone)
    assert await gateway.query(REFERENCE, trade_no=trade_no) == SentBack(trade_no)
    books = await channel.books()
    assert [(row["trade_no"], row["fen"]) for row in books["refunds"]] == [(trade_no, 1234)]


async def test_starting_again_is_the_same_payment(channel: Channel) -> None:
    first = await channel.gateway.start(channel.ask())
    assert await channel.gateway.start(channel.ask()) == first
    assert len((await channel.books())["orders"]) == 1


async def test_a_reference_nobody_knows_is_unpaid(channel: Channel) -> None:
    assert await channel.gateway.query("P999999999999999999", trade_no=None) == Unpaid()


async def test_two_payments_of_one_reference_are_told_apart(channel: Channel) -> None:
    first = await channel.paid()
    second = (await channel.pulled("pay", out_trade_no=REFERENCE, money="20.00", wait=True))["trade_no"]
    assert second != first
    for trade_no, amount_fen in ((first, 1234), (second, 2000)):
        paid = await channel.gateway.query(REFERENCE, trade_no=trade_no)
        assert isinstance(paid, Paid)
        assert (paid.trade_no, paid.amount_fen) == (trade_no, amount_fen)
    assert isinstance(await channel.gateway.refund(refund_of(second, amount_fen=2000)), RefundDone)
    assert await channel.gateway.query(REFERENCE, trade_no=second) == SentBack(second)
    assert isinstance(await channel.gateway.query(REFERENCE, trade_no=first), Paid)


@pytest.mark.parametrize("money", ["0.01", "12.33", "12.35", "9999999.99"])
async def test_what_was_really_paid_is_told(channel: Channel, money: str) -> None:
    trade_no = await channel.paid(money=money)
    paid = await channel.gateway.query(REFERENCE, trade_no=trade_no)
    assert isinstance(paid, Paid)
    assert f"{paid.amount_fen // 100}.{paid.amount_fen % 100:02d}" == money


async def test_a_query_believes_the_books_and_not_the_notify(channel: Channel) -> None:
    trade_no = await channel.paid(notify_money="9999.00")
    notice = channel.gateway.read_notify(channel.shop.heard[0].fields)
    assert notice.amount_fen == 999_900
    paid = await channel.gateway.query(notice.reference, trade_no=notice.trade_no)
    assert isinstance(paid, Paid)
    assert (paid.trade_no, paid.amount_fen) == (trade_no, 1234)


async def test_a_forged_notify_is_told(channel: Channel) -> None:
    await channel.gateway.start(channel.ask())
    await channel.pulled("notice", out_trade_no=REFERENCE, forged=True)
    with pytest.raises(Forged):
        channel.gateway.read_notify(channel.shop.heard[0].fields)
    assert (await channel.books())["payments"] == []
    assert await channel.gateway.query(REFERENCE, trade_no=None) == Unpaid()


async def test_no_field_of_a_notify_can_be_changed(channel: Channel) -> None:
    await channel.paid()
    genuine = channel.shop.heard[0].fields
    channel.gateway.read_notify(genuine)
    for name in genuine:
        for changed in (genuine | {name: genuine[name] + "1"}, {k: v for k, v in genuine.items() if k != name}):
            if name == "sign_type" and name not in changed:
                continue
            with pytest.raises(Forged):
                channel.gateway.read_notify(changed)


TRUE_IN_ODD_CLOTHES = ["proper", "code_as_text", "encoded_twice"]
NOBODY_KNOWS = ["html_502", "html_200", "hang", "cut_off", "garbage", "empty", "huge", "redirect", "code_as_truth"]
NOT_EVEN_DONE = ["not_done_html_502", "not_done_hang"]


@pytest.mark.parametrize("how", TRUE_IN_ODD_CLOTHES)
async def test_an_answer_in_odd_clothes_is_understood(channel: Channel, how: str) -> None:
    for call in ("mapi", "order", "refund"):
        await channel.will(call, how, times=None)
    trade_no = await channel.paid()
    assert isinstance(await channel.gateway.query(REFERENCE, trade_no=trade_no), Paid)
    assert isinstance(await channel.gateway.refund(refund_of(trade_no)), RefundDone)
    assert await channel.gateway.query(REFERENCE, trade_no=trade_no) == SentBack(trade_no)


@pytest.mark.parametrize("how", [*NOBODY_KNOWS, *NOT_EVEN_DONE])
async def test_a_start_in_doubt_is_simply_repeated(channel: Channel, how: str) -> None:
    await channel.will("mapi", how)
    assert isinstance(await channel.gateway.start(channel.ask()), InDoubt)
    assert len((await channel.books())["orders"]) == (0 if how in NOT_EVEN_DONE else 1)
    assert isinstance(await channel.gateway.start(channel.ask()), PayByLink)
    assert len((await channel.books())["orders"]) == 1


@pytest.mark.parametrize("how", [*NOBODY_KNOWS, *NOT_EVEN_DONE, "refuse", "other_reference", "unknown_status"])
async def test_a_query_that_says_nothing_is_in_doubt(channel: Channel, how: str) -> None:
    trade_no = await channel.paid()
    await channel.will("order", how)
    assert isinstance(await channel.gateway.query(REFERENCE, trade_no=trade_no), InDoubt)
    assert isinstance(await channel.gateway.query(REFERENCE, trade_no=trade_no), Paid)


@pytest.mark.parametrize("how", [*NOBODY_KNOWS, *NOT_EVEN_DONE])
async def test_a_refund_in_doubt_is_settled_by_a_query(channel: Channel, how: str) -> None:
    trade_no = await channel.paid()
    await channel.will("refund", how)
    assert isinstance(await channel.gateway.refund(refund_of(trade_no)), InDoubt)
    truth = await channel.gateway.query(REFERENCE, trade_no=trade_no)
    if how in NOT_EVEN_DONE:
        assert isinstance(truth, Paid)
        assert (await channel.books())["refunds"] == []
    else:
        assert truth == SentBack(trade_no)
        assert len((await channel.books())["refunds"]) == 1


async def test_a_known_no_is_told_in_the_gateways_words(channel: Channel) -> None:
    await channel.will("mapi", "refuse")
    refused = await channel.gateway.start(channel.ask())
    assert isinstance(refused, Refused)
    assert "维护" in refused.words
    trade_no = await channel.paid()
    too_much = await channel.gateway.refund(refund_of(trade_no, amount_fen=1235))
    assert isinstance(too_much, Refused)
    assert (await channel.books())["refunds"] == []


async def test_a_part_sent_back_is_not_called_the_whole(channel: Channel) -> None:
    trade_no = await channel.paid()
    assert isinstance(await channel.gateway.refund(refund_of(trade_no, amount_fen=234)), RefundDone)
    assert await channel.gateway.query(REFERENCE, trade_no=trade_no) == PartlySentBack(trade_no, 234)
    assert isinstance(await channel.gateway.refund(refund_of(trade_no, amount_fen=1000)), RefundDone)
    assert await channel.gateway.query(REFERENCE, trade_no=trade_no) == SentBack(trade_no)


@pytest.mark.parametrize("how", [*NOBODY_KNOWS, *NOT_EVEN_DONE])
async def test_a_part_in_doubt_is_settled_by_how_much_went_back(channel: Channel, how: str) -> None:
    trade_no = await channel.paid()
    assert isinstance(await channel.gateway.refund(refund_of(trade_no, amount_fen=234)), RefundDone)
    await channel.will("refund", how)
    assert isinstance(await channel.gateway.refund(refund_of(trade_no, amount_fen=500)), InDoubt)
    sent_fen = 234 if how in NOT_EVEN_DONE else 734
    assert await channel.gateway.query(REFERENCE, trade_no=trade_no) == PartlySentBack(trade_no, sent_fen)


async def test_a_script_is_no_place_to_pay(channel: Channel) -> None:
    await channel.will("mapi", "as_script")
    assert isinstance(await channel.gateway.start(channel.ask()), InDoubt)


async def test_the_key_is_never_told(channel: Channel, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    seen: list[object] = [channel.gateway]
    with capture_logs() as logs:
        trade_no = await channel.paid()
        for how in (*TRUE_IN_ODD_CLOTHES, *NOBODY_KNOWS):
            await channel.will("order", how)
            seen.append(await channel.gateway.query(REFERENCE, trade_no=trade_no))
            await channel.will("refund", how)
            seen.append(await channel.gateway.refund(refund_of(trade_no, amount_fen=1)))
        try:
            channel.gateway.read_notify(channel.shop.heard[0].fields | {"money": "1.00"})
        except Forged as forged:
            seen.append("".join(traceback.format_exception(forged)))
    assert len(seen) == 2 + 2 * len((*TRUE_IN_ODD_CLOTHES, *NOBODY_KNOWS))
    assert len(logs) >= 24
    everything = f"{seen!r} {logs!r} {caplog.text}"
    assert KEY not in everything
    assert "key=" not in everything
