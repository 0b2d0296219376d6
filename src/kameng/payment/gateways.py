"""The configured gateways: rows in the database, each turned into an adapter by its protocol."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kameng.kernel.configured import Configured
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.kernel.errors import Refusal
from kameng.kernel.text import Words
from kameng.payment import store
from kameng.payment.gateway import Gateway, GatewayMaker

PURPOSE_CONFIG = "gateway configuration"

METHOD_NAMES: Mapping[str, Words] = {
    "alipay": Words("支付宝"),
    "wxpay": Words("微信支付"),
    "qqpay": Words("QQ 钱包"),
    "bank": Words("银行卡"),
    "usdt": Words("USDT"),
}


class GatewayUnknown(Refusal):
    code = "gateway_unknown"
    status = 404
    words = Words("没有这种支付方式，请重新选择")


@dataclass(frozen=True)
class Channel:
    """One configured gateway, ready to be called."""

    id: int
    code: str
    name: str
    protocol: str
    methods: tuple[str, ...]
    enabled: bool
    position: int
    gateway: Gateway


class Gateways:
    """All channels, read again every few seconds so that a change in the console reaches every process."""

    def __init__(self, db: Database, keyring: Keyring, makers: Mapping[str, GatewayMaker]) -> None:
        self.makers = makers
        self._channels = Configured[Gateway, Channel](
            db, keyring, makers, purpose=PURPOSE_CONFIG, read=store.gateways, party=_channel
        )

    async def offered(self) -> list[Channel]:
        """The enabled channels, in the order they are shown."""
        return [channel for channel in await self.listed() if channel.enabled]

    async def listed(self) -> list[Channel]:
        """All channels, enabled or not."""
        return list((await self._channels.by_id()).values())

    async def named(self, code: str) -> Channel:
        """Enabled or not: a disabled gateway's notifies still bring money. Raises GatewayUnknown."""
        for channel in await self.listed():
            if channel.code == code:
                return channel
        raise GatewayUnknown

    async def with_id(self, gateway_id: int) -> Channel:
        """Raises GatewayUnknown."""
        channel = (await self._channels.by_id()).get(gateway_id)
        if channel is None:
            raise GatewayUnknown
        return channel


def _channel(row: Mapping[str, Any], gateway: Gateway) -> Channel:
    return Channel(
        id=row["id"],
        code=row["code"],
        name=row["name"],
        protocol=row["protocol"],
        methods=tuple(row["methods"]),
        enabled=row["enabled"],
        position=row["position"],
        gateway=gateway,
    )
