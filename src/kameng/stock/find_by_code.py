"""Whose code is it? By the whole code, or by its last characters as somebody read them out.

The index only narrows it down: every card it names is opened and compared with all that was typed. Whatever was typed
and opened stays in memory; only order numbers come back.
"""

from dataclasses import dataclass

from kameng.kernel.crypto import Keyring, Unreadable
from kameng.kernel.database import Connection
from kameng.stock import tail_store
from kameng.stock.code_format import CODE_CHARACTERS_MAX
from kameng.stock.vault import TAIL_CHARACTERS, BatchKey, blind_index_of, normal_form, said_form, tail_indexes_of

CARDS_OPENED_MAX = 300


@dataclass(frozen=True)
class CodeOwners:
    """Orders that hold a card with this very code, and those with one that ends like this."""

    whole: tuple[int, ...]
    tail: tuple[int, ...]


async def find_by_code(connection: Connection, keyring: Keyring, typed: str) -> CodeOwners:
    """Of cards that were sold, replaced ones too. Fewer than six letters and digits find nothing."""
    said = said_form(typed)
    if len(said) < TAIL_CHARACTERS or len(typed) > CODE_CHARACTERS_MAX:
        return CodeOwners((), ())
    index = blind_index_of(keyring)
    forms = {normal_form(typed, keeps_case=keeps_case) for keeps_case in (True, False)}
    whole = await tail_store.by_code(connection, [index(form) for form in forms])
    if whole:
        return CodeOwners(tuple(whole), ())
    (tail_index,) = tail_indexes_of(keyring)([said])
    found = await tail_store.by_tail(connection, tail_index, at_most=CARDS_OPENED_MAX)
    keys: dict[int, BatchKey] = {}
    ends = (one.order_id for one in found if _ends(one, said, keyring, keys))
    return CodeOwners((), tuple(dict.fromkeys(ends)))


def _ends(one: tail_store.Candidate, said: str, keyring: Keyring, keys: dict[int, BatchKey]) -> bool:
    card = one.card
    try:
        if card.batch_id not in keys:
            keys[card.batch_id] = BatchKey.unwrapped(keyring, card.batch_id, one.wrapped_key)
        code = keys[card.batch_id].open_code(card.sku_id, card.code_sealed, card.blind_index)
    except Unreadable:
        return False
    return said_form(code).endswith(said)
