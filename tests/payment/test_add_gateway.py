"""Adding and changing a payment channel: its keys are sealed, and what is wrong is named."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from kameng.invariants.check import check_invariants
from kameng.kernel.configured import REREAD_AFTER
from kameng.kernel.errors import InvalidInput
from kameng.kernel.text import Words
from kameng.payment.add_gateway import GatewayDraft, add_gateway, config_of
from kameng.payment.gateway import Gateway
from kameng.payment.gateways import Gateways
from tests.builders.bank import Bank
from tests.builders.shop import Shop

pytestmark = pytest.mark.anyio

DRAFT = GatewayDraft("third", "Third", "bank", ("alipay",), {"bank": "bank", "key": "a-secret-key"})


async def add(shop: Shop, draft: GatewayDraft) -> int:
    async with shop.db.transaction() as tx:
        return await add_gateway(tx, shop.keyring, shop.gateways.makers, draft)


async def listed(shop: Shop) -> list[str]:
    return [channel.code for channel in await Gateways(shop.db, shop.keyring, shop.gateways.makers).listed()]


async def test_a_channel_is_added_and_its_key_sealed(shop: Shop) -> None:
    await add(shop, DRAFT)
    assert set(await listed(shop)) == {"bank", "other", "third"}
    assert await check_invariants(shop.db, now=shop.clock.now(), secrets=["a-secret-key"]) == []
    (row,) = await shop.rows("SELECT config_sealed FROM gateways WHERE code = 'third'")
    assert isinstance(row["config_sealed"], bytes)
    assert b"a-secret-key" not in row["config_sealed"]
    async with shop.db.transaction() as tx:
        assert await config_of(tx, shop.keyring, "third") == DRAFT.config
        assert await config_of(tx, shop.keyring, "nobody") == {}


async def test_the_same_code_changes_the_same_channel(shop: Shop) -> None:
    first = await add(shop, DRAFT)
    assert await add(shop, replace(DRAFT, name="New", enabled=False)) == first
    gateways = Gateways(shop.db, shop.keyring, shop.gateways.makers)
    assert "third" not in [channel.code for channel in await gateways.offered()]
    assert (await gateways.named("third")).name == "New"


async def test_a_change_reaches_every_process_within_seconds(shop: Shop) -> None:
    await shop.gateways.listed()
    await add(shop, DRAFT)
    assert len(await shop.gateways.listed()) == 2
    shop.clock.go_on(REREAD_AFTER)
    assert len(await shop.gateways.listed()) == 3


def refuse(config: Mapping[str, str]) -> Gateway:
    raise InvalidInput(fields={"key": Words("请填写密钥")})


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"code": "Third"}, "code"),
        ({"code": "3"}, "code"),
        ({"name": ""}, "name"),
        ({"protocol": "telepathy"}, "protocol"),
        ({"methods": ()}, "methods"),
        ({"methods": ("barter",)}, "methods"),
    ],
)
async def test_what_is_wrong_is_named_and_not_saved(shop: Shop, change: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        await add(shop, replace(DRAFT, **change))  # type: ignore[arg-type]
    assert list(refusal.value.fields) == [field]
    assert set(await listed(shop)) == {"bank", "other"}


async def test_what_the_protocol_refuses_is_not_saved(shop: Shop) -> None:
    with pytest.raises(InvalidInput) as refusal:
        async with shop.db.transaction() as tx:
            await add_gateway(tx, shop.keyring, {"bank": refuse}, DRAFT)
    assert list(refusal.value.fields) == ["key"]
    assert set(await listed(shop)) == {"bank", "other"}


async def test_an_unchanged_channel_keeps_its_adapter(shop: Shop) -> None:
    made: list[str] = []

    def make(config: Mapping[str, str]) -> Gateway:
        made.append(config["bank"])
        return Bank(config["bank"], shop.clock)

    gateways = Gateways(shop.db, shop.keyring, {"bank": make})
    for _ in range(3):
        await gateways.listed()
        shop.clock.go_on(REREAD_AFTER)
    assert sorted(made) == ["bank", "other"]
