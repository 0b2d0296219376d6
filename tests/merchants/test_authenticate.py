"""Keys: what opens, what doesn't, and what nobody can read."""

import asyncio
import hmac
from collections.abc import Collection, Sequence
from datetime import timedelta

import pytest

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.kernel.errors import InvalidInput
from kameng.merchants.add_merchant import MerchantDraft, MerchantMissing, add_merchant, find_merchant, list_merchants
from kameng.merchants.authenticate import (
    AddressNotAllowed,
    Claim,
    KeyUnknown,
    MerchantDisabled,
    RequestReplayed,
    ScopeMissing,
    SignatureWrong,
    authenticate,
    forget_old_nonces,
    spend_nonce,
)
from kameng.merchants.issue_key import (
    IssuedKey,
    KeyMissing,
    forget_old_secret,
    issue_key,
    list_keys,
    renew_secret,
    withdraw_key,
)
from kameng.merchants.merchant import OWN_SCOPES, Caller, Merchant, Scope

pytestmark = pytest.mark.anyio

DRAFT = MerchantDraft("mengyu", "梦鱼", "ops@mengyu.example")
ADDRESS = "203.0.113.7"


async def a_key(
    db: Database,
    keyring: Keyring,
    *,
    draft: MerchantDraft = DRAFT,
    scopes: Collection[Scope] = OWN_SCOPES,
    networks: Sequence[str] = (),
) -> IssuedKey:
    async with db.transaction() as tx:
        merchant_id = await add_merchant(tx, keyring, draft)
        return await issue_key(tx, keyring, merchant_id=merchant_id, scopes=scopes, networks=networks)


async def come(
    db: Database, keyring: Keyring, key: IssuedKey, *, scope: Scope = Scope.ORDERS, address: str = ADDRESS
) -> Caller:
    return await authenticate(
        db=db,
        keyring=keyring,
        claim=Claim(key.id, address, scope),
        is_signed_with=lambda secret: hmac.compare_digest(secret, key.secret),
    )


async def test_who_signs_with_the_secret_is_the_merchant(db: Database, keyring: Keyring) -> None:
    key = await a_key(db, keyring)
    caller = await come(db, keyring, key)
    assert (caller.merchant.code, caller.merchant.contact, caller.key.id) == ("mengyu", "ops@mengyu.example", key.id)
    assert caller.secret == key.secret


async def test_anything_else_is_refused(db: Database, keyring: Keyring) -> None:
    key, other = await a_key(db, keyring), await a_key(db, keyring)
    for wrong, refusal in (
        (IssuedKey(key.id, other.secret), SignatureWrong),
        (IssuedKey("1234567890", key.secret), KeyUnknown),
        (IssuedKey("", key.secret), KeyUnknown),
        (IssuedKey("\0", key.secret), KeyUnknown),
        (IssuedKey("9" * 65, key.secret), KeyUnknown),
    ):
        with pytest.raises(refusal):
            await come(db, keyring, wrong)


async def test_a_key_opens_what_it_was_issued_for(db: Database, keyring: Keyring) -> None:
    key = await a_key(db, keyring, scopes=[Scope.ACGFAKA])
    await come(db, keyring, key, scope=Scope.ACGFAKA)
    for scope in set(Scope) - {Scope.ACGFAKA}:
        with pytest.raises(ScopeMissing):
            await come(db, keyring, key, scope=scope)


async def test_a_key_opens_from_its_own_networks(db: Database, keyring: Keyring) -> None:
    key = await a_key(db, keyring, networks=["203.0.113.0/28", "2001:db8::1"])
    await come(db, keyring, key)
    await come(db, keyring, key, address="2001:db8::1")
    for address in ("203.0.113.99", "2001:db8::2"):
        with pytest.raises(AddressNotAllowed):
            await come(db, keyring, key, address=address)


async def test_a_disabled_merchant_and_a_withdrawn_key_open_nothing(db: Database, keyring: Keyring) -> None:
    key = await a_key(db, keyring)
    async with db.transaction() as tx:
        await add_merchant(tx, keyring, MerchantDraft("mengyu", "梦鱼", "ops@mengyu.example", enabled=False))
    with pytest.raises(MerchantDisabled):
        await come(db, keyring, key)
    async with db.transaction() as tx:
        await withdraw_key(tx, key.id)
    with pytest.raises(KeyUnknown):
        await come(db, keyring, key)


async def test_two_secrets_are_good_while_the_other_side_changes_over(db: Database, keyring: Keyring) -> None:
    old = await a_key(db, keyring)
    async with db.transaction() as tx:
        new = await renew_secret(tx, keyring, old.id)
    assert (await come(db, keyring, old)).secret == old.secret
    assert (await come(db, keyring, new)).secret == new.secret
    async with db.transaction() as tx:
        await forget_old_secret(tx, old.id)
    await come(db, keyring, new)
    with pytest.raises(SignatureWrong):
        await come(db, keyring, old)
    async with db.transaction() as tx:
        with pytest.raises(KeyMissing):
            await renew_secret(tx, keyring, "1234567890")


async def test_a_nonce_is_spent_once(db: Database) -> None:
    until = db.clock.now() + timedelta(minutes=10)
    tries = await asyncio.gather(
        *(spend_nonce(db=db, key_id="1234567890", nonce="n", until=until) for _ in range(5)), return_exceptions=True
    )
    assert sum(isinstance(told, RequestReplayed) for told in tries) == 4
    await spend_nonce(db=db, key_id="1234567891", nonce="n", until=until)
    await forget_old_nonces(db)
    with pytest.raises(RequestReplayed):
        await spend_nonce(db=db, key_id="1234567890", nonce="n", until=until)


async def test_neither_contact_nor_secret_can_be_read_in_the_database(db: Database, keyring: Keyring) -> None:
    key = await a_key(db, keyring)
    async with db.reading() as connection:
        rows = await connection.fetch("SELECT m::text || k::text FROM merchants m JOIN merchant_keys k ON true")
        assert rows
        assert not any(key.secret in row[0] or "ops@" in row[0] for row in rows)
        [line] = await list_keys(connection, 1)
    assert key.secret not in repr(key)
    assert (line.id, line.has_two, line.scopes) == (key.id, False, tuple(sorted(OWN_SCOPES)))


async def test_a_merchant_is_changed_by_its_code(db: Database, keyring: Keyring) -> None:
    await a_key(db, keyring)
    await a_key(db, keyring, draft=MerchantDraft("mengyu", "鱼", "13800138000", 95, ("cb.example.com",)))
    async with db.reading() as connection:
        [merchant] = await list_merchants(connection, keyring)
        assert merchant == await find_merchant(connection, keyring, "mengyu")
        with pytest.raises(MerchantMissing):
            await find_merchant(connection, keyring, "nobody")
    assert (merchant.name, merchant.contact, merchant.callback_hosts) == ("鱼", "13800138000", ("cb.example.com",))


async def test_what_is_wrong_with_a_draft_is_named(db: Database, keyring: Keyring) -> None:
    draft = MerchantDraft("A", " ", "", 0, ("http://x/",))
    async with db.transaction() as tx:
        with pytest.raises(InvalidInput) as refused:
            await add_merchant(tx, keyring, draft)
        assert set(refused.value.fields) == {"code", "name", "contact", "price_percent", "callback_hosts"}
        with pytest.raises(InvalidInput):
            await issue_key(tx, keyring, merchant_id=1, networks=["nowhere"])


@pytest.mark.parametrize(
    ("percent", "shop", "pays"), [(100, 1000, 1000), (95, 1000, 950), (95, 999, 950), (1, 10, 1), (103, 101, 105)]
)
def test_a_part_of_a_fen_is_a_whole_one(percent: int, shop: int, pays: int) -> None:
    merchant = Merchant(1, "m", "m", enabled=True, price_percent=percent, callback_hosts=(), contact="x")
    assert merchant.price_of(shop) == pays
