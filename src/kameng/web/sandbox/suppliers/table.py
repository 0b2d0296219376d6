"""Which protocols can be played."""

from collections.abc import Mapping

from kameng.web.sandbox.suppliers import yrapi
from kameng.web.sandbox.suppliers.emulation import Emulation

EMULATIONS: Mapping[str, Emulation] = {emulation.name: emulation for emulation in (yrapi.EMULATION,)}
