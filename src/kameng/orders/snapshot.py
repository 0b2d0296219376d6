"""What an order was placed as, for placing it once more."""

from dataclasses import dataclass, field

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Connection
from kameng.orders import store
from kameng.orders.account import Account, account_of
from kameng.orders.contact import Contact, unseal_contact
from kameng.orders.lock import OrderMissing
from kameng.orders.number import OrderId


@dataclass(frozen=True)
class Snapshot:
    """As it was promised: words and price of then, and who it is for."""

    site_id: int
    sku_id: int
    sku_version_id: int
    quantity: int
    unit_price_fen: int
    contact: Contact = field(repr=False)
    account: Account | None = field(repr=False)


async def snapshot_of(connection: Connection, keyring: Keyring, order_id: OrderId) -> Snapshot:
    """Raises OrderMissing, Unreadable."""
    row = await store.snapshot(connection, order_id)
    if row is None:
        raise OrderMissing
    return Snapshot(
        site_id=row["site_id"],
        sku_id=row["sku_id"],
        sku_version_id=row["sku_version_id"],
        quantity=row["quantity"],
        unit_price_fen=row["unit_price_fen"],
        contact=unseal_contact(keyring, order_id, row["contact_sealed"]),
        account=await account_of(connection, keyring, order_id),
    )
