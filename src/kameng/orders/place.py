"""An order comes into being."""

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Transaction
from kameng.orders import number, store
from kameng.orders.account import Account, account_index, seal_account
from kameng.orders.contact import Contact, seal_contact, second_factor_index, whole_index
from kameng.orders.lifecycle import BUYER, OrderState, Placed
from kameng.orders.number import OrderId
from kameng.orders.order import NewOrder, Order

DRAWS_MAX = 8


async def place(tx: Transaction, keyring: Keyring, new: NewOrder, *, account: Account | None = None) -> Order:
    """Insert the order with its first event, and what it tops up, under a fresh number, in the caller's transaction."""
    contact = Contact(new.contact_kind, new.contact)
    for _ in range(DRAWS_MAX):
        order_id = number.draw(tx.now)
        row = store.Row(
            id=order_id,
            site_id=new.site_id,
            sku_id=new.sku_id,
            sku_version_id=new.sku_version_id,
            quantity=new.quantity,
            unit_price_fen=new.unit_price_fen,
            contact_kind=new.contact_kind,
            contact_sealed=seal_contact(keyring, order_id, contact),
            contact_index=whole_index(keyring, contact),
            second_factor=second_factor_index(keyring, order_id, contact.second_factor),
            client_address=new.client_address,
            judged=new.judged,
        )
        event = Placed(BUYER, facts={"address": new.client_address} if new.client_address else {})
        if await store.insert(tx, row, pay_until=new.pay_until, event=event):
            if account is not None:
                await _insert_account(tx, keyring, order_id, account)
            return Order(
                id=order_id,
                state=OrderState.AWAITING_PAYMENT,
                site_id=new.site_id,
                sku_id=new.sku_id,
                quantity=new.quantity,
                amount_fen=new.quantity * new.unit_price_fen,
                placed_at=tx.now,
                pay_until=new.pay_until,
                risk=new.judged.points if new.judged else 0,
            )
    msg = "no free order number in this second"
    raise AssertionError(msg)


async def _insert_account(tx: Transaction, keyring: Keyring, order_id: OrderId, account: Account) -> None:
    await store.insert_account(
        tx,
        order_id,
        sealed=seal_account(keyring, order_id, account),
        index=account_index(keyring, account.main),
        operator=account.operator,
        province=account.province,
    )
