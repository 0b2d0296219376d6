"""The table of protocols, as the command line and the console use it."""

import pytest

from kameng.adapters.gateways.epay_v1 import EpayV1
from kameng.adapters.gateways.table import PROTOCOLS, gateway_makers
from kameng.adapters.http import HttpClient
from kameng.kernel.errors import InvalidInput

pytestmark = pytest.mark.anyio


async def test_each_protocol_makes_its_adapter() -> None:
    async with HttpClient() as http:
        makers = gateway_makers(http)
        assert makers.keys() == PROTOCOLS.keys()
        made = makers["epay_v1"]({"base_url": "https://pay.example.com/", "pid": "1", "key": "K"})
    assert isinstance(made, EpayV1)


async def test_a_maker_names_what_is_wrong() -> None:
    async with HttpClient() as http:
        for name, make in gateway_makers(http).items():
            with pytest.raises(InvalidInput) as refusal:
                make({})
            required = {option.name for option in PROTOCOLS[name].options if option.default is None}
            assert refusal.value.fields.keys() == required


def test_defaults_are_choices() -> None:
    for protocol in PROTOCOLS.values():
        assert protocol.methods
        for option in protocol.options:
            assert not option.choices or option.default in option.choices
