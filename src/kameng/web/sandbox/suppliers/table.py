"""Which protocols can be played."""

from collections.abc import Mapping

from kameng.web.sandbox.suppliers import (
    acgfaka,
    acgfaka_v4,
    dujiao,
    fulu,
    kakayun,
    kasushou,
    kayixin,
    reloadly,
    xinghai,
    yrapi,
)
from kameng.web.sandbox.suppliers.emulation import Emulation

EMULATIONS: Mapping[str, Emulation] = {
    emulation.name: emulation
    for emulation in (
        *(yrapi.EMULATION, kasushou.EMULATION, kakayun.EMULATION),
        *(kayixin.EMULATION, fulu.EMULATION, xinghai.EMULATION),
        *(acgfaka.EMULATION, acgfaka_v4.EMULATION, dujiao.EMULATION, reloadly.EMULATION),
    )
}
