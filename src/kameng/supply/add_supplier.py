"""Adding and changing a supplier."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from kameng.kernel.configured import seal_config, unseal_config
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Transaction
from kameng.kernel.errors import InvalidInput
from kameng.kernel.text import Words
from kameng.supply import store
from kameng.supply.supplier import SupplierMaker
from kameng.supply.suppliers import PURPOSE_CONFIG

_CODE = re.compile(r"[a-z][a-z0-9-]{1,30}")
CALLS_AT_ONCE_MAX = 1000


@dataclass(frozen=True)
class SupplierDraft:
    """`config` holds what the protocol's adapter asks for: addresses, merchant id, keys."""

    code: str
    name: str
    protocol: str
    config: Mapping[str, str]
    enabled: bool = True
    position: int = 0
    calls_at_once: int = 50
    balance_low_fen: int = 0


async def add_supplier(
    tx: Transaction, keyring: Keyring, makers: Mapping[str, SupplierMaker], draft: SupplierDraft
) -> int:
    """Add a supplier, or change the one with this code; its id. Its goods are read soon after.

    Raises InvalidInput naming what is wrong.
    """
    fields: dict[str, Words] = {}
    if not _CODE.fullmatch(draft.code):
        fields["code"] = Words("以小写字母开头，只用小写字母、数字和连字符，2–31 个字符")
    if not draft.name:
        fields["name"] = Words("请填写名称")
    if draft.protocol not in makers:
        fields["protocol"] = Words("没有这种协议")
    if not 1 <= draft.calls_at_once <= CALLS_AT_ONCE_MAX:
        fields["calls_at_once"] = Words("并发数应为 1–1000")
    if draft.balance_low_fen < 0:
        fields["balance_low"] = Words("余额提醒不能小于 0")
    if fields:
        raise InvalidInput(fields=fields)
    makers[draft.protocol](draft.config)
    sealed = seal_config(keyring, draft.config, purpose=PURPOSE_CONFIG, code=draft.code)
    return await store.save_supplier(
        tx,
        (draft.code, draft.name, draft.protocol, sealed, draft.enabled, draft.position, draft.calls_at_once,
         draft.balance_low_fen),
    )  # fmt: skip


async def config_of(tx: Transaction, keyring: Keyring, code: str) -> dict[str, str]:
    """The present configuration of a supplier, to change a part of it; empty when there is none."""
    for row in await store.suppliers(tx.connection):
        if row["code"] == code:
            return unseal_config(keyring, row["config_sealed"], purpose=PURPOSE_CONFIG, code=code)
    return {}
