"""Time-outs, cut lines, garbage, 5xx: never a failure, never a second order. What happened is found out by asking."""

import asyncio

import pytest

from kameng.supply.answer import Accepted, Delivered, InDoubt, NotFound, Reason, Refused
from kameng.supply.supplier import Repeat
from kameng.web.sandbox.suppliers.emulation import Call
from kameng.web.sandbox.suppliers.whims import NOT_DONE, How
from tests.contracts.suppliers.choosing import for_entries, with_each
from tests.contracts.suppliers.entry import Contract, Entry, make_adapter

pytestmark = pytest.mark.anyio

SILENT = [
    *(How.HTML_502, How.HTML_200, How.HANG, How.DROP, How.CUT_OFF, How.HALF_JSON, How.EMPTY, How.NULL, How.LIST),
    *(How.REDIRECT, How.NO_CODE, How.UNKNOWN_CODE, How.NOT_DONE_502, How.NOT_DONE_HANG, How.NOT_DONE_DROP),
]


def place_whims(entry: Entry) -> list[How]:
    return [how for how in (*SILENT, How.WRONG_TYPES, How.OTHER_ORDER) if how not in entry.blind_to]


def query_whims(entry: Entry) -> list[How]:
    return [*place_whims(entry), How.UNKNOWN_STATUS] if entry.can_ask else []


def goods_whims(entry: Entry) -> list[How]:
    return [how for how in SILENT if how not in entry.blind_to]


@with_each(place_whims, "how")
async def test_an_order_in_doubt_is_settled_by_asking(contract: Contract, how: How) -> None:
    ask = contract.ask()
    contract.will(Call.PLACE, how)
    answer = await contract.that_meets(how).place(ask)
    # An answer whose order number alone is garbled may still be known as accepted, never as anything else.
    assert isinstance(answer, InDoubt) or (how in {How.WRONG_TYPES, How.OTHER_ORDER} and isinstance(answer, Accepted))
    done = how not in NOT_DONE
    while len(contract.purchases()) < done:  # noqa: ASYNC110 - the other side has not got to it yet
        await asyncio.sleep(0.01)
    abilities = contract.supplier.abilities
    # Where placing and asking are one, an order that never arrived is there once it is asked for.
    done = done or abilities.repeat is Repeat.SAME_ORDER
    if abilities.asks_by_number:
        assert isinstance(await contract.supplier.query(ask, supplier_no=None), Accepted if done else NotFound)
    assert len(contract.purchases()) == done


@for_entries(lambda entry: entry.can_ask and How.NUMBERS_AS_TEXT not in entry.blind_to)
async def test_numbers_written_as_texts_are_numbers(contract: Contract) -> None:
    ask = contract.ask()
    contract.will(Call.PLACE, How.NUMBERS_AS_TEXT)
    placed = await contract.supplier.place(ask)
    assert isinstance(placed, Accepted)
    contract.settle()
    contract.will(Call.QUERY, How.NUMBERS_AS_TEXT)
    assert isinstance(await contract.asked(ask, placed), Delivered)


@with_each(query_whims, "how")
async def test_a_question_without_an_answer_settles_nothing(contract: Contract, how: How) -> None:
    ask = contract.ask()
    placed = await contract.supplier.place(ask)
    assert isinstance(placed, Accepted)
    contract.settle()
    contract.will(Call.QUERY, how)
    assert isinstance(await contract.that_meets(how).query(ask, supplier_no=placed.supplier_no), InDoubt)
    assert isinstance(await contract.supplier.query(ask, supplier_no=placed.supplier_no), Delivered)


@for_entries()
async def test_a_huge_answer_is_not_swallowed(contract: Contract) -> None:
    ask = contract.ask()
    contract.will(Call.PLACE, How.HUGE)
    assert isinstance(await contract.supplier.place(ask), InDoubt | Accepted)
    assert len(contract.purchases()) == 1


@for_entries()
async def test_a_no_to_a_question_is_no_failure(contract: Contract) -> None:
    ask = contract.ask()
    placed = await contract.supplier.place(ask)
    assert isinstance(placed, Accepted)
    contract.will(Call.QUERY, How.REFUSE)
    assert isinstance(await contract.supplier.query(ask, supplier_no=placed.supplier_no), InDoubt)


@for_entries()
async def test_nobody_there_is_a_known_no(contract: Contract) -> None:
    """The request never left, so the next supplier can be asked at once."""
    nowhere = make_adapter(contract.entry, "http://127.0.0.1:1/", contract.http, contract.clock)
    answer = await nowhere.place(contract.ask())
    assert isinstance(answer, Refused | InDoubt)
    if isinstance(answer, Refused):
        assert answer.reason is Reason.OTHER
    assert isinstance(await nowhere.query(contract.ask(), supplier_no=None), InDoubt)
    assert not isinstance(await nowhere.balance(), Refused)
    assert not isinstance(await nowhere.catalogue(), Refused)


@with_each(goods_whims, "how")
async def test_goods_and_balance_nobody_could_read_are_in_doubt(contract: Contract, how: How) -> None:
    supplier = contract.that_meets(how)
    abilities = supplier.abilities
    if abilities.has_balance:
        contract.will(Call.BALANCE, how)
        assert isinstance(await supplier.balance(), InDoubt)
    if abilities.has_catalogue:
        contract.will(Call.CATALOGUE, how)
        assert isinstance(await supplier.catalogue(), InDoubt)
    contract.will(Call.GOODS if contract.entry.asks_goods_alone else Call.CATALOGUE, how)
    assert isinstance(await supplier.goods(contract.entry.any_ware.number), InDoubt)
