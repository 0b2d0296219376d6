"""A supplier is asked for nothing more, or again."""

from kameng.kernel.database import Transaction
from kameng.supply import store
from kameng.supply.suppliers import SupplierUnknown


async def switch_supplier(tx: Transaction, code: str, *, enabled: bool) -> None:
    """Whatever its configuration is like. What was ordered there is asked about all the same; of one that is enabled
    the goods are read soon. Raises SupplierUnknown."""
    if not await store.switch_supplier(tx, code, enabled=enabled):
        raise SupplierUnknown


async def read_goods_soon(tx: Transaction, code: str) -> None:
    """Its goods and balance are read as soon as a worker is free. Raises SupplierUnknown."""
    if not await store.read_soon(tx, code):
        raise SupplierUnknown
