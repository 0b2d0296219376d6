"""Whatever another Kameng answers is taken for what it says, and for no more."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from kameng.adapters.http import HttpClient
from kameng.adapters.suppliers.table import PROTOCOLS
from kameng.kernel.clock import VirtualClock
from kameng.kernel.errors import InvalidInput
from kameng.supply.answer import Accepted, Delivered, InDoubt, Refused
from kameng.supply.supplier import SupplyAsk
from tests.stand_in import says, stand_in

pytestmark = pytest.mark.anyio

NUMBER = "26112215303121092197-1"


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    async with HttpClient(total_timeout_s=20) as client:
        yield client


GARBAGE = (
    "", "null", "[]", '"ok"', "<html>502</html>", "{}", '{"order_no": "1"}', '{"code": "new_reason", "detail": "x"}',
    '{"code": "nonce_used"}', '{"code": "internal_error"}', '{"code": "out_order_no_conflict"}',
    '{"order_no": "1", "out_order_no": "other", "state": "delivered", "amount_fen": 1, "refunded_fen": 0}',
)  # fmt: skip


@pytest.mark.parametrize("text", GARBAGE)
async def test_garbage_is_in_doubt(clock: VirtualClock, http: HttpClient, text: str) -> None:
    async with stand_in(lambda _: says(text)) as there:
        supplier = PROTOCOLS["kameng"].maker(http, clock)({"base_url": there.url, "key": "1234567890", "secret": "s"})
        ask = SupplyAsk(NUMBER, "3", 1, 1000, "https://x.example.com/", clock.now())
        assert isinstance(await supplier.place(ask), InDoubt)
        assert isinstance(await supplier.query(ask, supplier_no=None), InDoubt)
        assert isinstance(await supplier.balance(), InDoubt)
        assert isinstance(await supplier.catalogue(), InDoubt)
        assert isinstance(await supplier.goods("3"), InDoubt | Refused)


@pytest.mark.parametrize(
    ("changes", "states"),
    [
        ({"codes": ["A"]}, Delivered),
        ({"codes": []}, InDoubt),
        ({"codes": ["A", "B"]}, InDoubt),
        ({"codes": [""]}, InDoubt),
        ({"codes": None}, InDoubt),
        ({"delivers": "top_up", "codes": []}, Delivered),
        ({"state": "delivering", "codes": []}, Accepted),
        ({"state": "something new"}, InDoubt),
        ({"state": "refunded", "refunded_fen": 999}, InDoubt),
        ({"amount_fen": "much"}, InDoubt),
    ],
)
async def test_an_answer_is_taken_for_what_it_says(
    clock: VirtualClock, http: HttpClient, changes: Mapping[str, Any], states: type
) -> None:
    order = {
        "order_no": "26112215303121092197", "out_order_no": NUMBER, "state": "delivered", "delivers": "codes",
        "amount_fen": 1000, "refunded_fen": 0, "codes": ["A"],
    }  # fmt: skip
    async with stand_in(lambda _: says(json.dumps({**order, **changes}))) as there:
        supplier = PROTOCOLS["kameng"].maker(http, clock)({"base_url": there.url, "key": "1234567890", "secret": "s"})
        ask = SupplyAsk(NUMBER, "3", 1, 1000, "https://x.example.com/", clock.now())
        assert isinstance(await supplier.place(ask), states)
        assert isinstance(await supplier.query(ask, supplier_no=None), states)


async def test_silence_is_in_doubt_and_nobody_there_is_a_no(clock: VirtualClock) -> None:
    async with HttpClient(total_timeout_s=0.3) as hasty:
        async with stand_in(lambda _: None) as there:
            config = {"base_url": there.url, "key": "1234567890", "secret": "s"}
            supplier = PROTOCOLS["kameng"].maker(hasty, clock)(config)
            ask = SupplyAsk(NUMBER, "3", 1, 1000, "https://x.example.com/", clock.now())
            assert isinstance(await supplier.place(ask), InDoubt)
            assert isinstance(await supplier.query(ask, supplier_no=None), InDoubt)
        assert isinstance(await supplier.place(ask), Refused)


def test_a_configuration_names_what_is_wrong(clock: VirtualClock) -> None:
    with pytest.raises(InvalidInput) as refused:
        PROTOCOLS["kameng"].maker(HttpClient(), clock)({"base_url": "http://shop.example.com", "key": "x"})
    assert set(refused.value.fields) == {"base_url", "key", "secret"}
