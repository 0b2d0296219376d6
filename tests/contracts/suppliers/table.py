"""Every protocol that is held to the contract: one entry each."""

from tests.contracts.suppliers import acgfaka, dujiao, fulu, kakayun, kasushou, kayixin, reloadly, xinghai, yrapi
from tests.contracts.suppliers.entry import Entry

ENTRIES: tuple[Entry, ...] = (
    *(yrapi.ENTRY, kasushou.ENTRY, kakayun.ENTRY),
    *(kayixin.ENTRY, fulu.ENTRY, xinghai.ENTRY),
    *(acgfaka.NATIVE, acgfaka.PLUGIN, acgfaka.V4, dujiao.ENTRY, reloadly.TOP_UPS, reloadly.GIFT_CARDS),
)
