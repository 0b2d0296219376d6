"""What a protocol asks of whoever configures it: the form in the console and the flags on the command line."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kameng.kernel.text import Words


@dataclass(frozen=True)
class Option:
    """One field of a configuration. Required unless it has a default; with `choices` only these values are taken."""

    name: str
    label: Words
    hint: Words | None = None
    secret: bool = False
    default: str | None = None
    choices: Mapping[str, Words] = field(default_factory=dict)
