"""Word of every change reaches whoever asked for it, signed, again and again until it is heard or given up."""

import asyncio
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from kameng.kernel.km1 import WEBHOOK, Signed
from kameng.merchants.issue_key import withdraw_key
from kameng.merchants.merchant import Caller
from kameng.wholesale.buy import WholesaleRules, buy
from kameng.wholesale.hearer import Heard
from kameng.wholesale.order import MerchantOrder
from kameng.wholesale.purchase import Protocol, Purchase
from kameng.wholesale.tell import tell_again, tell_merchants
from tests.builders.merchant import a_merchant
from tests.builders.shop import SITE, Goods, Shop, a_stocked_sku

pytestmark = pytest.mark.anyio

URL = "https://shop.example.com/callbacks/suppliers/kameng?x=1"


@dataclass
class Ear:
    """The other side. `answers` are given in turn, the last one for ever."""

    answers: list[Heard] = field(default_factory=lambda: [Heard(200, '{"ok":true,"message":"received"}')])
    told: list[tuple[str, bytes, Mapping[str, str]]] = field(default_factory=list)

    async def tell(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> Heard:
        self.told.append((url, body, headers))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def said(self) -> list[Any]:
        return [msgspec.json.decode(body) for _, body, _ in self.told]


async def told(shop: Shop, ear: Ear) -> int:
    return await tell_merchants(db=shop.db, keyring=shop.keyring, hearer=ear)


async def an_order(shop: Shop, caller: Caller, goods: Goods, protocol: Protocol = Protocol.KM1) -> MerchantOrder:
    purchase = Purchase(SITE, goods.sku_id, 2, "M1", protocol, callback_url=URL)
    rules = WholesaleRules(shop.checkout)
    return await buy(db=shop.db, keyring=shop.keyring, rules=rules, caller=caller, purchase=purchase)


async def due(shop: Shop) -> list[dict[str, object]]:
    return await shop.rows("SELECT told, tell_at, tries, gave_up_at IS NOT NULL AS gave_up FROM merchant_webhooks")


async def test_the_newest_state_is_told_once_and_signed(shop: Shop) -> None:
    goods, caller, ear = await a_stocked_sku(shop), await a_merchant(shop.db, shop.keyring), Ear()
    order = await an_order(shop, caller, goods)
    assert await told(shop, ear) == 1
    assert await told(shop, ear) == 0
    [(url, body, headers)] = ear.told
    assert url == URL
    signed = Signed.read(headers["Authorization"])
    assert signed is not None
    assert signed.key == caller.key.id
    assert signed.is_of(caller.secret, method="POST", target=WEBHOOK, body=body)
    assert signed.is_timely(shop.clock.now())
    [said] = ear.said()
    assert said["type"] == "order.state_changed"
    assert said["data"] | {"changed_at": ""} == {
        "order_no": order.order_no, "out_order_no": "M1", "state": "delivered", "changed_at": ""
    }  # fmt: skip
    assert not any(code in str(ear.told) for code in goods.codes), "whoever hears it asks for the codes"


async def test_dujiao_hears_the_codes_signed_over_the_fixed_path(shop: Shop) -> None:
    goods, caller, ear = await a_stocked_sku(shop), await a_merchant(shop.db, shop.keyring), Ear()
    order = await an_order(shop, caller, goods, Protocol.DUJIAO)
    await told(shop, ear)
    [(_, body, headers)] = ear.told
    stamp = headers["Dujiao-Next-Timestamp"]
    text = f"POST\n/api/v1/upstream/callback\n{stamp}\n{hashlib.md5(body).hexdigest()}"
    right = hmac.new(caller.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    assert headers["Dujiao-Next-Signature"] == right
    assert headers["Dujiao-Next-Api-Key"] == caller.key.id
    [said] = ear.said()
    assert (said["event"], said["status"], said["downstream_order_no"]) == ("order.fulfilled", "delivered", "M1")
    assert said["order_id"] == order.order_id
    assert len(said["fulfillment"]["payload"].split("\n")) == 2
    assert "revealed" in await shop.events(order.order_id)


async def test_what_was_not_heard_is_told_again_and_given_up_in_the_end(shop: Shop) -> None:
    goods, caller = await a_stocked_sku(shop), await a_merchant(shop.db, shop.keyring)
    ear = Ear([Heard(None, "no answer in time"), Heard(500), Heard(302), Heard(200, "OK"), Heard(200, '{"ok":false}')])
    await an_order(shop, caller, goods, Protocol.DUJIAO)
    started, at = shop.clock.now(), []
    for _ in range(120):
        if await told(shop, ear):
            at.append((shop.clock.now() - started).total_seconds())
        shop.clock.go_on(timedelta(seconds=5))
    assert at == [0, 30, 90, 210, 510], "five times, after 30, 60, 120 and 300 s"
    [row] = await due(shop)
    assert (row["tell_at"], row["gave_up"], row["told"]) == (None, True, None)
    assert await shop.alarms() == ["merchant_not_reached"]


async def test_a_later_try_that_is_heard_ends_it(shop: Shop) -> None:
    goods, caller = await a_stocked_sku(shop), await a_merchant(shop.db, shop.keyring)
    ear = Ear([Heard(None, "cut off"), Heard(204)])
    await an_order(shop, caller, goods)
    assert await told(shop, ear) == 1
    assert await told(shop, ear) == 0
    shop.clock.go_on(timedelta(seconds=5))
    assert await told(shop, ear) == 1
    [row] = await due(shop)
    assert (row["told"], row["tell_at"], row["tries"]) == ("delivered", None, 0)


async def test_workers_share_the_telling(shop: Shop) -> None:
    goods, caller, ear = await a_stocked_sku(shop), await a_merchant(shop.db, shop.keyring), Ear()
    await an_order(shop, caller, goods)
    assert sum(await asyncio.gather(*(told(shop, ear) for _ in range(5)))) == 1
    assert len(ear.told) == 1


async def test_every_further_change_is_told_too(shop: Shop) -> None:
    goods, caller, ear = await a_stocked_sku(shop), await a_merchant(shop.db, shop.keyring), Ear()
    order = await an_order(shop, caller, goods)
    await told(shop, ear)
    for state in ("exception", "refunding", "refunded"):
        async with shop.db.transaction() as tx:
            await tx.connection.execute(
                "UPDATE orders SET state = $2, changed_at = $3 WHERE id = $1", order.order_id, state, tx.now
            )
        await told(shop, ear)
    assert [said["data"]["state"] for said in ear.said()] == ["delivered", "exception", "refunding", "refunded"]


async def test_a_change_while_the_last_one_is_being_told_is_not_lost(shop: Shop) -> None:
    goods, caller = await a_stocked_sku(shop), await a_merchant(shop.db, shop.keyring)
    order = await an_order(shop, caller, goods)

    class Slow(Ear):
        async def tell(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> Heard:
            if not self.told:
                async with shop.db.transaction() as tx:
                    await tx.connection.execute("UPDATE orders SET state = 'exception' WHERE id = $1", order.order_id)
            return await super().tell(url, body=body, headers=headers)

    ear = Slow()
    await told(shop, ear)
    await told(shop, ear)
    assert [said["data"]["state"] for said in ear.said()] == ["delivered", "exception"]


async def test_a_merchant_asks_to_be_told_again(shop: Shop) -> None:
    goods, caller, ear = await a_stocked_sku(shop), await a_merchant(shop.db, shop.keyring), Ear()
    other = await a_merchant(shop.db, shop.keyring, code="other")
    order = await an_order(shop, caller, goods)
    await told(shop, ear)
    async with shop.db.transaction() as tx:
        assert not await tell_again(tx, merchant_id=other.merchant.id, order_id=order.order_id)
        assert await tell_again(tx, merchant_id=caller.merchant.id, order_id=order.order_id)
    await told(shop, ear)
    assert len(ear.told) == 2
    assert ear.told[0][2] != ear.told[1][2], "each with a nonce of its own"


async def test_a_withdrawn_key_signs_nothing(shop: Shop) -> None:
    goods, caller, ear = await a_stocked_sku(shop), await a_merchant(shop.db, shop.keyring), Ear()
    await an_order(shop, caller, goods)
    async with shop.db.transaction() as tx:
        await withdraw_key(tx, caller.key.id)
    await told(shop, ear)
    assert ear.told == []
    [row] = await due(shop)
    assert row["gave_up"] is True


async def test_what_breaks_on_our_side_is_given_up_in_the_end_too(shop: Shop) -> None:
    goods, caller, ear = await a_stocked_sku(shop), await a_merchant(shop.db, shop.keyring), Ear()
    await an_order(shop, caller, goods, Protocol.DUJIAO)
    async with shop.db.transaction() as tx:
        await tx.connection.execute("UPDATE merchant_webhooks SET url_sealed = 'of another order'")
    for _ in range(20):
        await told(shop, ear)
        shop.clock.go_on(timedelta(minutes=1))
    assert ear.told == []
    [row] = await due(shop)
    assert (row["gave_up"], row["tries"]) == (True, 5)


async def test_an_order_nobody_wants_to_hear_of_costs_nothing(shop: Shop) -> None:
    goods, caller, ear = await a_stocked_sku(shop), await a_merchant(shop.db, shop.keyring), Ear()
    purchase = Purchase(SITE, goods.sku_id, 1, "M1", Protocol.KM1)
    await buy(db=shop.db, keyring=shop.keyring, rules=WholesaleRules(shop.checkout), caller=caller, purchase=purchase)
    assert await told(shop, ear) == 0
    assert await due(shop) == []
