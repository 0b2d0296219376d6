"""Cards and the batches they came in, as data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kameng.kernel.text import Words


class CardState(StrEnum):
    AVAILABLE = "available"
    RESERVED = "reserved"
    SOLD = "sold"
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"


STATE_NAMES: Mapping[CardState, Words] = {
    CardState.AVAILABLE: Words("可售"),
    CardState.RESERVED: Words("已预留"),
    CardState.SOLD: Words("已售出"),
    CardState.WITHDRAWN: Words("已下架"),
    CardState.REPLACED: Words("已换出"),
}


class BatchState(StrEnum):
    WAITING = "waiting"
    IMPORTING = "importing"
    IMPORTED = "imported"
    FAILED = "failed"


class FileKind(StrEnum):
    TXT = "txt"
    CSV = "csv"
    XLSX = "xlsx"
    SUPPLIER = "supplier"


class Reason(StrEnum):
    """Why a line was refused. Stable: stored with the batch."""

    TOO_LONG = "too_long"
    CONTROL_CHARACTER = "control_character"
    WRONG_FORMAT = "wrong_format"
    REPEATED_IN_FILE = "repeated_in_file"
    ALREADY_STORED = "already_stored"
    EXPIRED = "expired"
    UNREADABLE_DATE = "unreadable_date"
    UNREADABLE_TEXT = "unreadable_text"
    TOO_MANY_COLUMNS = "too_many_columns"
    NO_CODE = "no_code"
    NUMBER_CELL = "number_cell"


REASON_NAMES: Mapping[Reason, Words] = {
    Reason.TOO_LONG: Words("超过500个字符"),
    Reason.CONTROL_CHARACTER: Words("含有控制字符或不可见字符"),
    Reason.WRONG_FORMAT: Words("不符合该商品的卡密格式"),
    Reason.REPEATED_IN_FILE: Words("与文件中前面的卡密重复"),
    Reason.ALREADY_STORED: Words("库中已有这张卡密"),
    Reason.EXPIRED: Words("有效期已过"),
    Reason.UNREADABLE_DATE: Words("有效期看不懂，请写成2027-12-31"),
    Reason.UNREADABLE_TEXT: Words("文字编码有误"),
    Reason.TOO_MANY_COLUMNS: Words("多余的列"),
    Reason.NO_CODE: Words("没有卡密"),
    Reason.NUMBER_CELL: Words("单元格是数字，位数已丢失；请把该列设为文本再导出"),
}


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A line that was not imported; the code itself is never kept."""

    line: int
    reason: Reason


@dataclass(frozen=True)
class Batch:
    """One import and how far it is. `refused_lines` holds the first thousand, `refused_reasons` counts them all."""

    id: int
    sku_id: int
    source: str
    state: BatchState
    kind: FileKind
    lines_total: int
    lines_read: int
    imported: int
    refused: int
    refused_reasons: Mapping[Reason, int]
    refused_lines: Sequence[RefusedLine]
    failure: str | None
    staff_id: int | None
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class SealedCard:
    """What the database needs to know of a card to give its code back."""

    sku_id: int
    batch_id: int
    code_sealed: bytes
    blind_index: bytes
