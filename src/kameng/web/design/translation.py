"""Words in the reader's language: Chinese is written in the source, other languages come from one catalogue each."""

from collections.abc import Mapping
from pathlib import Path

from babel.messages.pofile import read_po

from kameng.kernel.text import Words

FOLDER = Path(__file__).parent / "locale"
CHINESE = "zh-CN"
ENGLISH = "en"
LANGUAGES: Mapping[str, str] = {CHINESE: "中文", ENGLISH: "English"}


class Translator:
    """Translates into one language. A text that nobody translated stays Chinese."""

    def __init__(self, language: str, messages: Mapping[str, str]) -> None:
        self.language = language
        self._messages = messages

    def __call__(self, words: Words | str, /, **values: object) -> str:
        """`%(name)s` in the text is filled from `values`; a Words among the values is translated too."""
        chinese = words.chinese if isinstance(words, Words) else words
        text = self._messages.get(chinese) or chinese
        if not values:
            return text
        return text % {name: self(v) if isinstance(v, Words) else v for name, v in values.items()}


def _messages_of(language: str) -> dict[str, str]:
    file = FOLDER / language / "LC_MESSAGES" / "kameng.po"
    if not file.exists():
        return {}
    with file.open("rb") as stream:
        catalogue = read_po(stream, locale=language)
    pairs = [(message.id, message.string) for message in catalogue]
    return {key: text for key, text in pairs if isinstance(key, str) and isinstance(text, str) and key and text}


def load_translators() -> Mapping[str, Translator]:
    """By language."""
    return {language: Translator(language, _messages_of(language)) for language in LANGUAGES}


def choose_language(*, asked: str | None, remembered: str | None, accepted: str) -> str:
    """The language of the address, else of the cookie, else of the browser; Chinese if none of them is one of ours."""
    for choice in (asked, remembered):
        if choice is not None and choice in LANGUAGES:
            return choice
    for part in accepted.split(","):
        tag = part.split(";")[0].strip().lower()
        if tag.startswith("zh"):
            return CHINESE
        if tag.startswith("en"):
            return ENGLISH
    return CHINESE
