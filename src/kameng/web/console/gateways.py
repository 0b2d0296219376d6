"""Payment channels: which there are, and the form that each protocol asks to be filled. Keys go in and never out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol, runtime_checkable

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.text import Words
from kameng.payment.add_gateway import GatewayDraft, add_gateway, config_of
from kameng.payment.gateways import Channel, Gateways
from kameng.staff.audit import note
from kameng.staff.roles import Permission
from kameng.web.console.door import AnyRequest, Desk, needs
from kameng.web.console.options import Options, changed, merged, must_bring_secrets, typed_config, without_secrets
from kameng.web.console.pages import back_to, show, typed, typed_lists

PATH = "/console/gateways"
EDIT = [needs(Permission.GATEWAY_EDIT)]
POSITION_DIGITS_MAX = 6


@runtime_checkable
class FormOfProtocol(Protocol):
    """What a gateway protocol asks to be configured with."""

    @property
    def label(self) -> Words: ...
    @property
    def options(self) -> Options: ...
    @property
    def methods(self) -> Mapping[str, Words]: ...


Forms = Mapping[str, FormOfProtocol]


@get("/gateways", guards=[needs(Permission.GATEWAY_LOOK)])
async def gateways_page(
    desk: NamedDependency[Desk], gateways: NamedDependency[Gateways], protocols: NamedDependency[Forms]
) -> Response[str]:
    channels = await _fresh(desk, gateways).listed()
    return show(desk.request, "console/gateways.html", channels=channels, protocols=protocols)


@get("/gateways/new/{protocol:str}", guards=EDIT)
async def new_gateway_page(
    desk: NamedDependency[Desk], protocols: NamedDependency[Forms], protocol: FromPath[str]
) -> Response[str]:
    form = _form_of(protocols, protocol)
    return _page(desk, form, GatewayDraft("", "", protocol, (), {}), is_new=True)


@get("/gateways/{code:str}", guards=EDIT)
async def gateway_page(
    desk: NamedDependency[Desk],
    gateways: NamedDependency[Gateways],
    protocols: NamedDependency[Forms],
    code: FromPath[str],
) -> Response[str]:
    channel = await _fresh(desk, gateways).named(code)
    async with desk.db.transaction() as tx:
        config = await config_of(tx, desk.keyring, code)
    return _page(desk, _form_of(protocols, channel.protocol), _draft_of(channel, config), is_new=False)


@post("/gateways", guards=EDIT, status_code=200)
async def add(
    desk: NamedDependency[Desk], gateways: NamedDependency[Gateways], protocols: NamedDependency[Forms]
) -> Response[Any]:
    protocol = (await typed(desk.request)).get("protocol", "")
    form = _form_of(protocols, protocol)
    draft = await _typed_draft(desk.request, form, protocol=protocol, code=None)
    try:
        _must_be_free(draft.code, await _fresh(desk, gateways).listed())
        await _save(desk, gateways, form, draft)
    except InvalidInput as refusal:
        return _page(desk, form, draft, is_new=True, refusal=refusal)
    return back_to(PATH, done="added")


@post("/gateways/{code:str}", guards=EDIT, status_code=200)
async def change(
    desk: NamedDependency[Desk],
    gateways: NamedDependency[Gateways],
    protocols: NamedDependency[Forms],
    code: FromPath[str],
) -> Response[Any]:
    channel = await _fresh(desk, gateways).named(code)
    form = _form_of(protocols, channel.protocol)
    draft = await _typed_draft(desk.request, form, protocol=channel.protocol, code=code)
    try:
        await _save(desk, gateways, form, draft)
    except InvalidInput as refusal:
        return _page(desk, form, draft, is_new=False, refusal=refusal)
    return back_to(PATH, done="saved")


async def _save(desk: Desk, gateways: Gateways, form: FormOfProtocol, draft: GatewayDraft) -> None:
    """A secret left empty keeps its present value. The log says which fields changed, never to what."""
    async with desk.db.transaction() as tx:
        before = await config_of(tx, desk.keyring, draft.code)
        must_bring_secrets(form.options, before, draft.config)
        config = merged(before, draft.config)
        await add_gateway(tx, desk.keyring, gateways.makers, replace(draft, config=config))
        names = changed(form.options, before, config)
        facts = {"name": draft.name, "enabled": draft.enabled, "methods": list(draft.methods), "changed": names}
        await note(tx, desk.note("gateway:saved", f"gateway:{draft.code}", **facts))


async def _typed_draft(request: AnyRequest, form: FormOfProtocol, *, protocol: str, code: str | None) -> GatewayDraft:
    entered = await typed(request)
    position = entered.get("position", "")
    is_number = position.isascii() and position.isdecimal() and len(position) <= POSITION_DIGITS_MAX
    return GatewayDraft(
        code=entered.get("code", "") if code is None else code,
        name=entered.get("name", ""),
        protocol=protocol,
        methods=tuple(await typed_lists(request, "methods")),
        config=typed_config(form.options, entered),
        enabled="enabled" in entered,
        position=int(position) if is_number else 0,
    )


def _page(
    desk: Desk, form: FormOfProtocol, draft: GatewayDraft, *, is_new: bool, refusal: Refusal | None = None
) -> Response[str]:
    """Secrets are taken out before anything is rendered."""
    shown = without_secrets(form.options, draft.config)
    return show(
        desk.request, "console/gateway.html", status=refusal.status if refusal else 200, protocol=form,
        draft=replace(draft, config=shown), is_new=is_new, refusal=refusal,
    )  # fmt: skip


def _draft_of(channel: Channel, config: Mapping[str, str]) -> GatewayDraft:
    return GatewayDraft(
        channel.code, channel.name, channel.protocol, channel.methods, config, channel.enabled, channel.position
    )


def _fresh(desk: Desk, gateways: Gateways) -> Gateways:
    """The channels as they are at this moment, not as this process remembers them."""
    return Gateways(desk.db, desk.keyring, gateways.makers)


def _form_of(protocols: Forms, protocol: str) -> FormOfProtocol:
    """Raises InvalidInput."""
    if protocol not in protocols:
        raise InvalidInput(fields={"protocol": Words("没有这种协议")})
    return protocols[protocol]


def _must_be_free(code: str, channels: Sequence[Channel]) -> None:
    """Raises InvalidInput: saving under a code that is there changes the channel that has it."""
    if code in {channel.code for channel in channels}:
        raise InvalidInput(fields={"code": Words("已有支付渠道用了这个代号")})
