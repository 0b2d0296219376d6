"""Adding and changing a payment channel."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from kameng.kernel.configured import seal_config, unseal_config
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Transaction
from kameng.kernel.errors import InvalidInput
from kameng.kernel.text import Words
from kameng.payment import own_gateway, store
from kameng.payment.gateway import GatewayMaker
from kameng.payment.gateways import METHOD_NAMES, PURPOSE_CONFIG

_CODE = re.compile(r"[a-z][a-z0-9-]{1,30}")


@dataclass(frozen=True)
class GatewayDraft:
    """`config` holds what the protocol's adapter asks for: addresses, merchant id, keys."""

    code: str
    name: str
    protocol: str
    methods: tuple[str, ...]
    config: Mapping[str, str]
    enabled: bool = True
    position: int = 0


async def add_gateway(
    tx: Transaction, keyring: Keyring, makers: Mapping[str, GatewayMaker], draft: GatewayDraft
) -> int:
    """Add a channel, or change the one with this code; its id. Raises InvalidInput naming what is wrong."""
    fields: dict[str, Words] = {}
    if not _CODE.fullmatch(draft.code):
        fields["code"] = Words("以小写字母开头，只用小写字母、数字和连字符，2–31 个字符")
    if draft.code == own_gateway.CODE:
        fields["code"] = Words("这个代码由余额支付占用，请换一个")
    if not draft.name:
        fields["name"] = Words("请填写名称")
    if draft.protocol not in makers:
        fields["protocol"] = Words("没有这种协议")
    if not draft.methods or set(draft.methods) - set(METHOD_NAMES):
        fields["methods"] = Words("请选择至少一种支付方式")
    if fields:
        raise InvalidInput(fields=fields)
    makers[draft.protocol](draft.config)
    sealed = seal_config(keyring, draft.config, purpose=PURPOSE_CONFIG, code=draft.code)
    return await store.save_gateway(
        tx,
        (draft.code, draft.name, draft.protocol, list(draft.methods), sealed, draft.enabled, draft.position),
    )


async def config_of(tx: Transaction, keyring: Keyring, code: str) -> dict[str, str]:
    """The present configuration of a channel, to change a part of it; empty when there is none."""
    for row in await store.gateways(tx.connection):
        if row["code"] == code:
            return unseal_config(keyring, row["config_sealed"], purpose=PURPOSE_CONFIG, code=code)
    return {}
