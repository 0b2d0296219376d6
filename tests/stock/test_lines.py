"""Reading files as people have them: any of the usual encodings, kinds and habits."""

import codecs
import io
from datetime import date, datetime

import openpyxl
import pytest

from kameng.stock.card import FileKind, Reason
from kameng.stock.lines import Line, UnreadableFile, day_of, kind_of, open_lines


def read(content: bytes, kind: FileKind = FileKind.TXT) -> list[Line]:
    return list(open_lines(io.BytesIO(content), kind).lines)


def workbook(*rows: tuple[object, ...]) -> bytes:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        "账号一----密码\nABC".encode(),
        codecs.BOM_UTF8 + "账号一----密码\nABC".encode(),
        "账号一----密码\nABC".encode("gb18030"),
        "账号一----密码\nABC".encode("utf-16"),
    ],
    ids=["utf-8", "utf-8 with BOM", "gb18030", "utf-16"],
)
@pytest.mark.parametrize("kind", [FileKind.TXT, FileKind.CSV])
def test_encodings(content: bytes, kind: FileKind) -> None:
    assert read(content, kind) == [Line(1, "账号一----密码", None), Line(2, "ABC", None)]


def test_a_broken_byte_spoils_its_own_line_only() -> None:
    assert [line.code for line in read("好\n".encode() + b"B\xff\nC\n")] == ["好", "B\N{REPLACEMENT CHARACTER}", "C"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_blank_lines_and_numbers(end: str) -> None:
    source = open_lines(io.BytesIO(end.join(["A", "", "  ", "B", ""]).encode()), FileKind.TXT)
    assert source.total == 4
    assert list(source.lines) == [Line(1, "A", None), Line(4, "B", None)]


@pytest.mark.parametrize(
    ("text", "code", "expires"),
    [
        ("ABC,2027-12-31", "ABC", "2027-12-31"),
        ("ABC ， 2027年12月31日", "ABC", "2027年12月31日"),
        ("ABC,2027/1/2", "ABC", "2027/1/2"),
        ("ABC,2027-13-41", "ABC", "2027-13-41"),
        ("user,password", "user,password", None),
        ("123456,20271231", "123456,20271231", None),
        ("user----pass,2027-12-31", "user----pass", "2027-12-31"),
        ("user----pass word", "user----pass word", None),
    ],
)
def test_txt_keeps_the_line_unless_a_date_stands_behind_it(text: str, code: str, expires: str | None) -> None:
    assert read(text.encode()) == [Line(1, code, expires)]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("code,expires_on\nABC,2027-12-31\nDEF,\n", [Line(2, "ABC", "2027-12-31"), Line(3, "DEF", None)]),
        ("有效期,卡密\n2027-12-31,ABC\n", [Line(2, "ABC", "2027-12-31")]),
        ("code\nABC\n", [Line(2, "ABC", None)]),
        ("ABC,20271231\n\nDEF\n", [Line(1, "ABC", "20271231"), Line(3, "DEF", None)]),
        ('"a,""b""",\n', [Line(1, 'a,"b"', None)]),
        ("code,密码\nABC,secret\n", [Line(2, "ABC", None, Reason.TOO_MANY_COLUMNS)]),
        ("ABC,2027-12-31,x\n", [Line(1, "ABC", None, Reason.TOO_MANY_COLUMNS)]),
        (",2027-12-31\n", [Line(1, "", "2027-12-31", Reason.NO_CODE)]),
    ],
)
def test_csv_with_and_without_a_header(text: str, lines: list[Line]) -> None:
    assert read(text.encode(), FileKind.CSV) == lines


def test_an_endless_csv_field_is_one_bad_line_not_a_full_memory() -> None:
    lines = read(b'A\n"' + b"x\n" * 100_000, FileKind.CSV)
    assert lines[0] == Line(1, "A", None)
    assert lines[1].fault is Reason.UNREADABLE_TEXT


def test_xlsx_rows_dates_and_numbers() -> None:
    content = workbook(
        ("卡密", "有效期"),
        ("ABC", datetime(2027, 12, 31)),  # noqa: DTZ001 - a cell knows no time zone
        (None, None),
        (123456789, "2027-12-31"),
        (1234567890123456789, None),
        ("DEF", None),
    )
    assert read(content, FileKind.XLSX) == [
        Line(2, "ABC", "2027-12-31"),
        Line(4, "123456789", "2027-12-31"),
        Line(5, "", None, Reason.NUMBER_CELL),
        Line(6, "DEF", None),
    ]
    assert open_lines(io.BytesIO(content), FileKind.XLSX).total == 6


def test_xlsx_line_numbers_are_the_rows_even_below_an_empty_head() -> None:
    assert [line.number for line in read(workbook((), (), ("A",), ("B",)), FileKind.XLSX)] == [3, 4]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not a workbook", b"%PDF-1.7"])
def test_what_is_no_workbook_is_refused(content: bytes) -> None:
    with pytest.raises(UnreadableFile):
        read(content, FileKind.XLSX)


def test_a_line_of_a_megabyte_is_no_list_of_codes() -> None:
    with pytest.raises(UnreadableFile):
        read(b"x" * (2 << 20))


def test_kinds() -> None:
    assert kind_of("codes.txt", b"ABC") is FileKind.TXT
    assert kind_of("codes", b"ABC") is FileKind.TXT
    assert kind_of("CODES.CSV", b"ABC") is FileKind.CSV
    assert kind_of("codes.txt", b"PK\x03\x04") is FileKind.XLSX
    with pytest.raises(UnreadableFile):
        kind_of("codes.xlsx", b"ABCD")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2027-12-31", date(2027, 12, 31)),
        ("2027/1/2", date(2027, 1, 2)),
        ("2027.01.02", date(2027, 1, 2)),
        ("２０２７年１月２日", date(2027, 1, 2)),
        ("20270102", date(2027, 1, 2)),
        ("2027-01-02 23:59:59", date(2027, 1, 2)),
        ("2027-02-30", None),
        ("31/12/2027", None),
        ("永久", None),
    ],
)
def test_days(text: str, day: date | None) -> None:
    assert day_of(text) == day
