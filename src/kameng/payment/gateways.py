"""The configured gateways: rows in the database, each turned into an adapter by its protocol."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
import structlog

from kameng.kernel.crypto import Keyring, Unreadable
from kameng.kernel.database import Database
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.text import Words
from kameng.payment import store
from kameng.payment.gateway import Gateway, GatewayMaker

log = structlog.get_logger()

PURPOSE_CONFIG = "gateway configuration"
REREAD_AFTER = timedelta(seconds=5)

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
        self._db = db
        self._keyring = keyring
        self.makers = makers
        self._channels: dict[int, Channel] = {}
        self._sealed: dict[int, bytes] = {}
        self._read_at: datetime | None = None

    async def offered(self) -> list[Channel]:
        """The enabled channels, in the order they are shown."""
        return [channel for channel in await self.listed() if channel.enabled]

    async def listed(self) -> list[Channel]:
        """All channels, enabled or not."""
        return list((await self._all()).values())

    async def named(self, code: str) -> Channel:
        """Enabled or not: a disabled gateway's notifies still bring money. Raises GatewayUnknown."""
        for channel in (await self._all()).values():
            if channel.code == code:
                return channel
        raise GatewayUnknown

    async def with_id(self, gateway_id: int) -> Channel:
        """Raises GatewayUnknown."""
        channel = (await self._all()).get(gateway_id)
        if channel is None:
            raise GatewayUnknown
        return channel

    async def _all(self) -> dict[int, Channel]:
        now = self._db.clock.now()
        if self._read_at is None or now - self._read_at >= REREAD_AFTER:
            async with self._db.reading() as connection:
                rows = await store.gateways(connection)
            channels = {row["id"]: channel for row in rows if (channel := self._readable(dict(row)))}
            self._sealed = {row["id"]: row["config_sealed"] for row in rows}
            self._channels = channels
            self._read_at = now
        return self._channels

    def _readable(self, row: dict[str, object]) -> Channel | None:
        """None for a row that can't be used: the other channels go on without it."""
        try:
            return self._channel(row)
        except (Unreadable, InvalidInput, KeyError, msgspec.DecodeError):
            log.exception("gateway.unusable", gateway=row["code"])
            return None

    def _channel(self, row: dict[str, object]) -> Channel:
        gateway_id, sealed = row["id"], row["config_sealed"]
        assert isinstance(gateway_id, int)
        assert isinstance(sealed, bytes)
        known = self._channels.get(gateway_id)
        if known is not None and self._sealed.get(gateway_id) == sealed:
            gateway = known.gateway
        else:
            plain = self._keyring.unseal(sealed, purpose=PURPOSE_CONFIG, bound_to=str(row["code"]).encode())
            gateway = self.makers[str(row["protocol"])](msgspec.json.decode(plain, type=dict[str, str]))
        methods = row["methods"]
        assert isinstance(methods, list)
        return Channel(
            id=gateway_id,
            code=str(row["code"]),
            name=str(row["name"]),
            protocol=str(row["protocol"]),
            methods=tuple(methods),
            enabled=bool(row["enabled"]),
            position=int(str(row["position"])),
            gateway=gateway,
        )
