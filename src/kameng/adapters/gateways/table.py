"""Which gateway protocols there are: what each asks to be configured with, and what makes its adapter."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kameng.adapters.gateways import epay_config
from kameng.adapters.gateways.epay_config import EpayConfig
from kameng.adapters.gateways.epay_v1 import EpayV1
from kameng.adapters.http import HttpClient
from kameng.adapters.options import Option
from kameng.kernel.text import Words
from kameng.payment.gateway import Gateway, GatewayMaker


@dataclass(frozen=True)
class GatewayProtocol:
    """`methods` are the values an `Ask.method` may have, with the name a buyer knows them by."""

    name: str
    label: Words
    options: tuple[Option, ...]
    methods: Mapping[str, Words]
    make: Callable[[Mapping[str, str], HttpClient], Gateway]

    def maker(self, http: HttpClient) -> GatewayMaker:
        """Raises InvalidInput naming the fields that are wrong."""

        def make(config: Mapping[str, str]) -> Gateway:
            return self.make(config, http)

        return make


def _epay_v1(config: Mapping[str, str], http: HttpClient) -> Gateway:
    return EpayV1(EpayConfig.read(config), http=http)


PROTOCOLS: Mapping[str, GatewayProtocol] = {
    protocol.name: protocol
    for protocol in (
        GatewayProtocol(
            name="epay_v1",
            label=Words("易支付 V1（MD5）"),
            options=epay_config.OPTIONS,
            methods={
                "alipay": Words("支付宝"),
                "wxpay": Words("微信支付"),
                "qqpay": Words("QQ 钱包"),
                "bank": Words("云闪付"),
            },
            make=_epay_v1,
        ),
    )
}


def gateway_makers(http: HttpClient) -> dict[str, GatewayMaker]:
    """Protocol name → maker, all over the one client."""
    return {name: protocol.maker(http) for name, protocol in PROTOCOLS.items()}
