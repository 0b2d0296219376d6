"""What every supplier's adapter promises, against an emulator that speaks its protocol and keeps its own books.

A new adapter is one more entry in `suppliers/table.py`. More of the contract: test_suppliers_in_doubt.py (what nobody
knows), test_suppliers_callbacks.py, test_suppliers_goods.py (catalogue, balance), test_suppliers_secrets.py.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from kameng.adapters.suppliers.table import PROTOCOLS
from kameng.supply.answer import (
    Accepted,
    Balance,
    CancelAsked,
    Cancelled,
    ComplaintFiled,
    Delivered,
    Failed,
    InDoubt,
    NotFound,
    Partly,
    Reason,
    Refused,
)
from kameng.supply.supplier import LossGuard, Repeat
from kameng.web.sandbox.suppliers.course import Course
from kameng.web.sandbox.suppliers.emulation import Call
from kameng.web.sandbox.suppliers.wares import Ending, No, State
from kameng.web.sandbox.suppliers.whims import How
from tests.contracts.suppliers.choosing import for_entries, with_each
from tests.contracts.suppliers.entry import NUMBER, Contract
from tests.contracts.suppliers.table import ENTRIES

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]


def test_every_protocol_is_held_to_the_contract() -> None:
    """Our own has no emulator: it is held to its contract by the shop itself, in test_kameng.py."""
    assert {entry.protocol for entry in ENTRIES} | {"kameng"} == set(PROTOCOLS)


def test_every_protocol_stands_in_the_documentation() -> None:
    text = (ROOT / "docs" / "adapters.md").read_text()
    assert [name for name in PROTOCOLS if f"| `{name}`" not in text] == []


@for_entries(lambda entry: entry.top_up)
async def test_a_top_up_goes_its_way(contract: Contract) -> None:
    ask = contract.ask(contract.entry.top_up)
    accepted = await contract.supplier.place(ask)
    assert isinstance(accepted, Accepted)
    (row,) = contract.purchases()
    assert accepted.supplier_no in {None, row["supplier_no"]}
    assert accepted.cost_fen in {None, row["cost_fen"]}
    assert (row["account"], row["quantity"]) == (ask.account, 1)
    for number in (None, accepted.supplier_no):
        assert isinstance(await contract.supplier.query(ask, supplier_no=number), Accepted)

    ended = contract.settle()
    for number in (None, accepted.supplier_no):
        delivered = await contract.supplier.query(ask, supplier_no=number)
        assert isinstance(delivered, Delivered)
        assert delivered.codes == ()
        assert delivered.supplier_no in {None, ended.supplier_no}
        if contract.entry.tells_receipt:
            assert delivered.receipt == ended.receipt
        assert delivered.cost_fen == (ended.cost_fen if contract.entry.tells_cost else None)
    assert len(contract.purchases()) == 1


@for_entries(lambda entry: entry.codes and entry.can_ask)
async def test_codes_arrive_as_they_were_handed_out(contract: Contract) -> None:
    quantity = min(2, contract.supplier.abilities.quantity_max)
    ask = contract.ask(contract.entry.codes, quantity=quantity)
    placed = await contract.supplier.place(ask)
    assert isinstance(placed, Accepted)
    contract.settle()
    delivered = await contract.supplier.query(ask, supplier_no=placed.supplier_no)
    assert isinstance(delivered, Delivered)
    books = contract.codes()
    assert len(books) == quantity
    told = {(code.number, code.password) for code in delivered.codes}
    assert told == {(row["number"], row["password"]) for row in books} or told == {
        ("", row["password"]) for row in books
    }


@for_entries(lambda entry: entry.codes)
async def test_what_is_there_at_once_is_taken_at_once_or_asked_for(contract: Contract) -> None:
    contract.room.courses.usual = Course(0.0)
    ask = contract.ask(contract.entry.codes)
    placed = await contract.supplier.place(ask)
    assert isinstance(placed, Accepted | Delivered)
    can_ask = contract.entry.can_ask
    ended = await contract.supplier.query(ask, supplier_no=placed.supplier_no) if can_ask else placed
    assert isinstance(ended, Delivered)
    assert not isinstance(placed, Delivered) or placed.codes == ended.codes
    assert [code.password for code in ended.codes] == [row["password"] for row in contract.codes()]


@for_entries(lambda entry: entry.tells_failure)
async def test_a_failure_is_told_with_its_refund(contract: Contract) -> None:
    ask = contract.ask()
    await contract.supplier.place(ask)
    ended = contract.settle(Ending(State.FAILED, words="运营商维护"))
    assert ended.refund_fen == ended.cost_fen
    failed = await contract.supplier.query(ask, supplier_no=None)
    assert isinstance(failed, Failed)
    assert failed.refund_fen == (ended.cost_fen if contract.entry.tells_refund else None)


@for_entries(lambda entry: entry.tells_failure and entry.tells_refund)
async def test_a_failure_without_its_money_back_says_so(contract: Contract) -> None:
    ask = contract.ask()
    await contract.supplier.place(ask)
    contract.settle(Ending(State.FAILED, refunds=False))
    answer = await contract.supplier.query(ask, supplier_no=None)
    assert isinstance(answer, InDoubt) or (isinstance(answer, Failed) and answer.refund_fen == 0)


@for_entries(lambda entry: entry.tells_failure)
async def test_an_order_the_supplier_withdrew_has_failed(contract: Contract) -> None:
    ask = contract.ask()
    await contract.supplier.place(ask)
    contract.settle(Ending(State.CANCELLED))
    assert isinstance(await contract.supplier.query(ask, supplier_no=None), Failed)


@for_entries(lambda entry: entry.has_partly and entry.top_up and entry.top_up.face_fen)
async def test_a_part_of_a_top_up_is_counted_in_face_value(contract: Contract) -> None:
    ask = contract.ask(contract.entry.top_up)
    await contract.supplier.place(ask)
    contract.settle(Ending(State.PARTLY, delivered=30_00))
    partly = await contract.supplier.query(ask, supplier_no=None)
    assert isinstance(partly, Partly)
    assert partly.delivered == 30_00
    if contract.entry.tells_refund:
        assert partly.refund_fen == contract.purchase().refund_fen


@with_each(lambda entry: entry.refusals, "no")
async def test_a_no_is_known_for_what_it_is(contract: Contract, no: No) -> None:
    contract.will(Call.PLACE, How.REFUSE, no=no)
    answer = await contract.supplier.place(contract.ask())
    reason = contract.entry.refusals[no]
    if reason is None:
        assert isinstance(answer, InDoubt)
    else:
        assert isinstance(answer, Refused)
        assert answer.reason is reason
    assert contract.purchases() == []


@for_entries()
async def test_goods_that_are_gone_are_not_bought(contract: Contract) -> None:
    answer = await contract.supplier.place(contract.ask(replace(contract.entry.any_ware, number="99999999")))
    assert isinstance(answer, Refused | InDoubt)
    assert contract.purchases() == []


@for_entries(lambda entry: entry.codes)
async def test_what_is_sold_out_is_not_bought(contract: Contract) -> None:
    assert contract.entry.codes
    contract.warehouse.change(contract.entry.codes.number, stock=0)
    answer = await contract.supplier.place(contract.ask(contract.entry.codes))
    assert isinstance(answer, Refused)
    assert answer.reason in {Reason.OUT_OF_STOCK, Reason.GOODS_GONE}
    assert contract.purchases() == []


@for_entries()
async def test_a_number_never_orders_twice(contract: Contract) -> None:
    ask = contract.ask()
    first = await contract.supplier.place(ask)
    assert isinstance(first, Accepted)
    again = await contract.supplier.place(ask)
    if contract.supplier.abilities.repeat is Repeat.SAME_ORDER:
        assert isinstance(again, Accepted | InDoubt)
    else:
        assert isinstance(again, InDoubt)
    assert len(contract.purchases()) == 1
    if contract.entry.can_ask:
        assert isinstance(await contract.asked(ask, first), Accepted)


@for_entries()
async def test_a_number_that_failed_is_used_again_only_where_the_platform_allows(contract: Contract) -> None:
    ask = contract.ask()
    await contract.supplier.place(ask)
    contract.settle(Ending(State.FAILED))
    again = await contract.supplier.place(ask)
    anew = contract.supplier.abilities.repeat is Repeat.ANEW_AFTER_FAILURE
    assert len(contract.purchases()) == (2 if anew else 1)
    assert isinstance(again, Accepted) if anew else not isinstance(again, Refused)


@for_entries()
async def test_the_loss_guard_is_what_it_is_said_to_be(contract: Contract) -> None:
    ware = contract.entry.any_ware
    quantity = min(2, contract.supplier.abilities.quantity_max)
    ask = contract.ask(ware, quantity=quantity)
    contract.warehouse.change(ware.number, price_fen=ware.price_fen + 1)
    answer = await contract.supplier.place(ask)
    if contract.supplier.abilities.loss_guard is LossGuard.NONE:
        # Where the platform has no guard, the adapter may look at the price itself before it orders.
        if isinstance(answer, Refused):
            assert answer.reason is Reason.COSTS_TOO_MUCH
        assert len(contract.purchases()) == isinstance(answer, Accepted)
        return
    assert answer == Refused(Reason.COSTS_TOO_MUCH, answer.words if isinstance(answer, Refused) else "")
    assert contract.purchases() == []
    contract.warehouse.change(ware.number, price_fen=ware.price_fen)
    assert isinstance(await contract.supplier.place(contract.ask(ware, number="K2-1", quantity=quantity)), Accepted)


@for_entries()
async def test_more_than_it_takes_at_once_is_not_even_asked_for(contract: Contract) -> None:
    ask = contract.ask(quantity=contract.supplier.abilities.quantity_max + 1)
    answer = await contract.supplier.place(ask)
    assert isinstance(answer, Refused)
    assert answer.reason is Reason.NOT_SUPPORTED
    assert contract.purchases() == []


@for_entries()
async def test_an_order_nobody_placed_is_not_found(contract: Contract) -> None:
    answer = await contract.supplier.query(contract.ask(), supplier_no=None)
    abilities = contract.supplier.abilities
    if not abilities.asks_by_number:
        assert isinstance(answer, InDoubt)
    elif abilities.repeat is Repeat.SAME_ORDER:
        # Asking is placing: it is there now.
        assert isinstance(answer, Accepted)
    else:
        assert isinstance(answer, NotFound)


@for_entries()
async def test_withdrawing(contract: Contract) -> None:
    ask = contract.ask()
    placed = await contract.supplier.place(ask)
    assert isinstance(placed, Accepted)
    answer = await contract.supplier.cancel(ask, supplier_no=placed.supplier_no)
    if not contract.supplier.abilities.cancels:
        assert isinstance(answer, Refused)
        assert answer.reason is Reason.NOT_SUPPORTED
        assert not contract.purchase().ended
        return
    assert isinstance(answer, Cancelled | CancelAsked)
    assert contract.purchase().state is State.CANCELLED
    assert isinstance(await contract.supplier.query(ask, supplier_no=None), Failed)

    late = contract.ask(number="K2-1")
    placed = await contract.supplier.place(late)
    assert isinstance(placed, Accepted)
    contract.settle(number="K2-1")
    assert isinstance(await contract.supplier.cancel(late, supplier_no=placed.supplier_no), Refused | InDoubt)
    assert isinstance(await contract.supplier.query(late, supplier_no=None), Delivered)


@for_entries()
async def test_complaining(contract: Contract) -> None:
    ask = contract.ask()
    placed = await contract.supplier.place(ask)
    assert isinstance(placed, Accepted)
    contract.settle()
    answer = await contract.supplier.complain(ask, supplier_no=placed.supplier_no, words="没有到账")
    complaints = contract.warehouse.everything(NUMBER)["complaints"]
    if contract.supplier.abilities.complains:
        assert isinstance(answer, ComplaintFiled)
        assert [row["words"] for row in complaints] == ["没有到账"]
    else:
        assert isinstance(answer, Refused)
        assert complaints == []


@for_entries()
async def test_the_balance_is_that_of_the_books(contract: Contract) -> None:
    assert await contract.supplier.balance() == Balance(1_000_000)
    await contract.supplier.place(contract.ask())
    assert await contract.supplier.balance() == Balance(contract.warehouse.balance_fen)
    assert contract.warehouse.balance_fen == 1_000_000 - contract.purchase().cost_fen
