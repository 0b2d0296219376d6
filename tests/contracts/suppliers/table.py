"""Every protocol that is held to the contract: one entry each."""

from tests.contracts.suppliers import yrapi
from tests.contracts.suppliers.entry import Entry

ENTRIES: tuple[Entry, ...] = (yrapi.ENTRY,)
