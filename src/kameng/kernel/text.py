"""Words for people: lazily translated messages, and forms of text that compare equal when people mean the same."""

import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """A message in Chinese, which is also its key in the translation catalogue. Surfaces translate it.

    Babel collects every `Words("…")` in the source. Values are put in with `%(name)s`.
    """

    chinese: str


def narrowed(text: str) -> str:
    """Full-width forms to ASCII, compatibility characters folded (NFKC), outer blanks gone."""
    return unicodedata.normalize("NFKC", text).strip()


def digits_of(text: str) -> str:
    """The digits of a text, in order; full-width digits count, everything else is dropped."""
    return "".join(c for c in narrowed(text) if c in "0123456789")
