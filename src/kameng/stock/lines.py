"""Files of codes, line by line: TXT, CSV and XLSX, in UTF-8 (with or without BOM), UTF-16 with BOM, or GB18030."""

import codecs
import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import python_calamine

from kameng.kernel.errors import Refusal
from kameng.kernel.text import Words, narrowed
from kameng.stock.card import FileKind, Reason

BLOCK_BYTES = 1 << 20
LINE_BYTES_MAX = 1 << 20
WORKBOOK_BYTES_MAX = 1 << 29
# Excel keeps fifteen digits of a number; what came after is already gone.
NUMBER_EXACT_BELOW = 10**15

_CODE_HEADERS = frozenset({"code", "card", "卡密", "卡号", "激活码", "兑换码", "卡券码"})
_DATE_HEADERS = frozenset({"expires_on", "expires", "expiry", "有效期", "有效期至", "到期日", "到期时间", "过期时间"})
# With separators only: eight bare digits after a comma are as likely a password.
_DATE_BEHIND_CODE = re.compile(r"(.*\S)\s*[,，]\s*(\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?(?: [\d:]+)?)", re.DOTALL)
_DATE = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?(?:[ T][\d:.]+)?")
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_WORKBOOK_HEADS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")

# Both can be wrapped as text; anything else is one of them in disguise.
CodeFile = io.BufferedReader | io.BytesIO


class UnreadableFile(Refusal):
    code = "unreadable_file"
    status = 422
    words = Words("文件读不了：请上传 TXT、CSV 或 XLSX 文件")


class Line(NamedTuple):
    """One line's content as it stands. `expires` is text still; `fault` says what is wrong with the line as such."""

    number: int
    code: str
    expires: str | None
    fault: Reason | None = None


@dataclass(frozen=True)
class LineSource:
    """Lines that are not blank, and how many there are in all (blank ones and a header included)."""

    total: int
    lines: Iterator[Line]


def kind_of(name: str, head: bytes) -> FileKind:
    """By its first bytes when they are a workbook's, else by its name; what is neither CSV nor workbook is TXT."""
    if head.startswith(_WORKBOOK_HEADS):
        return FileKind.XLSX
    suffix = Path(name).suffix.lower()
    if suffix in {".xlsx", ".xls"}:
        raise UnreadableFile
    return FileKind.CSV if suffix == ".csv" else FileKind.TXT


def open_lines(file: CodeFile, kind: FileKind) -> LineSource:
    """Read `file` from its beginning, twice for text. Raises UnreadableFile."""
    file.seek(0)
    if kind is FileKind.XLSX:
        return _workbook(file)
    encoding = _encoding(file)
    return LineSource(_count_lines(file, encoding), _text_lines(file, kind, encoding))


def _text_lines(file: CodeFile, kind: FileKind, encoding: str) -> Iterator[Line]:
    file.seek(0)
    text = io.TextIOWrapper(file, encoding, errors="replace", newline="" if kind is FileKind.CSV else None)
    try:
        yield from _in_columns(_csv_rows(text)) if kind is FileKind.CSV else _plain(text)
    finally:
        # The file is the caller's to close; whoever gave up on it has closed it already.
        if not file.closed:
            text.detach()


def _encoding(file: CodeFile) -> str:
    """The first that fits the whole file. UTF-8 if none does, so that only the broken lines are refused."""
    head = file.read(4)
    for bom, name in _BOMS:
        if head.startswith(bom):
            return name
    return next((name for name in ("utf-8", "gb18030") if _fits(file, name)), "utf-8")


def _fits(file: CodeFile, encoding: str) -> bool:
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while block := file.read(BLOCK_BYTES):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _count_lines(file: CodeFile, encoding: str) -> int:
    file.seek(0)
    text = io.TextIOWrapper(file, encoding, errors="replace")
    try:
        total = 0
        while line := text.readline(LINE_BYTES_MAX):
            if len(line) == LINE_BYTES_MAX:
                raise UnreadableFile
            total += 1
        return total
    finally:
        text.detach()


def _plain(text: io.TextIOWrapper) -> Iterator[Line]:
    """One code a line, `code,2027-12-31` where it expires. Anything else after a comma, `account----password`
    and the like are part of the code."""
    for number, raw in enumerate(text, 1):
        code = raw.strip()
        if not code:
            continue
        dated = _DATE_BEHIND_CODE.fullmatch(code) if "," in code or "，" in code else None
        yield Line(number, dated[1], dated[2]) if dated else Line(number, code, None)


def _csv_rows(text: io.TextIOWrapper) -> Iterator[tuple[int, list[str] | None]]:
    reader = csv.reader(text)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield reader.line_num, None
        else:
            yield reader.line_num, row


def _workbook(file: CodeFile) -> LineSource:
    """The first sheet. It is unpacked as a whole, so one that would fill the memory is refused before."""
    try:
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as parts:
                if sum(part.file_size for part in parts.infolist()) > WORKBOOK_BYTES_MAX:
                    raise UnreadableFile
        file.seek(0)
        book = python_calamine.CalamineWorkbook.from_filelike(file)
        sheet = book.get_sheet_by_index(0)
    except (python_calamine.CalamineError, zipfile.BadZipFile, OSError, IndexError) as error:
        raise UnreadableFile from error
    rows = ((number, [_cell(cell) for cell in row]) for number, row in enumerate(sheet.iter_rows(), 1))
    return LineSource(sheet.end[0] + 1 if sheet.end else 0, _in_columns(rows))


def _cell(cell: object) -> str | None:
    """A cell as text; None for a number that has lost digits."""
    match cell:
        case bool():
            return str(cell).upper()
        case int() | float():
            if abs(cell) >= NUMBER_EXACT_BELOW:
                return None
            return str(int(cell)) if cell == int(cell) else str(cell)
        case datetime() | date():
            return cell.isoformat()[:10]
        case _:
            return str(cell)


def _in_columns(rows: Iterable[tuple[int, list[str | None] | list[str] | None]]) -> Iterator[Line]:
    """`code[,expires_on]`, with or without a header; a header may name them in any order."""
    code_at, expires_at = 0, 1
    first = True
    for number, row in rows:
        if row is None:
            yield Line(number, "", None, Reason.UNREADABLE_TEXT)
            continue
        cells = [None if cell is None else cell.strip() for cell in row]
        if not any(cell or cell is None for cell in cells):
            continue
        if first:
            first = False
            names = [narrowed(cell or "").lower() for cell in cells]
            if any(name in _CODE_HEADERS for name in names):
                code_at = next(at for at, name in enumerate(names) if name in _CODE_HEADERS)
                expires_at = next((at for at, name in enumerate(names) if name in _DATE_HEADERS), -1)
                continue
        yield _line(number, cells, code_at, expires_at)


def _line(number: int, cells: list[str | None], code_at: int, expires_at: int) -> Line:
    code = cells[code_at] if code_at < len(cells) else ""
    expires = cells[expires_at] if 0 <= expires_at < len(cells) else ""
    if code is None:
        return Line(number, "", None, Reason.NUMBER_CELL)
    if expires is None:
        return Line(number, code, None, Reason.UNREADABLE_DATE)
    if any(cell or cell is None for at, cell in enumerate(cells) if at not in {code_at, expires_at}):
        # A column we would drop may be the password.
        return Line(number, code, None, Reason.TOO_MANY_COLUMNS)
    return Line(number, code, expires or None, None if code else Reason.NO_CODE)


@lru_cache(maxsize=4096)
def day_of(text: str) -> date | None:
    """`2027-12-31`, with `/`, `.`, `年月日` or nothing between, a time of day ignored; None when it is no date."""
    found = _DATE.fullmatch(narrowed(text))
    if found is None:
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None
