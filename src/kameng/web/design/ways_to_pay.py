"""The buttons a buyer can pay with: one for each method of each gateway."""

from dataclasses import dataclass

from kameng.kernel.text import Words
from kameng.payment.gateways import METHOD_NAMES, Gateways


@dataclass(frozen=True)
class WayToPay:
    """`channel` is set where two gateways offer the same method and a buyer has to tell them apart."""

    gateway_code: str
    method: str
    name: Words
    channel: str | None

    @property
    def value(self) -> str:
        return f"{self.gateway_code}:{self.method}"


async def ways_to_pay(gateways: Gateways) -> list[WayToPay]:
    """In the order in which the gateways are shown."""
    channels = await gateways.offered()
    offers = [(channel, method) for channel in channels for method in channel.methods]
    methods = [method for _, method in offers]
    return [
        WayToPay(
            gateway_code=channel.code,
            method=method,
            name=METHOD_NAMES.get(method, Words(method)),
            channel=channel.name if methods.count(method) > 1 else None,
        )
        for channel, method in offers
    ]
