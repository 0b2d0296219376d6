"""Adding and changing a merchant."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Connection, Transaction
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.text import Words
from kameng.merchants import store
from kameng.merchants.merchant import Merchant

PURPOSE_CONTACT = "merchant contact"
PERCENT_MAX = 200
_CODE = re.compile(r"[a-z][a-z0-9-]{1,30}")
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,62})(\.[a-z0-9]([a-z0-9-]{0,62}))*", re.ASCII)


class MerchantMissing(Refusal):
    code = "merchant_missing"
    status = 404
    words = Words("没有这个商户")


@dataclass(frozen=True)
class MerchantDraft:
    """`contact` in its normal form: eleven digits or a lower-case e-mail address. `price_percent` of the shop's price
    is what the merchant pays."""

    code: str
    name: str
    contact: str = field(repr=False)
    price_percent: int = 100
    callback_hosts: tuple[str, ...] = ()
    enabled: bool = True


async def add_merchant(tx: Transaction, keyring: Keyring, draft: MerchantDraft) -> int:
    """Add a merchant, or change the one with this code; its id. Raises InvalidInput naming what is wrong."""
    fields: dict[str, Words] = {}
    if not _CODE.fullmatch(draft.code):
        fields["code"] = Words("以小写字母开头，只用小写字母、数字和连字符，2–31 个字符")
    if not draft.name.strip():
        fields["name"] = Words("请填写名称")
    if not draft.contact:
        fields["contact"] = Words("请填写手机号或邮箱")
    if not 1 <= draft.price_percent <= PERCENT_MAX:
        fields["price_percent"] = Words("价格比例应为 1 到 200")
    if not all(_HOST.fullmatch(host) for host in draft.callback_hosts):
        fields["callback_hosts"] = Words("回调域名格式不对，例如 shop.example.com")
    if fields:
        raise InvalidInput(fields=fields)
    sealed = keyring.seal(draft.contact.encode(), purpose=PURPOSE_CONTACT, bound_to=draft.code.encode())
    return await store.save_merchant(
        tx, (draft.code, draft.name.strip(), draft.enabled, sealed, draft.price_percent, list(draft.callback_hosts))
    )


async def list_merchants(connection: Connection, keyring: Keyring) -> list[Merchant]:
    return [merchant_of(keyring, dict(row)) for row in await store.merchants(connection)]


async def find_merchant(connection: Connection, keyring: Keyring, code: str) -> Merchant:
    """Raises MerchantMissing."""
    row = await store.merchant(connection, code)
    if row is None:
        raise MerchantMissing
    return merchant_of(keyring, dict(row))


def merchant_of(keyring: Keyring, row: Mapping[str, Any]) -> Merchant:
    """From a row with a merchant's columns."""
    contact = keyring.unseal(row["contact_sealed"], purpose=PURPOSE_CONTACT, bound_to=row["code"].encode())
    return Merchant(
        id=row["id"],
        code=row["code"],
        name=row["name"],
        enabled=row["enabled"],
        price_percent=row["price_percent"],
        callback_hosts=tuple(row["callback_hosts"]),
        contact=contact.decode(),
    )
