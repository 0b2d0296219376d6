"""Which codes the vault has already."""

from collections.abc import Sequence

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Connection
from kameng.stock import batch_store
from kameng.stock.open_batch import SkuMissing
from kameng.stock.vault import blind_index_of, normal_form


async def count_new_codes(connection: Connection, keyring: Keyring, *, sku_id: int, codes: Sequence[str]) -> int:
    """How many different codes of these are not in the vault. Raises SkuMissing."""
    rules = await batch_store.code_rules(connection, sku_id)
    if rules is None:
        raise SkuMissing
    _, keeps_case = rules
    index = blind_index_of(keyring)
    indexes = {index(normal_form(code, keeps_case=keeps_case)) for code in codes}
    return len(indexes) - len(await batch_store.stored(connection, list(indexes)))
