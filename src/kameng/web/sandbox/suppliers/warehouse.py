"""A foreign supplier's books in SQLite: goods, our account's balance, what was really bought, charged and delivered.

Calls are synchronous on purpose: without waiting for the disk each takes some ten microseconds. Every method acts at
once and whole, for one loop in one process owns the books.
"""

import json
import re
import secrets
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from kameng.kernel.clock import Clock, SystemClock
from kameng.supply.supplier import Repeat
from kameng.web.sandbox.suppliers import statements as sql
from kameng.web.sandbox.suppliers.wares import CardCode, Declined, Ending, No, Purchase, State, Wanted, Ware


class Warehouse:
    """`path` None keeps the books in memory. `repeat`: what becomes of a number that was used before. `prefix` begins
    every number it gives, so that two suppliers' numbers are told apart."""

    def __init__(
        self,
        path: Path | None = None,
        *,
        repeat: Repeat = Repeat.REFUSED,
        balance_fen: int = 100_000_00,
        prefix: str = "S",
        clock: Clock | None = None,
    ) -> None:
        self.clock = clock or SystemClock()
        #: How often each of the goods is listed, under other numbers: a catalogue too long to be true.
        self.listed_times = 1
        self._repeat = repeat
        self._prefix = prefix
        self._db = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._db.executescript(sql.SCHEMA)
        if not self._db.execute(sql.ANY_ENTRY).fetchone():
            self.put_in(balance_fen)

    # Goods and money

    def stock_up(self, wares: Iterable[Ware]) -> None:
        """Adds goods or changes what is there under the same number."""
        rows = [asdict(ware) | {"asks": json.dumps(ware.asks), "raw": json.dumps(ware.raw)} for ware in wares]
        self._db.execute(sql.BEGIN)
        self._db.executemany(sql.PUT_WARE, rows)
        self._db.execute(sql.COMMIT)

    def change(self, number: str, **changes: Any) -> Ware:
        """For example `change("1001", stock=0)`. Raises Declined(UNKNOWN_GOODS)."""
        ware = replace(self.ware(number), **changes)
        self.stock_up([ware])
        return ware

    def ware(self, number: str) -> Ware:
        """Raises Declined(UNKNOWN_GOODS)."""
        row = self._db.execute(sql.FIND_WARE, (number,)).fetchone()
        if row is None:
            raise Declined(No.UNKNOWN_GOODS)
        return _ware(row)

    def wares(self, *, limit: int = -1, offset: int = 0) -> list[Ware]:
        """In the order of their numbers, those off sale too."""
        if self.listed_times == 1:
            return [_ware(row) for row in self._db.execute(sql.ALL_WARES, (limit, offset))]
        real = [_ware(row) for row in self._db.execute(sql.ALL_WARES, (-1, 0))]
        more = real * (self.listed_times - 1)
        listed = real + [replace(ware, number=str(_FIRST_COPY + place)) for place, ware in enumerate(more)]
        return listed[offset : offset + limit] if limit >= 0 else listed[offset:]

    def count(self) -> int:
        count: int = self._db.execute(sql.COUNT_WARES).fetchone()[0]
        return count * self.listed_times

    @property
    def balance_fen(self) -> int:
        fen: int = self._db.execute(sql.BALANCE).fetchone()[0]
        return fen

    def put_in(self, fen: int, *, supplier_no: str = "", why: str = "deposit") -> None:
        """Writes an entry on our account; a negative one takes away."""
        self._db.execute(sql.ADD_ENTRY, (supplier_no, fen, why, self._now()))

    # Purchases

    def place(
        self, wanted: Wanted, *, due_s: float | None = None, ending: Ending | None = None, plan: Mapping[str, Any] = {}
    ) -> Purchase:
        """Charges the balance and takes the stock, or raises Declined. Where the platform repeats its first answer
        the purchase may be an older one. Ends by itself after `due_s` (None: only by `settle`); `plan` is kept for
        whoever sends callbacks."""
        known = self.find(number=wanted.number)
        if known and self._repeat is Repeat.SAME_ORDER:
            return known
        if known and not (self._repeat is Repeat.ANEW_AFTER_FAILURE and known.state in _NOTHING_CAME):
            raise Declined(No.DUPLICATE)
        ware = self._sellable(wanted)
        cost_fen = ware.price_fen * wanted.quantity
        if _above(cost_fen, wanted.total_max_fen) or _above(ware.price_fen, wanted.unit_max_fen):
            raise Declined(No.GUARD)
        if cost_fen > self.balance_fen:
            raise Declined(No.BALANCE)
        supplier_no = self._new_number()
        due_at = None if due_s is None else (self.clock.now() + timedelta(seconds=due_s)).isoformat()
        self._db.execute(sql.BEGIN)
        self._db.execute(sql.TAKE_STOCK, (wanted.quantity, ware.number))
        self.put_in(-cost_fen, supplier_no=supplier_no, why="charge")
        asked = asdict(wanted) | {"fields": json.dumps(dict(wanted.fields)), "face_fen": ware.face_fen}
        priced = {"supplier_no": supplier_no, "unit_fen": ware.price_fen, "cost_fen": cost_fen}
        planned = {"due_at": due_at, "ending": json.dumps(asdict(ending or Ending())), "plan": json.dumps(dict(plan))}
        self._db.execute(sql.ADD_PURCHASE, asked | priced | planned | {"placed_at": self._now()})
        self._db.execute(sql.COMMIT)
        return self.purchase(supplier_no)

    def find(self, *, number: str = "", supplier_no: str = "") -> Purchase | None:
        """By our number (the latest of them) or by the supplier's."""
        row = (
            self._db.execute(sql.FIND_BY_SUPPLIER_NO, (supplier_no,))
            if supplier_no
            else self._db.execute(sql.FIND_BY_NUMBER, (number,))
        ).fetchone()
        return _purchase(row) if row else None

    def purchase(self, supplier_no: str) -> Purchase:
        """Raises Declined(NOT_FOUND)."""
        found = self.find(supplier_no=supplier_no)
        if found is None:
            raise Declined(No.NOT_FOUND)
        return found

    def settle(self, purchase: Purchase, ending: Ending | None = None) -> Purchase:
        """Ends it, as planned unless told otherwise. What has ended stays as it is."""
        purchase = self.purchase(purchase.supplier_no)
        if purchase.ended:
            return purchase
        ending = ending or purchase.ending
        delivered = _delivered(purchase, ending)
        ware = self.ware(purchase.goods)
        pieces = delivered // (purchase.face_fen or 1)
        refund_fen = purchase.cost_fen * (purchase.whole - delivered) // purchase.whole if ending.refunds else 0
        self._db.execute(sql.BEGIN)
        codes = self._new_codes(purchase, pieces) if ware.kind == "code" else []
        self._db.execute(sql.TAKE_STOCK, (pieces - purchase.quantity, ware.number))
        if refund_fen:
            self.put_in(refund_fen, supplier_no=purchase.supplier_no, why="refund")
        facts = {
            "supplier_no": purchase.supplier_no,
            "state": ending.state,
            "delivered": delivered,
            "refund_fen": refund_fen,
            "codes": json.dumps([asdict(code) for code in codes]),
            "receipt": f"R{secrets.randbelow(10**14):014d}" if delivered and not codes else "",
            "words": ending.words,
            "ended_at": self._now(),
        }
        self._db.execute(sql.END_PURCHASE, facts)
        self._db.execute(sql.COMMIT)
        return self.purchase(purchase.supplier_no)

    def cancel(self, purchase: Purchase) -> Purchase:
        """Withdraws it with all its money. Raises Declined(TOO_LATE) once it has ended."""
        if self.purchase(purchase.supplier_no).ended:
            raise Declined(No.TOO_LATE)
        return self.settle(purchase, Ending(State.CANCELLED, words="已撤单"))

    def complain(self, purchase: Purchase, words: str) -> str:
        """Its number."""
        cursor = self._db.execute(sql.ADD_COMPLAINT, (purchase.supplier_no, words, self._now()))
        return f"C{cursor.lastrowid}"

    def due(self) -> list[Purchase]:
        """Those that end by themselves and have not, though it is time."""
        return [_purchase(row) for row in self._db.execute(sql.DUE_PURCHASES, (self._now(),))]

    def next_due(self) -> datetime | None:
        (moment,) = self._db.execute(sql.NEXT_DUE).fetchone()
        return datetime.fromisoformat(moment) if moment else None

    # For whoever compares books

    def everything(self, number: str | None = None) -> dict[str, list[dict[str, Any]]]:
        """All rows, or those of one of our numbers: purchases, codes handed out, entries on our account."""
        return {
            name: [dict(row) for row in self._db.execute(statement, {"only": number})]
            for name, statement in sql.EVERYTHING.items()
        }

    def empty(self) -> None:
        """Forgets purchases, complaints and entries but for the balance; goods stay."""
        balance_fen = self.balance_fen
        self._db.executescript(sql.EMPTY)
        self.put_in(balance_fen)

    def close(self) -> None:
        self._db.close()

    def _sellable(self, wanted: Wanted) -> Ware:
        ware = self.ware(wanted.goods)
        if not ware.on_sale:
            raise Declined(No.OFF_SALE)
        if not 1 <= wanted.quantity <= ware.quantity_max:
            raise Declined(No.BAD_QUANTITY)
        if ware.kind == "top_up" and not (wanted.account and re.fullmatch(ware.account_form or ".+", wanted.account)):
            raise Declined(No.BAD_ACCOUNT)
        if any(not wanted.fields.get(name) for name in ware.asks):
            raise Declined(No.FIELD_MISSING)
        if wanted.face_fen is not None and wanted.face_fen != ware.face_fen:
            raise Declined(No.GUARD)
        if ware.stock is not None and ware.stock < wanted.quantity:
            raise Declined(No.OUT_OF_STOCK)
        return ware

    def _new_codes(self, purchase: Purchase, pieces: int) -> list[CardCode]:
        codes = [
            CardCode(f"{self._prefix}K{secrets.randbelow(10**12):012d}", secrets.token_hex(8).upper(), "2030-12-31")
            for _ in range(pieces)
        ]
        self._db.executemany(sql.ADD_CODE, [(code.number, code.password, purchase.supplier_no) for code in codes])
        return codes

    def _new_number(self) -> str:
        return f"{self._prefix}{self.clock.now():%y%m%d%H%M%S}{secrets.randbelow(10**9):09d}"

    def _now(self) -> str:
        return self.clock.now().isoformat(timespec="microseconds")


_FIRST_COPY = 700_000
_NOTHING_CAME = {State.FAILED, State.CANCELLED}


def _above(fen: int, most_fen: int | None) -> bool:
    return most_fen is not None and fen > most_fen


def _delivered(purchase: Purchase, ending: Ending) -> int:
    if ending.state is State.DELIVERED:
        return purchase.whole
    if ending.state is not State.PARTLY:
        return 0
    return purchase.whole // 2 if ending.delivered is None else ending.delivered


def _ware(row: sqlite3.Row) -> Ware:
    values = dict(row) | {"asks": tuple(json.loads(row["asks"])), "raw": json.loads(row["raw"])}
    return Ware(**values | {"on_sale": bool(row["on_sale"])})


def _purchase(row: sqlite3.Row) -> Purchase:
    ending = json.loads(row["ending"])
    moments = {name: row[name] and datetime.fromisoformat(row[name]) for name in ("placed_at", "ended_at", "due_at")}
    return Purchase(
        **dict(row)
        | moments
        | {
            "state": State(row["state"]),
            "fields": json.loads(row["fields"]),
            "codes": tuple(CardCode(**code) for code in json.loads(row["codes"])),
            "ending": Ending(**ending | {"state": State(ending["state"])}),
            "plan": json.loads(row["plan"]),
        }
    )
