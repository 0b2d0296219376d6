"""Which protocols a test is for: it runs for those that can do what it is about, and is not even there for others."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.contracts.suppliers.entry import Entry
from tests.contracts.suppliers.table import ENTRIES


def for_entries(where: Callable[[Entry], Any] = lambda _: True) -> pytest.MarkDecorator:
    chosen = [entry for entry in ENTRIES if where(entry)]
    return pytest.mark.parametrize("contract", chosen, indirect=True, ids=lambda entry: entry.protocol)


def with_each(each: Callable[[Entry], Any], name: str) -> pytest.MarkDecorator:
    """One test for each entry and each of its `name`."""
    pairs = [(entry, one) for entry in ENTRIES for one in each(entry)]
    ids = [f"{entry.protocol}-{one}" for entry, one in pairs]
    return pytest.mark.parametrize(f"contract,{name}", pairs, indirect=["contract"], ids=ids)
