"""Reading what a form sent: texts, bounded, whatever else was put in."""

from typing import Any

from litestar import Request
from litestar.datastructures import UploadFile

from kameng.kernel.text import narrowed

TEXT_MAX = 500


class Form:
    """The fields of a submitted form. A missing one is empty."""

    def __init__(self, fields: dict[str, str]) -> None:
        self._fields = fields

    def __getitem__(self, name: str) -> str:
        return self._fields.get(name, "")

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    def whole_number(self, name: str, *, digits_max: int = 9) -> int | None:
        """A number of at most so many digits, full-width ones included; None for anything else."""
        text = narrowed(self[name])
        return int(text) if text.isascii() and text.isdigit() and len(text) <= digits_max else None


async def read_form(request: Request[Any, Any, Any], *, text_max: int = TEXT_MAX) -> Form:
    """Files and repeated fields are left out; NUL, which PostgreSQL can't store, too."""
    form = await request.form()
    texts = {name: value for name, value in form.items() if isinstance(value, str)}
    return Form({name: value.replace("\0", "")[:text_max] for name, value in texts.items()})


async def read_files(request: Request[Any, Any, Any], name: str, *, bytes_max: int) -> list[bytes]:
    """What was chosen in a file field, each cut one byte above the limit. Names and types are not looked at."""
    form = await request.form()
    chosen = [part for part in form.getall(name, []) if isinstance(part, UploadFile)]
    contents = [await part.read(bytes_max + 1) for part in chosen]
    return [content for content in contents if content]
