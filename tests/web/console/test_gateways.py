"""Payment channels in the console: keys go in and never come out."""

import pytest

from kameng.adapters.gateways.table import gateway_makers
from kameng.adapters.http import HttpClient
from kameng.payment.add_gateway import config_of
from kameng.payment.gateways import Channel, Gateways
from kameng.staff.roles import Role
from tests.web.console.conftest import Console
from tests.web.console.shop import SECRET_KEY, Shop

pytestmark = pytest.mark.anyio

FORM = {"name": "易支付", "methods": "alipay", "enabled": "on", "position": "7",
        "config_base_url": "https://pay.example.com/", "config_pid": "1001", "config_key": ""}  # fmt: skip


@pytest.fixture(autouse=True)
async def at_the_desk(console: Console, shop: Shop) -> None:
    await console.enter_as(Role.OWNER)


async def channel(console: Console, code: str = "epay") -> Channel:
    async with HttpClient() as http:
        return await Gateways(console.db, console.keyring, gateway_makers(http)).named(code)


async def config(console: Console, code: str = "epay") -> dict[str, str]:
    async with console.db.transaction() as tx:
        return await config_of(tx, console.keyring, code)


async def test_the_form_shows_everything_but_the_key(console: Console) -> None:
    for page in (await console.get("/console/gateways/epay"), await console.get("/console/gateways")):
        assert page.status_code == 200
        assert SECRET_KEY not in page.text
    page = await console.get("/console/gateways/epay")
    assert "https://pay.example.com/" in page.text
    assert 'value="7"' in page.text


async def test_a_key_left_empty_stays_as_it_was(console: Console) -> None:
    answer = await console.post("/console/gateways/epay", FORM | {"name": "新名字"})
    assert answer.status_code == 303
    assert (await channel(console)).name == "新名字"
    assert (await config(console))["key"] == SECRET_KEY


async def test_a_new_key_is_taken_and_never_told(console: Console) -> None:
    await console.post("/console/gateways/epay", FORM | {"config_key": "another-key-entirely"})
    assert (await config(console))["key"] == "another-key-entirely"
    (line,) = await console.log()
    assert (line.action, line.subject, line.facts["changed"]) == ("gateway:saved", "gateway:epay", ["key"])
    assert "another-key-entirely" not in str(line)
    assert b"another-key-entirely" not in await console.db.pool.fetchval("SELECT config_sealed FROM gateways")


async def test_a_channel_is_switched_off(console: Console) -> None:
    await console.post("/console/gateways/epay", {name: value for name, value in FORM.items() if name != "enabled"})
    assert not (await channel(console)).enabled
    assert (await channel(console)).position == 7


async def test_another_address_does_not_get_the_old_key(console: Console) -> None:
    answer = await console.post("/console/gateways/epay", FORM | {"config_base_url": "https://evil.example/"})
    assert answer.status_code == 422
    assert "请重新填写密钥" in answer.text
    assert (await config(console))["base_url"] == "https://pay.example.com/"
    assert await console.log() == []


async def test_a_refused_form_keeps_what_was_typed_but_the_key(console: Console) -> None:
    answer = await console.post(
        "/console/gateways/epay", FORM | {"config_pid": "no good", "config_key": "typed-key-text"}
    )
    assert answer.status_code == 422
    assert "商户号只含数字和字母" in answer.text
    assert "no good" in answer.text
    assert "typed-key-text" not in answer.text
    assert (await config(console))["pid"] == "1001"


async def test_a_channel_is_added(console: Console) -> None:
    form = FORM | {"protocol": "epay_v1", "code": "second", "config_key": "a-key", "methods": ["alipay", "wxpay"]}
    answer = await console.post("/console/gateways", form)
    assert answer.status_code == 303
    assert (await channel(console, "second")).methods == ("alipay", "wxpay")


async def test_adding_does_not_change_one_that_is_there(console: Console) -> None:
    form = FORM | {"protocol": "epay_v1", "config_key": "a-key", "name": "别的"}
    for code, words in (("epay", "已有支付渠道用了这个代号"), ("Bad Code", "以小写字母开头")):
        answer = await console.post("/console/gateways", form | {"code": code})
        assert answer.status_code == 422
        assert words in answer.text
        assert "a-key" not in answer.text
    assert (await channel(console)).name == "易支付"
    assert (await config(console))["key"] == SECRET_KEY


@pytest.mark.parametrize("path", ["/console/gateways/none", "/console/gateways/new/none"])
async def test_what_is_not_there_is_not_found(console: Console, path: str) -> None:
    assert 400 <= (await console.get(path)).status_code < 500
