"""Every text a person reads has its English line, with the same values in it, and no line has lost its text."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "kameng"
CATALOGUE = SOURCE / "web" / "design" / "locale" / "en" / "LC_MESSAGES" / "kameng.po"
METHODS = [("**/templates/**", "jinja2"), ("**.py", "python")]
KEYWORDS = {"Words": None, "_": None}
CHINESE = re.compile(r"[\u4e00-\u9fff]")
VALUE = re.compile(r"%\((\w+)\)s")


def texts() -> dict[str, str]:
    """Each text of the source and the place it was found first."""
    found: dict[str, str] = {}
    for file, line, message, _, _ in extract_from_dir(SOURCE, method_map=METHODS, keywords=KEYWORDS):
        text = message if isinstance(message, str) else message[0]
        found.setdefault(text, f"{file}:{line}")
    return found


def faults(found: dict[str, str], catalogue: Catalog) -> Iterator[str]:
    english = {message.id: message for message in catalogue if isinstance(message.id, str) and message.id}
    for text, place in found.items():
        message = english.get(text)
        if message is None or not message.string:
            yield f"{place}: no English for “{text}”"
        elif message.fuzzy:
            yield f"{place}: the English for “{text}” is marked fuzzy"
        elif set(VALUE.findall(text)) != set(VALUE.findall(str(message.string))):
            yield f"{place}: “{text}” and its English have different values in them"
        elif CHINESE.search(str(message.string)):
            yield f"{place}: the English for “{text}” is not English"
    for text in sorted(set(english) - set(found)):
        yield f"{CATALOGUE.name}: nothing says “{text}” any more"


def main() -> int:
    with CATALOGUE.open("rb") as stream:
        catalogue = read_po(stream, locale="en")
    found = texts()
    wrong = list(faults(found, catalogue))
    for line in wrong:
        print(line)
    if not wrong:
        print(f"{len(found)} texts, all in English too")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
