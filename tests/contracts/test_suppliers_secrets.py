"""Neither keys nor accounts nor codes are ever told: not in logs, not in exceptions, not in words."""

import traceback

import pytest
from structlog.testing import capture_logs

from kameng.supply.answer import Accepted
from kameng.supply.supplier import Forged, Post, SupplyAsk
from kameng.web.sandbox.suppliers.emulation import Call
from kameng.web.sandbox.suppliers.wares import Ending, State
from kameng.web.sandbox.suppliers.whims import How
from tests.contracts.suppliers.choosing import for_entries
from tests.contracts.suppliers.entry import ACCOUNT, Contract

pytestmark = pytest.mark.anyio

WHIMS = (How.HTML_502, How.HTML_200, How.HALF_JSON, How.UNKNOWN_CODE, How.UNKNOWN_STATUS, How.WRONG_TYPES, How.LIST)


@for_entries()
async def test_nothing_secret_is_ever_told(contract: Contract, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    seen: list[object] = [contract.supplier]
    with capture_logs() as logs:
        for ware in contract.entry.wares:
            seen += await told_of(contract, contract.ask(ware, number=f"{ware.number}-1"))
        for how in WHIMS:
            ask = contract.ask(number=f"K-{how}")
            contract.will(Call.PLACE, how)
            seen.append(await contract.supplier.place(ask))
            contract.will(Call.QUERY, how)
            seen.append(await contract.supplier.query(ask, supplier_no=None))
        seen += [await contract.supplier.balance(), await contract.supplier.catalogue()]
    assert len(logs) >= 10
    everything = f"{seen!r} {logs!r} {caplog.text}"
    for secret in contract.entry.secrets:
        assert contract.entry.credentials[secret] not in everything, secret
    assert ACCOUNT not in everything
    for code in contract.warehouse.everything()["codes"]:
        assert code["password"] not in everything


async def told_of(contract: Contract, ask: SupplyAsk) -> list[object]:
    """The whole way of an order, with the supplier echoing the account in its words."""
    seen: list[object] = [ask, await contract.supplier.place(ask)]
    contract.settle(Ending(State.DELIVERED, words=f"{ACCOUNT} 充值成功"), number=ask.number)
    seen.append(await contract.supplier.query(ask, supplier_no=contract.purchase(ask.number).supplier_no))
    if contract.entry.calls_back:
        post = await contract.called_back(ask.number)
        seen.append(contract.supplier.read_callback(post))
        try:
            contract.supplier.read_callback(Post(post.query, {}, post.body + b"1"))
        except Forged as forged:
            seen.append("".join(traceback.format_exception(forged)))
    return seen


@for_entries()
async def test_words_that_echo_the_account_are_redacted(contract: Contract) -> None:
    ask = contract.ask()
    placed = await contract.supplier.place(ask)
    assert isinstance(placed, Accepted)
    contract.settle(Ending(State.FAILED, words=f"号码 {ACCOUNT} 异常"))
    assert ACCOUNT not in repr(await contract.supplier.query(ask, supplier_no=placed.supplier_no))
