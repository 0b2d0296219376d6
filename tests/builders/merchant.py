"""A merchant with a key and money on its balance."""

from collections.abc import Collection

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.ledger.balance import balance_of
from kameng.merchants.add_merchant import MerchantDraft, add_merchant
from kameng.merchants.authenticate import Claim, authenticate
from kameng.merchants.issue_key import issue_key
from kameng.merchants.merchant import Caller, Scope
from kameng.orders.lifecycle import Actor, ActorKind
from kameng.payment.top_up import top_up

CONTACT = "ops@mengyu.example"
CLI = Actor(ActorKind.STAFF, "cli")


async def a_merchant(
    db: Database,
    keyring: Keyring,
    *,
    code: str = "mengyu",
    balance_fen: int = 100_000,
    price_percent: int = 100,
    scopes: Collection[Scope] = tuple(Scope),
) -> Caller:
    """A key with every scope unless told otherwise."""
    draft = MerchantDraft(code, code.title(), CONTACT, price_percent=price_percent)
    async with db.transaction() as tx:
        merchant_id = await add_merchant(tx, keyring, draft)
        key = await issue_key(tx, keyring, merchant_id=merchant_id, scopes=scopes)
        if balance_fen:
            await top_up(
                tx, owner=merchant_id, amount_fen=balance_fen, reference=f"first {code}", reason="transfer", actor=CLI
            )
    claim = Claim(key.id, "203.0.113.9", min(scopes))
    return await authenticate(db=db, keyring=keyring, claim=claim, is_signed_with=lambda secret: secret == key.secret)


async def balance(db: Database, caller: Caller) -> int:
    async with db.reading() as connection:
        return await balance_of(connection, caller.merchant.id)
