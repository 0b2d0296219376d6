"""A sandbox gateway on a real socket, a shop that hears its notifies, and a visitor without JavaScript."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from kameng.kernel.free_ports import free_ports
from kameng.web.sandbox.serve import Running, running
from kameng.web.sandbox.signature import Merchant
from tests.stand_in import Heard, StandIn, says, stand_in

MERCHANT = Merchant("1001", "sandbox-key")
REFERENCE = "P202611221430551234"


@dataclass
class Scene:
    """`shop.reply` may be changed; `visitor` follows no redirects."""

    sandbox: Running
    shop: StandIn
    visitor: httpx.AsyncClient
    answers: list[str] = field(default_factory=list)

    def order(self, **changes: str) -> dict[str, str]:
        """The signed fields of a request to collect 12.34 yuan."""
        fields = {
            "pid": "1001",
            "type": "alipay",
            "out_trade_no": REFERENCE,
            "notify_url": self.shop.url + "notify",
            "return_url": self.shop.url + "back?order=1",
            "name": "Q币 100个 <b>&",
            "money": "12.34",
        }
        return MERCHANT.signed(fields | changes)

    async def ordered(self, **changes: str) -> str:
        """Brings an order by mapi and returns the address of its pay page."""
        said = (await self.visitor.post("mapi.php", data=self.order(**changes))).json()
        assert said["code"] == 1, said
        url: str = said["payurl"]
        return url

    async def pulled(self, string: str, **what: Any) -> Any:
        answer = await self.visitor.post(f"control/{string}", json=what)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def books(self) -> dict[str, Any]:
        books: dict[str, Any] = (await self.visitor.get("control/books")).json()
        return books

    async def paid(self) -> list[int]:
        """What was really paid, in fen, payment by payment."""
        return [row["paid_fen"] for row in (await self.books())["payments"]]

    def reply(self, _: Heard) -> bytes:
        """The shop says success, unless other answers are due."""
        return says(self.answers.pop(0) if self.answers else "success")


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with (
        stand_in(lambda _: b"") as shop,
        running(merchant=MERCHANT, notify_pauses_s=(0.01, 0.01)) as sandbox,
        httpx.AsyncClient(base_url=sandbox.url, trust_env=False) as visitor,
    ):
        scene = Scene(sandbox, shop, visitor)
        shop.reply = scene.reply
        yield scene


@pytest.fixture
def unused_port() -> int:
    return free_ports()[0]
