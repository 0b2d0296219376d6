"""The codes of an order in clear. Whoever calls this has checked who asks, and writes down that it was read."""

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Connection
from kameng.stock import store
from kameng.stock.vault import BatchKey


async def read_codes(connection: Connection, keyring: Keyring, order_id: int) -> list[str]:
    """The sold cards' codes, in the order of their import; none before they are sold. Raises Unreadable."""
    keys: dict[int, BatchKey] = {}
    codes = []
    for card, wrapped in await store.sold_cards(connection, order_id):
        if card.batch_id not in keys:
            keys[card.batch_id] = BatchKey.unwrapped(keyring, card.batch_id, wrapped)
        codes.append(keys[card.batch_id].open_code(card.sku_id, card.code_sealed, card.blind_index))
    return codes
