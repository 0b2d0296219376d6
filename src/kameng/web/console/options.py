"""What a protocol asks to be configured with, as a form: secrets go in and never out."""

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from kameng.kernel.errors import InvalidInput
from kameng.kernel.text import Words


@runtime_checkable
class FormOption(Protocol):
    """One field of a protocol's configuration. Required unless it has a default."""

    @property
    def name(self) -> str: ...
    @property
    def label(self) -> Words: ...
    @property
    def hint(self) -> Words | None: ...
    @property
    def secret(self) -> bool: ...
    @property
    def default(self) -> str | None: ...
    @property
    def choices(self) -> Mapping[str, Words]: ...


Options = Sequence[FormOption]


def typed_config(options: Options, entered: Mapping[str, str]) -> dict[str, str]:
    """Every option as it was typed."""
    return {option.name: entered.get(f"config_{option.name}", "") for option in options}


def merged(before: Mapping[str, str], typed_now: Mapping[str, str]) -> dict[str, str]:
    """What is left empty keeps its present value."""
    return {**before, **{name: value for name, value in typed_now.items() if value or name not in before}}


def without_secrets(options: Options, config: Mapping[str, str]) -> dict[str, str]:
    """What may be rendered."""
    secrets = {option.name for option in options if option.secret}
    return {name: value for name, value in config.items() if name not in secrets}


def changed(options: Options, before: Mapping[str, str], config: Mapping[str, str]) -> list[str]:
    """The names of what is different; never the values."""
    defaults = {option.name: option.default or "" for option in options}
    return sorted(
        name for name, default in defaults.items() if (config.get(name) or default) != (before.get(name) or default)
    )


def must_bring_secrets(options: Options, before: Mapping[str, str], typed_now: Mapping[str, str]) -> None:
    """Raises InvalidInput: whoever points an account at another address must not send it a key they don't know."""
    addresses = [option.name for option in options if option.name.endswith("url")]
    if before and any(typed_now[name] not in ("", before.get(name)) for name in addresses):
        missing = [option.name for option in options if option.secret and not typed_now[option.name]]
        if missing:
            raise InvalidInput(fields=dict.fromkeys(missing, Words("更换网关地址时，请重新填写密钥")))
