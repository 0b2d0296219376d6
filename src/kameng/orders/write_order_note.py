"""A note about an order among staff; the buyer never sees it, and nobody changes it afterwards."""

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Transaction
from kameng.kernel.errors import InvalidInput
from kameng.kernel.text import Words
from kameng.orders import handling_store
from kameng.orders.handling import NOTE_MAX, seal_note
from kameng.orders.lock import OrderMissing
from kameng.orders.number import OrderId


async def write_order_note(tx: Transaction, keyring: Keyring, *, order_id: OrderId, login: str, words: str) -> int:
    """Its number. In the caller's transaction. Raises OrderMissing, InvalidInput (field words)."""
    words = words.replace("\0", "").replace("\r\n", "\n").strip()
    if not 1 <= len(words) <= NOTE_MAX:
        raise InvalidInput(fields={"words": Words("备注为 1 到 1000 字")})
    if not await handling_store.exists(tx, order_id):
        raise OrderMissing
    return await handling_store.write_note(tx, order_id, login, seal_note(keyring, order_id, words))
