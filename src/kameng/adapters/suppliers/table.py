"""Which supplier protocols there are: what each asks to be configured with, and what makes its adapter."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from kameng.adapters.http import HttpClient
from kameng.adapters.options import Option, read_options
from kameng.adapters.suppliers import (
    acgfaka,
    acgfaka_v4,
    dujiao,
    fulu,
    kakayun,
    kameng,
    kasushou,
    kayixin,
    reloadly,
    xinghai,
    yrapi,
)
from kameng.kernel.clock import Clock
from kameng.kernel.text import Words
from kameng.supply.supplier import Supplier, SupplierMaker


class Make(Protocol):
    """What an adapter's class is called with. May raise InvalidInput for what options alone can't tell."""

    def __call__(self, config: Mapping[str, str], *, http: HttpClient, clock: Clock) -> Supplier: ...


@dataclass(frozen=True)
class SupplierProtocol:
    """`make` is given a value for each of the options, already checked (`read_options`)."""

    name: str
    label: Words
    options: tuple[Option, ...]
    make: Make

    def maker(self, http: HttpClient, clock: Clock) -> SupplierMaker:
        """Raises InvalidInput naming the fields that are wrong."""

        def make(config: Mapping[str, str]) -> Supplier:
            return self.make(read_options(self.options, config), http=http, clock=clock)

        return make


PROTOCOLS: Mapping[str, SupplierProtocol] = {
    protocol.name: protocol
    for protocol in (
        SupplierProtocol("yrapi", Words("大猿人 yrapi（话费、电费）"), yrapi.OPTIONS, yrapi.Yrapi),
        SupplierProtocol("kasushou", Words("卡速售 v2"), kasushou.OPTIONS, kasushou.Kasushou),
        SupplierProtocol("kakayun", Words("卡卡云 v3"), kakayun.OPTIONS, kakayun.Kakayun),
        SupplierProtocol("kayixin", Words("卡易信 3.0"), kayixin.OPTIONS, kayixin.Kayixin),
        SupplierProtocol("fulu", Words("福禄开放平台"), fulu.OPTIONS, fulu.Fulu),
        SupplierProtocol("xinghai", Words("星海 v1.9"), xinghai.OPTIONS, xinghai.Xinghai),
        SupplierProtocol("acgfaka", Words("异次元发卡 共享店铺"), acgfaka.OPTIONS, acgfaka_v4.make_acgfaka),
        SupplierProtocol("dujiao", Words("Dujiao-Next 站点对接"), dujiao.OPTIONS, dujiao.Dujiao),
        SupplierProtocol("kameng", Words("Kameng 商户接口"), kameng.OPTIONS, kameng.Kameng),
        SupplierProtocol("reloadly", Words("Reloadly（全球话费、礼品卡）"), reloadly.OPTIONS, reloadly.Reloadly),
    )
}


def supplier_makers(http: HttpClient, clock: Clock) -> dict[str, SupplierMaker]:
    """Protocol name → maker, all over the one client."""
    return {name: protocol.maker(http, clock) for name, protocol in PROTOCOLS.items()}
